"""Idempotency: what is asked for under a key is done once, and answered alike."""
