"""The log: which lines there are, what each says, and what none may."""
