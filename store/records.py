"""Records: made and replaced as they are, which takes a fraction of what their constructors take.

Those look at one field after the other, and there is nothing that they would do with it.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

R = TypeVar("R")


def made(kind: type[R], values: Iterable[tuple[str, Any]]) -> R:
    """Make a record of the values of all its fields."""
    record = object.__new__(kind)
    record.__dict__.update(values)
    return record


def replaced(record: R, **said: Any) -> R:
    """Return a record with other values of some fields, as `dataclasses.replace` does."""
    known = vars(record)
    if not said.keys() <= known.keys():
        raise TypeError(f"{type(record).__name__} has no {', '.join(said.keys() - known.keys())}.")
    return made(type(record), (known | said).items())
