"""Examples made once and always alike, for a gateway that remembers what it was asked before."""

import os
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

T = TypeVar("T")
EXAMPLES = int(os.environ.get("EXAMPLES", "100"))
"""How many documents each operation is asked in: `EXAMPLES=5000 make test` for a long evening."""


def generated(strategy: st.SearchStrategy[T], count: int = EXAMPLES) -> list[T]:
    """Examples of a strategy; there may be the same ones among them.

    They are all made before the first is asked: what an answer was cannot be had again, so there is
    nothing for Hypothesis to shrink.
    """
    found: list[T] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy, st.integers(0, 2**32 - 1))
    def collect(example: T, _: int) -> None:
        found.append(example)

    collect()
    assert len(found) >= count
    return found
