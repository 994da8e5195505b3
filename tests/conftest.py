"""Fixtures for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from graph.logs.setup import configure_logs
from store.glances import Glances
from tests.gateway import Gateway, running_gateway

configure_logs("debug")


@pytest.fixture
def on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are answered on threads only: one that is held up holds others up."""
    monkeypatch.setattr(Glances, "take", lambda glances, question: glances._otherwise(question))


@pytest_asyncio.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway with a Klarna account and a payment method in each region."""
    async with running_gateway(tmp_path) as running:
        yield running


@pytest_asyncio.fixture
async def plain(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that compiles nothing, to see what the ordinary path costs."""
    async with running_gateway(tmp_path, compiler="off", max_cost=100_000) as running:
        yield running
