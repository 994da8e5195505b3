"""Pages for people, served from our own files."""
