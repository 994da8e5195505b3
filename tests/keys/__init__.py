"""Idempotency keys: the same request is done once and answered alike, whatever happens."""
