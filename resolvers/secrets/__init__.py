"""Secrets: sealed at rest, and changed with no failing call in between."""
