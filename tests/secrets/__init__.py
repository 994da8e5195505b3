"""Tests of what is secret: sealed, rotated, and never said."""
