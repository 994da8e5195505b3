"""An operation, from its text to its answer, whichever face it comes by."""
