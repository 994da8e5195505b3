"""Ids that a repeated run repeats."""

from collections.abc import Callable
from itertools import count
from uuid import NAMESPACE_URL, UUID, uuid5

NewId = Callable[[], UUID]
"""Returns an id never returned before."""


def seeded_ids(seed: int | str) -> NewId:
    """Return a source of ids that gives the same ones for the same seed, in the same order."""
    numbers = count()
    return lambda: uuid5(NAMESPACE_URL, f"klarna-graph:sandbox:{seed}:{next(numbers)}")
