"""Clients that follow: one over a socket, one over an event stream, both as plain as can be."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from aiohttp import WSMsgType

from tests.gateway import Gateway

Json = dict[str, Any]
PROTOCOL = "graphql-transport-ws"
SOON = 10
"""How long anything may take, in seconds, before a test gives up."""

PAYMENT = "subscription ($id: ID!) { klarnaPaymentChanged(id: $id) { id status reference } }"
ORDER = """
subscription ($id: ID!) {
  orderChanged(id: $id) { id status paymentStatus reference paymentSource { status } }
}
"""
EVENTS = """
subscription ($after: ID) { eventStores(after: $after) { id event resourceType resourceId } }
"""


async def settles(what: Callable[[], object], wanted: object) -> None:
    """Wait until something is as it should be, for it is made so by other tasks."""
    async with asyncio.timeout(SOON):
        while what() != wanted:  # noqa: ASYNC110  (nothing tells of it)
            await asyncio.sleep(0.01)


def listeners(gateway: Gateway) -> int:
    """How many subscriptions wait for news."""
    return gateway.services.database.announcements.listeners


def working() -> int:
    """How many tasks there are, but for those of connections that are only kept for later."""
    coroutines = [task.get_coro() for task in asyncio.all_tasks()]
    return sum(getattr(one, "__qualname__", "") != "RequestHandler.start" for one in coroutines)


class CutOff(Exception):
    """The socket was closed, or broke."""


@dataclass
class Talk:
    """A conversation over a socket."""

    socket: aiohttp.ClientWebSocketResponse

    async def say(self, type: str, id: str | None = None, payload: object = None) -> None:
        """Send a message."""
        message = {"type": type, "id": id, "payload": payload}
        await self.socket.send_str(
            orjson.dumps({key: one for key, one in message.items() if one is not None}).decode()
        )

    async def hear(self) -> Json:
        """The next message."""
        heard = await self.socket.receive(SOON)
        if heard.type is not WSMsgType.TEXT:
            raise CutOff(heard, self.socket.close_code)
        message: Json = orjson.loads(heard.data)
        return message

    async def closed(self) -> tuple[int | None, str]:
        """The code and the reason of the close, whatever is said before it."""
        while True:
            heard = await self.socket.receive(SOON)
            if heard.type is WSMsgType.CLOSE:
                return heard.data, heard.extra or ""
            if heard.type in (WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR):
                return self.socket.close_code, ""

    async def init(self, token: str) -> None:
        """Say who it is, and be let in."""
        await self.say("connection_init", payload={"Authorization": f"Bearer {token}"})
        assert await self.hear() == {"type": "connection_ack"}

    async def follow(self, document: str, operation: str = "1", **variables: object) -> None:
        """Begin an operation."""
        await self.say("subscribe", operation, {"query": document, "variables": variables})

    async def next(self, operation: str = "1") -> Any:
        """The only field of the next answer's data."""
        message = await self.hear()
        assert (message["type"], message["id"]) == ("next", operation), message
        assert "errors" not in message["payload"], message
        (value,) = message["payload"]["data"].values()
        return value

    async def complete(self, operation: str = "1") -> bool:
        """Whether the operation's end comes next."""
        return await self.hear() == {"id": operation, "type": "complete"}

    async def failed(self, operation: str = "1") -> Json:
        """The one error that an operation ends with."""
        message = await self.hear()
        assert (message["type"], message["id"]) == ("error", operation), message
        (error,) = message["payload"]
        found: Json = error
        return found

    async def silent(self) -> bool:
        """Whether nothing comes before the answer to what is asked now."""
        await self.say("ping", payload={"are": "you there"})
        return await self.hear() == {"type": "pong", "payload": {"are": "you there"}}


@asynccontextmanager
async def talking(
    gateway: Gateway,
    token: str | None = None,
    *,
    protocols: tuple[str, ...] = (PROTOCOL,),
    headers: dict[str, str] | None = None,
    init: bool = True,
) -> AsyncIterator[Talk]:
    """Open a socket, let in with an integration's token unless told otherwise."""
    url = f"{gateway.url}/graphql"
    async with gateway.http.ws_connect(url, protocols=protocols, headers=headers) as socket:
        talk = Talk(socket)
        if init:
            await talk.init(token or gateway.token())
        yield talk


@dataclass
class Event:
    """One event of a stream, as a browser would hand it on."""

    kind: str = ""
    data: str = ""
    id: str | None = None

    @property
    def answer(self) -> Json:
        found: Json = orjson.loads(self.data)
        return found

    @property
    def value(self) -> Any:
        assert "errors" not in self.answer, self.answer
        (value,) = self.answer["data"].values()
        return value


@dataclass
class Stream:
    """An event stream that is read line by line."""

    reply: aiohttp.ClientResponse
    comments: int = field(default=0)

    async def next(self) -> Event:
        """The next event; comments are counted and passed over."""
        event = Event()
        async with asyncio.timeout(SOON):
            while line := (await self.reply.content.readline()).decode():
                if line == "\n":
                    if event.kind or event.data:
                        return event
                    continue
                name, _, value = line.rstrip("\n").partition(":")
                match name:
                    case "":
                        self.comments += 1
                    case "event":
                        event.kind = value.strip()
                    case "data":
                        event.data += value.strip()
                    case "id":
                        event.id = value.strip()
                    case other:
                        raise AssertionError(other)
        raise EOFError

    async def ends(self) -> bool:
        """Whether there is nothing more, and nothing was said of its being complete."""
        try:
            await self.next()
        except (EOFError, aiohttp.ClientError):
            return True
        return False


@asynccontextmanager
async def streaming(
    gateway: Gateway,
    document: str,
    *,
    token: str | None = None,
    last: str | None = None,
    accept: str = "text/event-stream",
    **variables: object,
) -> AsyncIterator[Stream]:
    """Ask for an event stream."""
    headers = {"Authorization": f"Bearer {token or gateway.token()}", "Accept": accept}
    if last is not None:
        headers["Last-Event-ID"] = last
    body = {"query": document, "variables": variables}
    async with gateway.http.post(f"{gateway.url}/graphql", json=body, headers=headers) as reply:
        yield Stream(reply)
