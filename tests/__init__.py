"""The gateway's tests: real HTTP, real database files, the sandbox next door."""
