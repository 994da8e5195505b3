"""The codes and the logs: what a caller reads, and what the operator does."""
