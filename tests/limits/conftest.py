"""Fixtures for the limits."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def nothing_is_collected() -> Iterator[None]:
    """Measure what is asked for, and not what the tests before it left behind."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
