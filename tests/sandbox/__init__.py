"""The sandbox's tests: what a merchant sees of it, in-process and over HTTP."""
