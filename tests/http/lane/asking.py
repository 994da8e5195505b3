"""Asking on the fast lane: usual requests, and their answers."""

import asyncio

import orjson

from tests.gateway import Gateway
from tests.http.wire import Reply, Wire, head

LOOK = "{ klarnaGateways(first: 1) { nodes { id } } }"


def request(gateway: Gateway, query: str = LOOK, *lines: str, **variables: object) -> bytes:
    """A usual request; the same head for bodies of the same length."""
    body = orjson.dumps({"query": query, "variables": variables})
    lines = ("Content-Type: application/json", f"Content-Length: {len(body)}", *lines)
    return head(gateway, *lines) + body


async def told(wire: Wire, *pieces: bytes) -> Reply:
    """The answer to a request that comes in pieces."""
    for piece in pieces:
        wire.send(piece)
        await asyncio.sleep(0.01)
    reply = await wire.reply()
    assert reply is not None
    return reply


async def settled(gateway: Gateway, wire: Wire, data: bytes) -> Reply:
    """The first answer, after which the head, the document and its plan are known."""
    first = await told(wire, data)
    for _ in range(3):
        await told(wire, data)
        await asyncio.sleep(0.05)
    return first
