"""Connections: what goes by the lane and what by aiohttp, one request after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import hdrs, web
from aiohttp.web_protocol import (
    _ErrInfo,  # what stands in the queue of requests for one that could not be read
)

from graph.http.deadlines import Punctual
from graph.http.heads import BEGINNING, END
from graph.http.lane import Lane
from graph.http.rides import Ride, Said

log = structlog.get_logger()

GRACE = 10.0
"""How long requests that are being worked on may take once the server is told to stop, in s."""


class Connection(Punctual):
    """A client's connection."""

    __slots__ = (
        "_due",
        "_held",
        "_lane",
        "_over",
        "_ride",
        "_unanswered",
        "said",
    )

    def __init__(self, server: web.Server, *, lane: Lane | None, **options: Any) -> None:
        super().__init__(server, **options)
        self._lane = lane
        self._ride: Ride | None = None
        """The request that is being answered on the lane."""
        self.said: Said | None = None
        """The last head of a request on the lane."""
        self._held = b""
        """What arrived meanwhile."""
        self._due: int | None = 0
        """How many bytes are still to come of the request that aiohttp reads; None if unknown."""
        self._unanswered = 0
        """How many requests aiohttp has read that are not answered, or are the last ones.

        It is exact as long as nothing is unknown of what is due.
        """
        self._over: asyncio.Future[None] | None = None
        """Done once the lane's request is answered; it is waited for when the server stops."""

    def data_received(self, data: bytes) -> None:
        """Take what arrived: a usual request goes by the lane, and all else by aiohttp."""
        if self._ride is not None:
            self._hold(data)
            return
        usual = (
            self._lane is not None
            and self._due == self._unanswered == 0
            and not (self._paused or self._close or self._force_close)
            and data.startswith(BEGINNING)
        )
        if usual and self._lane is not None:
            self._ride = self._taken(self._lane, data)
            if self._ride is not None:
                return
        waiting = len(self._messages)
        super().data_received(data)
        self._unanswered += len(self._messages) - waiting
        self._due = self._due_after(waiting, data)
        if usual and self._lane is not None and self._due == 0:
            self._learn(self._lane, data)

    async def _handle_request(
        self,
        request: web.BaseRequest,
        start_time: float | None,
        request_handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
    ) -> tuple[web.StreamResponse, bool]:
        """Have aiohttp answer a request.

        Only some turns of the loop later it waits for another one, which a quick client has sent by
        then. Taken for one that comes too early it would be the next to be answered by aiohttp.
        """
        answered = await super()._handle_request(request, start_time, request_handler)
        response, reset = answered
        if response.keep_alive and not reset:
            self._unanswered -= 1
        return answered

    @property
    def remote(self) -> str | None:
        """The address that it comes from, as aiohttp tells it of requests."""
        peer = None if self.transport is None else self.transport.get_extra_info("peername")
        return str(peer[0]) if isinstance(peer, tuple | list) else peer and str(peer)

    def _taken(self, lane: Lane, data: bytes) -> Ride | None:
        try:
            return lane.take(self, data)
        except Exception:  # a bug there must cost speed alone
            log.exception("lane_failed")
            return None

    def _learn(self, lane: Lane, data: bytes) -> None:
        message, _ = self._messages[0]
        try:
            assert not isinstance(message, _ErrInfo)  # noqa: S101  (of which nothing is due)
            lane.learn(data, message)
        except Exception:  # likewise
            log.exception("lane_failed")

    def _due_after(self, waiting: int, data: bytes) -> int | None:
        """Return how much is due after some data, before which so many requests were waiting.

        Where requests do not come one by one, as heads with bodies of a known length, nobody can
        say: then aiohttp reads the rest of what comes on this connection.
        """
        due = self._due
        if due is None or self._upgraded:
            return None
        if not data:
            return due  # aiohttp has its reader look again at what it holds back: nothing is here
        if not due:
            end = data.find(END) + len(END)
            # The one request must have come with this data, and its head begin with it
            if waiting or len(self._messages) != 1 or end < len(END) or data[:1] in b"\r\n":
                return None
            message, _ = self._messages[0]
            if isinstance(message, _ErrInfo) or message.chunked:
                return None
            length = message.headers.get(hdrs.CONTENT_LENGTH, "0")
            if not length.isdecimal():
                return None
            due = end + int(length)
        due -= len(data)
        return due if due >= 0 else None

    def _hold(self, data: bytes) -> None:
        """Keep what arrives before its turn, and have the client wait with the rest."""
        if data and not self._held:
            self._pause_transport_reading()
        self._held += data

    def answered(self, answer: bytes) -> None:
        """Send the answer of a request on the lane, and take the next one."""
        if self.transport is None:
            self._ride = None
            return
        self.transport.write(answer)
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        self._is_over()
        if self._held:
            self._loop.call_soon(self._go_on)  # what is wrong with it is not this request's
        else:
            self._ride = None

    def _go_on(self) -> None:
        """Take what arrived meanwhile."""
        held, self._held, self._ride = self._held, b"", None
        if self.transport is not None and not self._force_close:
            self._resume_transport_reading()
            self.data_received(held)

    def _is_over(self) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_result(None)

    def _process_keepalive(self) -> None:
        if self._ride is not None:
            self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        super()._process_keepalive()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let go of everything."""
        if self._ride is not None:
            self._ride.abandon()
        self._is_over()
        super().connection_lost(exc)

    def close(self) -> None:
        """Take nothing more from now on, and let what is on the lane be answered.

        aiohttp hangs up when it sees this at the end of an answer, but not where it waits already.
        """
        taken = self.transport is not None and self._ride is not None and not self._close
        if taken and self._waiter is None:
            self._loop.call_soon(self.close)  # it waits in a turn or two
        else:
            super().close()

    async def shutdown(self, timeout: float | None = GRACE) -> None:  # noqa: ASYNC109  (aiohttp's)
        """Have what is being worked on answered within so many seconds, and close."""
        try:
            async with asyncio.timeout(timeout):
                if self._ride is not None:
                    self._over = self._loop.create_future()
                    await self._over
                await super().shutdown(timeout)
        except TimeoutError:
            if self._task_handler is not None:
                self._task_handler.cancel()
            self.force_close()
