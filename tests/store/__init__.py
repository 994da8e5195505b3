"""The store: files, commits, migrations and the log of changes."""
