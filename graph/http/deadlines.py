"""Deadlines: a request's head must arrive in time, and what is no HTTP is refused in JSON."""

import asyncio
from typing import Any

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import (
    RequestHandler,
    _ErrInfo,  # what stands in the queue of requests for one that could not be read
)

from graph.http.answers import instead, refused
from graph.http.faults import HeadTooLarge, RequestFault, TooSlow, Unreadable

log = structlog.get_logger()


class Punctual(RequestHandler):
    """A connection whose requests must come to an end."""

    __slots__ = ("_body", "_head_deadline", "_head_seconds")

    def __init__(self, server: web.Server, *, head_seconds: float, **options: Any) -> None:
        super().__init__(server, **options)
        self._head_seconds = head_seconds
        self._head_deadline: asyncio.TimerHandle | None = None
        self._body: StreamReader | None = None

    def data_received(self, data: bytes) -> None:
        """Have aiohttp read data. A head that is begun must end in time, and a broken body ends."""
        body = self._body
        in_body = body is not None and not body.is_eof()
        super().data_received(data)
        if self._messages:
            self._forget_deadline()
            message, self._body = self._messages[-1]
            if isinstance(message, _ErrInfo) and body is not None and in_body:
                body.set_exception(web.RequestPayloadError())  # whoever reads it waits for nothing
        elif not (in_body or self._upgraded or self._current_request or self._head_deadline):
            self._head_deadline = self._loop.call_later(self._head_seconds, self._head_is_late)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let go of everything."""
        self._forget_deadline()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer to what is no HTTP; it repeats nothing of it."""
        if request.writer.output_size > 0:
            raise ConnectionResetError  # half an answer is on its way, and no other can follow
        if isinstance(exc, LineTooLong):
            fault: RequestFault = HeadTooLarge(
                f"A line of the request's head is longer than {self.max_line_size} bytes.",
                {"limit": self.max_line_size},
            )
        elif status < 500:  # noqa: PLR2004  (from there on it is our fault)
            fault = Unreadable("This is no HTTP request that can be read.")
        else:
            return instead(request, exc if isinstance(exc, Exception) else RuntimeError(message))
        log.warning("bad_http", remote=request.remote, error=type(exc).__name__)
        return refused(fault, status=fault.status)

    def _head_is_late(self) -> None:
        self._head_deadline = None
        if self._current_request is None:
            if self.transport is not None:
                self.transport.write(_too_slow(self._head_seconds))
            self.force_close()

    def _forget_deadline(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None


def _too_slow(seconds: float) -> bytes:
    """Return the answer to a head that does not end; nobody has made a request that it is of."""
    message = f"The request's head did not arrive within {seconds:g} seconds."
    no = refused(TooSlow(message, {"limit": seconds}), status=TooSlow.status)
    headers = {**no.headers, hdrs.CONNECTION: "close", hdrs.CONTENT_LENGTH: no.content_length}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {no.status} {no.reason}\r\n{lines}\r\n{no.text}".encode()
