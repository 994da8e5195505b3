"""Operations answered as an event stream: graphql-sse's protocol, one operation a connection."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

import orjson
from aiohttp import hdrs, web

from graph.errors import coded, masked
from graph.execution.answer import Answer
from graph.execution.reading import Prepared
from graph.http.auth import bearer
from graph.http.negotiation import EVENT_STREAM
from graph.live.open_lines import LINES, Ending
from resolvers.context import Context
from resolvers.errors import Fault, Unauthenticated, Unavailable

HEARTBEAT = 12.0
"""How long a stream may be silent, in seconds, before a comment says that it is alive."""
PATIENCE = 10.0
"""How long a client may take to read what it is sent, in seconds, once the way to it is full."""
_HEADERS = {
    hdrs.CONTENT_TYPE: f"{EVENT_STREAM}; charset=utf-8",
    hdrs.CACHE_CONTROL: "no-store",
    "X-Accel-Buffering": "no",  # nginx and its kin hand on each event as it comes
}
_ALIVE = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


async def stream(
    request: web.Request,
    context: Context,
    prepared: Prepared | Answer,
    told: AsyncGenerator[Answer, None],
) -> web.StreamResponse:
    """Send an operation's answers event by event, until it is complete or either side hangs up.

    What is wrong with it is an event too. A client that comes back says by `Last-Event-ID` which
    event store it saw last, and goes on after that. Raises LimitExceeded if too many are open.
    """
    seen = request.headers.get("Last-Event-ID") or None
    # What is no ASCII is no id of ours, nor text that could be repeated
    context.last_seen = seen if seen is None or seen.isascii() else "?"
    events = EventStream(request, changing=_changes(prepared))
    with request.app[LINES].of_caller(context.caller, events.hang_up):
        await events.tell(context, told)
        return events.response


class Gone(Exception):
    """The client has hung up, or does not read."""


class EventStream:
    """A response that stays open."""

    def __init__(self, request: web.Request, *, changing: bool) -> None:
        self.response = web.StreamResponse(headers=_HEADERS)
        self.response.force_close()  # its connection is listened to, and not used again
        self._request = request
        self._over: asyncio.Future[Ending | None] = asyncio.get_running_loop().create_future()
        """Done once the client has hung up, or the gateway has, with why it did."""
        self._changing = changing
        """Whether it is a change: it is made to its end, whoever still listens."""

    def hang_up(self, why: Ending) -> None:
        """End it; a change that is revoked meanwhile is told of still, as it is made still."""
        if not (self._changing and why is Ending.REVOKED):
            _settle(self._over, why)

    async def tell(self, context: Context, told: AsyncGenerator[Answer, None]) -> None:
        """Send an operation's answers, and how it ends."""
        # As aiohttp's own sockets do: nothing else tells a handler at once that nobody listens
        self._request.protocol.set_parser(cast("Any", _HangingUp(self._over)))
        try:
            await self.response.prepare(self._request)
            await self._send(_ALIVE)
            telling = asyncio.create_task(self._answers(context, told))
            try:
                no = await self._watch(telling, None if self._changing else context)
            finally:
                if not self._changing:
                    telling.cancel()
                await asyncio.wait({telling})
            if no is not None:
                await self._send(_ended(no))
            elif not telling.cancelled():
                telling.result()
        except (Gone, ConnectionError):
            if self._request.transport is not None:
                self._request.transport.abort()

    async def _watch(
        self, telling: "asyncio.Task[None]", expiring: Context | None
    ) -> Unauthenticated | None:
        """Keep the line alive until all is told or somebody hangs up.

        Return what to tell of the token, if it is good no more.
        """
        loop = asyncio.get_running_loop()
        ends: set[asyncio.Future[Any]] = {telling, self._over}
        until = float("inf")
        if expiring is not None:
            now = expiring.services.clock.now()
            until = loop.time() + (expiring.caller.expires_at - now).total_seconds()
        while not (telling.done() or self._over.done()):
            left = until - loop.time()
            if left <= 0:
                return Unauthenticated("The access token has expired: get a new one.")
            done, _ = await asyncio.wait(
                ends,
                timeout=min(HEARTBEAT, left),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not done:
                await self._send(_ALIVE)
        if not telling.done() and self._over.result() is Ending.REVOKED:
            return Unauthenticated(Ending.REVOKED.value)
        return None

    async def _answers(self, context: Context, told: AsyncGenerator[Answer, None]) -> None:
        try:
            async with aclosing(told):
                await self._still_good(context)  # the body took its time to come
                async for answer in told:
                    await self._still_good(context)
                    await self._send(_next(answer.body, answer.event_id))
            await self._send(_COMPLETE)
        except Gone:
            _settle(self._over)
            raise
        except (Unauthenticated, Unavailable) as no:
            await self._send(_ended(no))
        except Exception as bug:  # noqa: BLE001  (the last one to catch it)
            await self._send(_next({"errors": [masked(bug)]}) + _COMPLETE)

    async def _still_good(self, context: Context) -> None:
        """Raise Unauthenticated if the token is good no more, Unavailable if nobody can say."""
        if not self._changing:
            await context.services.access.caller(bearer(self._request))

    async def _send(self, data: bytes) -> None:
        """Send something. Raises Gone."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.response.write(data)
        except (ConnectionError, TimeoutError) as error:
            raise Gone from error


class _HangingUp:
    """Reads what comes on a connection after its request: nothing, until it is closed."""

    def __init__(self, over: "asyncio.Future[Ending | None]") -> None:
        self._over = over

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        return False, b""

    def feed_eof(self) -> None:
        _settle(self._over)


def _settle(over: "asyncio.Future[Ending | None]", why: Ending | None = None) -> None:
    if not over.done():
        over.set_result(why)


def _ended(no: Fault) -> bytes:
    return _next({"errors": [coded(no.code, no.message, no.details)]}) + _COMPLETE


def _next(body: dict[str, Any], event_id: str | None = None) -> bytes:
    identity = b"" if event_id is None else b"id: %s\n" % event_id.encode()
    return b"%sevent: next\ndata: %s\n\n" % (identity, orjson.dumps(body))


def _changes(prepared: Prepared | Answer) -> bool:
    return isinstance(prepared, Prepared) and prepared.changes
