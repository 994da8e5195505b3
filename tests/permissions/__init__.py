"""Who may ask for what, and how a caller is known."""
