"""The conversation with Klarna, against the sandbox."""
