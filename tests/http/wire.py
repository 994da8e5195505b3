"""Requests as bytes on a socket, and answers as they come: what no client library would send."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from yarl import URL

from tests.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> Any:
        """The code of the one error in it."""
        (error,) = orjson.loads(self.body)["errors"]
        assert error["message"]
        return error["extensions"]["code"]


class Wire:
    """An open connection to a gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    def leave(self) -> None:
        """Hang up."""
        self._writer.transport.abort()

    async def everything(self) -> bytes:
        """All bytes until the gateway closes the connection."""
        try:
            return await self._reader.read()
        except ConnectionError:
            return b""

    async def reply(self) -> Reply | None:
        """The next answer; None once the gateway has closed the connection."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except ConnectionError:
            return None
        except asyncio.IncompleteReadError as cut:
            if cut.partial:
                raise
            return None
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        status = int(first.split(" ")[1])
        length = int(headers.get("content-length", 0))
        return Reply(status, headers, await self._reader.readexactly(length))


@asynccontextmanager
async def connected(gateway: Gateway) -> AsyncIterator[Wire]:
    """Open a connection, and close it when the context ends."""
    url = URL(gateway.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        async with asyncio.timeout(20):
            yield Wire(reader, writer)
    finally:
        writer.transport.abort()


def head(gateway: Gateway, *lines: str, method: str = "POST", target: str = "/graphql") -> bytes:
    """A request's head, with a good token."""
    bearer = f"Authorization: Bearer {gateway.token()}"
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: x", bearer, *lines, "", ""]).encode()


async def sent(gateway: Gateway, *pieces: bytes) -> Reply | None:
    """The answer to bytes on a connection of their own."""
    async with connected(gateway) as wire:
        for piece in pieces:
            wire.send(piece)
        return await wire.reply()
