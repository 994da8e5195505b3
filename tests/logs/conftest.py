"""The lines that a test has logged."""

import pytest

from tests.logs.reading import Lines


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return Lines(capsys)
