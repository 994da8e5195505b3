"""What all tests of the fast lane are given."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from graph.http.lane import Lane
from graph.http.rides import Ride
from tests.gateway import Gateway, running_gateway
from tests.logs.reading import Lines


@pytest.fixture
def rides(monkeypatch: pytest.MonkeyPatch) -> list[Ride | None]:
    """What became of each request that came to the lane: None went the ordinary way."""
    taken: list[Ride | None] = []
    take = Lane.take

    def watched(lane: Lane, *given: Any) -> Ride | None:
        taken.append(take(lane, *given))
        return taken[-1]

    monkeypatch.setattr(Lane, "take", watched)
    return taken


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What is logged."""
    return Lines(capsys)


@pytest.fixture(autouse=True)
def one_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client has a token, and not another one for each request."""
    made: dict[str, str] = {}
    issue = Gateway.token
    monkeypatch.setattr(
        Gateway, "token", lambda gateway: made.setdefault(gateway.url, issue(gateway))
    )


@pytest_asyncio.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(tmp_path, operation_timeout=0.3) as gateway:
        yield gateway
