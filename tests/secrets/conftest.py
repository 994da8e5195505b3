"""Fixtures for what is secret."""

import pytest

from tests.secrets.spying import Spy


@pytest.fixture
def spy() -> Spy:
    return Spy()
