"""Klarna: one method per endpoint, its mapping, its arithmetic and its emulator."""
