"""What a client can cost: sockets, operations, memory; and that nothing of it is left behind."""

import asyncio
import base64
import gc
import os
import socket
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson
import pytest

from graph.live.conversation import OPERATIONS
from graph.live.open_lines import Ending, Lines
from graph.live.sockets import MAX_MESSAGE
from tests import documents
from tests.gateway import Gateway, running_gateway
from tests.live.talk import (
    EVENTS,
    ORDER,
    PAYMENT,
    PROTOCOL,
    SOON,
    Talk,
    listeners,
    settles,
    streaming,
    talking,
    working,
)

PAYLOADS = " ".join(f"a{number}: payload" for number in range(25))
MUCH = f'subscription {{ eventStores(after: "0-0") {{ {PAYLOADS} }} }}'


async def test_a_socket_runs_so_many_operations_at_once(gateway: Gateway) -> None:
    async with talking(gateway) as talk:
        for number in range(OPERATIONS):
            await talk.follow(EVENTS, str(number))
        assert await talk.silent()
        await settles(lambda: listeners(gateway), OPERATIONS)
        await talk.follow(EVENTS, "more")
        error = await talk.failed("more")
        await talk.say("complete", "7")
        await talk.follow(ORDER, "more", id="nobody")
        admitted = await talk.failed("more")

    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "exceeded": "operations",
        "limit": OPERATIONS,
        "value": OPERATIONS + 1,
    }
    assert admitted["extensions"]["code"] == "NOT_FOUND"


async def test_a_completed_subscription_is_freed_at_once(gateway: Gateway) -> None:
    async with talking(gateway) as talk:
        before = working()
        await talk.follow(EVENTS)
        await settles(lambda: listeners(gateway), 1)
        await settles(working, before + 1)
        await talk.say("complete", "1")
        assert await talk.silent()

        assert (listeners(gateway), working()) == (0, before)


async def test_so_many_lines_are_open_at_once(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, open_lines=3) as gateway, AsyncExitStack() as stack:
        first = await stack.enter_async_context(talking(gateway))
        await stack.enter_async_context(talking(gateway))
        stream = await stack.enter_async_context(streaming(gateway, EVENTS))
        async with talking(gateway, init=False) as refused:
            await refused.say("connection_init", payload=bearing(gateway.token()))
            code, reason = await refused.closed()
        async with streaming(gateway, EVENTS) as full:
            error = (await full.reply.json())["errors"][0]
        await first.socket.close()
        async with talking(gateway) as admitted:
            assert await admitted.silent()

    assert (code, "3 sockets and event streams" in reason) == (1013, True)
    assert (stream.reply.status, full.reply.status) == (200, 503)
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "exceeded": "openLines",
        "limit": 3,
        "value": 4,
        "setting": "KLARNA_GRAPH_OPEN_LINES",
    }


async def test_one_caller_has_so_many_of_them(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, open_lines_of_one=1) as gateway:
        order_id = await gateway.put()
        async with talking(gateway), talking(gateway, init=False) as second:
            await second.say("connection_init", payload=bearing(gateway.token()))
            assert (await second.closed())[0] == 1013
            async with streaming(gateway, EVENTS) as stream:
                assert stream.reply.status == 503
            async with talking(gateway, gateway.token(order_id)) as another:
                assert await another.silent()
        async with talking(gateway) as again:
            assert await again.silent()


def bearing(token: str) -> dict[str, str]:
    """What a client says of itself in its first message."""
    return {"Authorization": f"Bearer {token}"}


async def test_strangers_take_nobodys_place_and_the_oldest_of_them_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.live.open_lines.MOST_STRANGERS", 3)
    async with running_gateway(tmp_path, open_lines=2) as gateway, AsyncExitStack() as stack:
        strangers = [
            await stack.enter_async_context(talking(gateway, init=False)) for _ in range(8)
        ]
        codes = [(await one.closed())[0] for one in strangers[:5]]
        async with talking(gateway) as talk, streaming(gateway, EVENTS) as stream:
            assert await talk.silent()
            assert stream.reply.status == 200
        await strangers[-1].init(gateway.token())
        assert await strangers[-1].silent()

    assert codes == [1013] * 5


def test_it_is_the_address_with_most_strangers_that_gives_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("graph.live.open_lines.MOST_STRANGERS", 4)
    lines, ended = Lines(most=1, most_of_one=1), []

    with ExitStack() as stack:
        for number, address in enumerate(["honest", *["flood"] * 9]):
            hang_up = partial(lambda number, why: ended.append((number, why)), number)
            stack.enter_context(lines.of_stranger(address, hang_up))

    assert ended == [(number, Ending.CROWDED) for number in range(1, 7)]


async def test_bad_tokens_of_sockets_count_for_their_address_as_those_of_requests_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.app.BAD_TOKENS", (0.001, 5_000))
    headers = {"Authorization": "Bearer wrong"}
    async with running_gateway(tmp_path) as gateway:
        known, fresh = gateway.token(await gateway.put()), gateway.token("another order")
        await gateway.ask("{ __typename }", token=known)

        for _ in range(3):
            async with gateway.http.post(f"{gateway.url}/graphql", headers=headers) as reply:
                assert reply.status == 401
        counted = [await introduced(gateway, "wrong") for _ in range(2)]
        verified = count_calls(monkeypatch, gateway.services.access.tokens, "caller")
        late = [await introduced(gateway, token) for token in ("wrong", fresh)]
        async with gateway.http.post(f"{gateway.url}/graphql", headers=headers) as reply:
            requests = reply.status
        async with talking(gateway, known) as talk:
            assert await talk.silent()

    assert (counted, late, requests) == ([4403, 4403], [1013, 1013], 429)
    assert verified == [("wrong",)]  # the request's


def count_calls(monkeypatch: pytest.MonkeyPatch, of: object, name: str) -> list[object]:
    """The calls of a method, as they are made."""
    calls: list[object] = []
    method = getattr(of, name)

    def noting(*given: object) -> object:
        calls.append(given)
        return method(*given)

    monkeypatch.setattr(of, name, noting)
    return calls


async def introduced(gateway: Gateway, token: str) -> int | None:
    """What a socket is closed with whose client brings a bad token."""
    async with talking(gateway, init=False) as talk:
        await talk.say("connection_init", payload=bearing(token))
        return (await talk.closed())[0]


async def test_a_message_that_is_too_large_closes_the_socket_with_1009(gateway: Gateway) -> None:
    def sized(size: int) -> str:
        around = len('{"type":"ping","payload":{"x":""}}')
        return '{"type":"ping","payload":{"x":"%s"}}' % ("x" * (size - around))

    async with talking(gateway) as talk:
        await talk.socket.send_str(sized(MAX_MESSAGE - 1))
        assert (await talk.hear())["type"] == "pong"
        await talk.socket.send_str(sized(MAX_MESSAGE + 1))
        assert (await talk.closed())[0] == 1009


async def test_whoever_does_not_read_is_hung_up_on(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.live.conversation.PATIENCE", 0.3)
    monkeypatch.setattr("graph.live.conversation.FAREWELL", 0.3)
    monkeypatch.setattr("graph.live.sse.PATIENCE", 0.3)
    payment = await gateway.open()
    for number in range(40):
        marks = {"metadata": {"x": f"{number}" * 6_000}}
        await gateway.do(documents.UPDATE_PAYMENT, id=payment["id"], input=marks)

    hello = {"type": "connection_init", "payload": bearing(gateway.token())}
    begin = {"type": "subscribe", "id": "1", "payload": {"query": MUCH}}
    over_socket = await deaf(gateway, upgrading(), [hello, begin])
    over_stream = await deaf(gateway, asking(gateway, MUCH), [])
    await settles(lambda: listeners(gateway), 2)
    async with talking(gateway) as talk:  # nobody else waits for them
        await talk.follow(PAYMENT, id=payment["id"])
        assert await talk.next()
    await settles(lambda: listeners(gateway), 0)

    for connection in (over_socket, over_stream):
        connection.close()


async def deaf(gateway: Gateway, head: bytes, messages: list[Any]) -> socket.socket:
    """A connection on which things are said, and nothing is read."""
    address = urlsplit(gateway.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)  # noqa: FBT003  (the library's own way)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, (address.hostname, address.port))
    await loop.sock_sendall(connection, head)
    for message in messages:
        await loop.sock_sendall(connection, frame(message))
    return connection


def upgrading() -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        "GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {PROTOCOL}\r\n\r\n"
    ).encode()


def asking(gateway: Gateway, document: str) -> bytes:
    body = orjson.dumps({"query": document})
    return (
        "POST /graphql HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {gateway.token()}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def frame(message: Any) -> bytes:
    """A message as a client masks it, here with zeros."""
    body = orjson.dumps(message)
    return bytes((0x81, 0x80 | 126)) + len(body).to_bytes(2, "big") + bytes(4) + body


async def test_a_server_that_stops_says_so_to_everybody(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        async with running_gateway(tmp_path) as gateway:
            client = await stack.enter_async_context(aiohttp.ClientSession())
            gateway.http = client
            await gateway.put()
            talks = [await stack.enter_async_context(talking(gateway)) for _ in range(20)]
            stream = await stack.enter_async_context(streaming(gateway, EVENTS, after="0-0"))
            for talk in talks:
                await talk.follow(EVENTS)
            await stream.next()
            closing = [asyncio.create_task(talk.closed()) for talk in talks]

        for code, reason in await asyncio.gather(*closing):
            assert (code, reason) == (1001, "The gateway stops: connect again.")
        assert await stream.reply.content.read()  # what had been sent before
        assert b"complete" not in await stream.reply.content.read()


async def test_nothing_is_left_of_clients_that_come_and_go(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, open_lines=60, open_lines_of_one=60) as gateway:
        await come_and_go(gateway)


async def come_and_go(gateway: Gateway) -> None:
    chance = Random(7)
    order_id = await gateway.put()
    payment = await gateway.open(order_id)
    tokens = [gateway.token(), gateway.token(order_id)]
    await settles(lambda: listeners(gateway), 0)
    before = working()

    async def changes() -> None:
        for number in range(60):
            marks = {"metadata": {"x": number}}
            await gateway.do(documents.UPDATE_PAYMENT, id=payment["id"], input=marks)

    async def visits() -> None:
        for _ in range(15):
            await one_visit(gateway, chance, tokens, payment["id"], order_id)

    await asyncio.gather(changes(), *(visits() for _ in range(20)))

    await settles(lambda: listeners(gateway), 0)
    gc.collect()
    await settles(working, before)


async def one_visit(
    gateway: Gateway, chance: Random, tokens: list[str], payment_id: str, order_id: str
) -> None:
    """Come, follow something, and go at any moment, with or without a word."""
    token = chance.choice(tokens)
    document, given = chance.choice(
        [(PAYMENT, {"id": payment_id}), (ORDER, {"id": order_id}), (EVENTS, {"after": "0-0"})]
    )
    leave = chance.randrange(6)
    if leave == 0:
        async with streaming(gateway, document, token=token, **given) as stream:
            await stream.next()
        return
    url = f"{gateway.url}/graphql"
    async with gateway.http.ws_connect(url, protocols=[PROTOCOL]) as ws:
        talk = Talk(ws)
        if leave == 1:
            return
        await talk.say("connection_init", payload={"Authorization": f"Bearer {token}"})
        for number in range(chance.randrange(1, 4)):
            await talk.follow(document, str(number), **given)
        if leave == 2:
            await talk.say("subscribe", "0", {"query": 1})
        for _ in range(chance.randrange(3)):
            await ws.receive(SOON)
        if leave == 3:
            await talk.say("complete", "0")
        if leave == 4:
            transport: Any = ws._writer.transport
            transport.abort()
