"""The fast lane takes whole requests only, one after the other, whatever bytes arrive."""

import asyncio

import orjson

from graph.http.rides import Ride
from tests.gateway import Gateway
from tests.http.lane.asking import request, settled, told
from tests.http.wire import connected, head
from tests.limits.test_time import ENDLESS_PAGE


async def test_requests_that_do_not_wait_for_answers_get_them_in_their_order(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    names = [
        f"{{ q{number}: klarnaGateways(first: 1) {{ nodes {{ id }} }} }}" for number in range(6)
    ]
    database = gateway.services.database
    async with connected(gateway) as wire:
        for name in names:
            await settled(gateway, wire, request(gateway, name))
        held = asyncio.create_task(database.rows(ENDLESS_PAGE))
        for name in names:  # each in a piece of its own, while the first one is being answered
            wire.send(request(gateway, name))
            await asyncio.sleep(0.02)
        first_one = rides[-1]
        held.cancel()
        apart = [await wire.reply() for _ in names]
        wire.send(b"".join(request(gateway, name) for name in names))
        together = [await wire.reply() for _ in names]

    assert first_one is not None
    for replies in (apart, together):
        told_of = [list(orjson.loads(reply.body)["data"]) for reply in replies if reply]
        assert told_of == [[f"q{number}"] for number in range(6)]


async def test_a_request_in_pieces_goes_the_ordinary_way_and_the_next_one_does_not(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    data = request(gateway)
    begin, end = data[:-10], data[-10:]
    async with connected(gateway) as wire:
        await settled(gateway, wire, data)
        del rides[:]
        in_pieces = await told(wire, begin, end)
        whole = await told(wire, data)

    assert [ride is not None for ride in rides] == [False, True]
    assert in_pieces.body == whole.body


async def test_what_looks_like_a_request_in_the_middle_of_another_is_none(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    """Whoever shares a connection with others through a proxy must not make requests for them."""
    data = request(gateway)
    hiding = head(gateway, "Content-Type: application/json", f"Content-Length: {len(data)}")
    async with connected(gateway) as wire:
        await settled(gateway, wire, data)
        del rides[:]

        body = await told(wire, hiding, data)
        # aiohttp may have kept a piece of a head: what follows cannot be told from its rest
        wire.send(data + b"POST /gra")
        await wire.reply()
        wire.send(b"phql HTTP/1.1\r\nX-Rest: ")
        await asyncio.sleep(0.05)
        del rides[:]
        wire.send(data)
        rest = await wire.reply()

    assert orjson.loads(body.body)["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert rides == []
    assert rest is not None
    assert rest.status != 200 or b'"data"' in rest.body


async def test_what_comes_behind_a_waiting_request_is_none_either(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    """Empty lines that the parser skips, and a head that it holds a part of."""
    data = request(gateway)
    slow = request(gateway, "{ orders(first: 1) { nodes { id } } }", "TE: trailers")
    length = len(data) - data.find(b"\r\n\r\n") - 4
    part = b"POST /graphql HTTP/1.1\r\nX-Junk: ".ljust(length, b"j")
    database = gateway.services.database
    async with connected(gateway) as wire:
        await settled(gateway, wire, data)
        await told(wire, slow)
        held = asyncio.create_task(database.rows(ENDLESS_PAGE))
        for piece in (slow, data, b"\r\n\r\n", part):
            wire.send(piece)
            await asyncio.sleep(0.03)
        held.cancel()
        answered = [await wire.reply(), await wire.reply()]
        del rides[:]
        wire.send(data)
        await asyncio.sleep(0.1)

    assert [reply.status for reply in answered if reply] == [200, 200]
    assert rides == []
