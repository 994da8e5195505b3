"""Whatever arrives on the socket: an answer in JSON that is not our fault, or none."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway import Gateway, running_gateway
from tests.http.wire import Wire, connected

FEW = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LAST = b"\r\n\r\nGET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n"
"""What ends whatever came before it."""
NAMES = st.sampled_from(
    [
        "Accept",
        "Accept-Encoding",
        "Access-Control-Request-Method",
        "Connection",
        "Content-Encoding",
        "Content-Length",
        "Content-Type",
        "Cookie",
        "Expect",
        "GraphQL-Require-Preflight",
        "Host",
        "If-Match",
        "If-None-Match",
        "Origin",
        "Range",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Transfer-Encoding",
        "Upgrade",
    ]
)
PIECES = st.sampled_from(
    [
        b"*/*",
        b"0",
        b"7",
        b"100-continue",
        b"13",
        b"application/json",
        b"bytes=0-1",
        b"chunked",
        b"close",
        b"deflate",
        b"dGhlIHNhbXBsZSBub25jZQ==",
        b"gzip",
        b"https://shop.example",
        b"keep-alive",
        b"upgrade",
        b"websocket",
        b";q=0.5",
        b"; charset=utf-8",
        b", ",
        b'"',
    ]
)
VALUES = st.lists(PIECES | st.binary(max_size=8), max_size=4).map(b"".join)
METHODS = st.sampled_from(
    [b"POST", b"GET", b"HEAD", b"OPTIONS", b"CONNECT", b"TRACE", b"PUT", b"PRI", b"get"]
)
PATHS = st.sampled_from(
    [b"/graphql", b"/graphql?query=", b"/healthz", b"/graphiql", b"/klarna/callbacks/x/y", b"*"]
)
TARGETS = st.tuples(PATHS, st.binary(max_size=12)).map(b"".join) | st.binary(max_size=30)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=9,
)
QUERIES = st.sampled_from(
    [
        "{ __typename }",
        "query ($id: ID) { order(id: $id) { id } }",
        "query ($n: Int!) { orders(first: $n) { nodes { metadata } } }",
        "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }",
        "mutation ($i: OrderInput!) { putOrder(input: $i) { __typename } }",
        "{ " * 400,
        "{ a(b: " + "[" * 400,
    ]
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "query": QUERIES | st.text() | JSON,
        "variables": st.dictionaries(st.sampled_from(["id", "n", "r", "i"]), JSON) | JSON,
        "operationName": st.text() | JSON,
        "extensions": st.fixed_dictionaries({"persistedQuery": JSON}) | JSON,
        "documentId": st.text() | JSON,
    },
)
BODIES = (
    st.binary(max_size=60)
    | MEMBERS.map(lambda sent: json.dumps(sent).encode())
    | MEMBERS.map(lambda sent: gzip.compress(json.dumps(sent).encode()))
)


@pytest_asyncio.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that waits for nobody, and which pages of one origin may call."""
    origins = ("https://shop.example",)
    async with running_gateway(
        tmp_path, furnished=False, body_timeout=0.1, cors_origins=origins
    ) as running:
        yield running


async def all_is_well(wire: Wire) -> None:
    """Every answer until the connection closes is none of our faults, and a refusal has a code."""
    async with asyncio.timeout(10):
        answered = await wire.everything()
    assert b"Traceback" not in answered
    assert b"aiohttp" not in answered.lower()
    for answer in re.split(rb"(?=HTTP/1\.[01] \d{3} )", answered)[1:]:
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head[9:12])
        assert status < 500, answer
        assert status < 200 or b"\r\nServer: klarna-graph\r\n" in head, answer
        if status >= 400 and body:  # there is none where the method was HEAD
            assert orjson.loads(body)["errors"][0]["extensions"]["code"], answer


@FEW
@given(data=st.binary(max_size=200))
async def test_any_bytes_at_all(hasty: Gateway, data: bytes) -> None:
    async with connected(hasty) as wire:
        wire.send(data + LAST)
        await all_is_well(wire)


@FEW
@given(
    first=st.tuples(METHODS | st.binary(max_size=6), TARGETS),
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=5),
    body=BODIES,
    measured=st.booleans(),
)
async def test_any_request(
    hasty: Gateway,
    first: tuple[bytes, bytes],
    headers: list[tuple[str, bytes]],
    body: bytes,
    *,
    measured: bool,
) -> None:
    lines = [b"%s %s HTTP/1.1" % first, b"Host: x"]
    lines.append(f"Authorization: Bearer {hasty.token()}".encode())
    lines += [b"%s: %s" % (name.encode(), value) for name, value in headers]
    if measured:
        lines += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    async with connected(hasty) as wire:
        wire.send(b"\r\n".join(lines) + b"\r\n\r\n" + body + LAST)
        await all_is_well(wire)


@FEW
@given(sent=MEMBERS)
async def test_any_members(hasty: Gateway, sent: Any) -> None:
    status, answer = await hasty.post(sent)

    assert status < 500
    assert "data" in answer or answer["errors"]
    for error in answer.get("errors", []):
        assert error["extensions"]["code"] != "INTERNAL"
