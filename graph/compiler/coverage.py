"""What is not compiled, and why: whatever it is, the ordinary path answers it alike."""


class NotCovered(Exception):
    """An operation, or a part of one, that SQL is not trusted to answer; the message says why."""


class Unusual(Exception):
    """A request whose variables or arguments are not as usual: perhaps an error is due to them."""
