"""The fast lane and aiohttp take turns on a connection: answers keep the order of requests."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import pytest

from graph.http.connections import Connection
from graph.http.rides import Ride
from tests.gateway import Gateway
from tests.http.lane.asking import LOOK, request, settled, told
from tests.http.wire import connected, head

NEW_GATEWAY = """
mutation ($name: String!) {
  createKlarnaGateway(
    input: { name: $name, countryCode: EU, apiKey: "K1_shop", apiSecret: "klarna_test_api_secret" }
  ) { ... on KlarnaGateway { name } }
}
"""


class Watched:
    """A transport whose client is so quick that its next request follows the first answer."""

    def __init__(self, transport: Any, answered: Callable[[], object]) -> None:
        self._transport = transport
        self._answered: Callable[[], object] | None = answered

    def write(self, data: bytes) -> None:
        self._transport.write(data)
        self._follow()

    def writelines(self, data: list[bytes]) -> None:
        self._transport.writelines(data)
        self._follow()

    def _follow(self) -> None:
        follow, self._answered = self._answered, None
        if follow is not None:
            asyncio.get_running_loop().call_soon(follow)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def follow(connection: Connection, answered: Callable[[], object]) -> None:
    """Have something follow at once when the next answer of a connection is written."""
    connection.transport = Watched(connection.transport, answered)  # type: ignore[assignment]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """The connections, as the gateway has them."""
    made: list[Connection] = []
    make = Connection.connection_made

    def connection_made(connection: Connection, transport: Any) -> None:
        make(connection, transport)
        made.append(connection)

    monkeypatch.setattr(Connection, "connection_made", connection_made)
    return made


async def test_a_client_that_comes_with_its_request_takes_the_lane(
    gateway: Gateway, rides: list[Ride | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = request(gateway)
    async with connected(gateway) as wire:
        await settled(gateway, wire, usual)
    del rides[:]
    make = Connection.connection_made

    def connection_made(connection: Connection, transport: Any) -> None:
        make(connection, transport)
        connection.data_received(usual)  # before aiohttp waits for any

    monkeypatch.setattr(Connection, "connection_made", connection_made)
    async with connected(gateway) as wire:
        first = await wire.reply()
        second = await told(wire, usual)

    assert [ride is not None for ride in rides] == [True, True]
    assert first is not None
    assert first.body == second.body


async def test_who_asks_again_at_once_comes_back_to_the_lane(
    gateway: Gateway, rides: list[Ride | None], opened: list[Connection]
) -> None:
    usual = request(gateway)
    async with connected(gateway) as wire:
        await settled(gateway, wire, usual)
        del rides[:]
        follow(opened[0], partial(opened[0].data_received, usual))
        other = await told(wire, head(gateway, method="GET", target="/healthz"))
        again = await wire.reply()

    assert [ride is not None for ride in rides] == [True]
    assert other.status == 200
    assert again is not None
    assert b"klarnaGateways" in again.body


async def test_a_server_that_stops_in_that_very_turn_tells_of_the_change_that_it_makes(
    gateway: Gateway, opened: list[Connection]
) -> None:
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway, NEW_GATEWAY, name="First"))
        last = request(gateway, NEW_GATEWAY, name="Other")

        def ask_and_stop() -> None:
            opened[0].data_received(last)
            opened[0].close()

        follow(opened[0], ask_and_stop)
        await told(wire, head(gateway, method="GET", target="/healthz"))
        answer = await wire.reply()

    assert answer is not None
    assert orjson.loads(answer.body)["data"]["createKlarnaGateway"]["name"] == "Other"


@pytest.mark.parametrize("turns", range(12))
async def test_a_usual_request_never_overtakes_an_unusual_one(
    gateway: Gateway, opened: list[Connection], turns: int
) -> None:
    usual = request(gateway)
    unusual = request(gateway, LOOK.replace("{ klarna", "{ first: klarna"), "X-Other: 1")
    async with connected(gateway) as wire:
        await settled(gateway, wire, usual)
        opened[0].data_received(unusual)
        for _ in range(turns):
            await asyncio.sleep(0)
        opened[0].data_received(usual)
        replies = [await wire.reply(), await wire.reply(), await told(wire, usual)]

    names = [list(orjson.loads(reply.body)["data"]) for reply in replies if reply]
    assert names == [["first"], ["klarnaGateways"], ["klarnaGateways"]]


async def test_after_its_last_answer_a_connection_takes_nothing_more(
    gateway: Gateway, rides: list[Ride | None], opened: list[Connection]
) -> None:
    usual = request(gateway)
    async with connected(gateway) as wire:
        await settled(gateway, wire, usual)
        del rides[:]
        follow(opened[0], partial(opened[0].data_received, usual))
        wire.send(request(gateway, LOOK, "Connection: close"))
        last, nothing = await wire.reply(), await wire.reply()

    assert last is not None
    assert nothing is None
    assert rides == [None]
