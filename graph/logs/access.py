"""The request that is being answered: what every line of the log says of it, and its own line."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from time import perf_counter

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from graphql import OperationDefinitionNode

from resolvers.callers import Caller
from resolvers.codes import Code

log = structlog.get_logger()

REQUEST_ID = "X-Request-ID"
_GOOD_ID = re.compile(r"[A-Za-z0-9._:/=+@-]{1,128}", re.ASCII)
QUIET = frozenset({"/healthz", "/readyz"})
"""The routes that are asked all the time: their lines are for `debug`."""


@dataclass(slots=True)
class Asked:
    """One request, as far as it is known by now."""

    id: str
    method: str
    route: str | None
    """The route's template: a path itself may hold secrets."""
    caller: Caller | None = None
    operation: OperationDefinitionNode | None = None
    document: str | None = None
    """The operation's text, which is logged as its SHA-256."""
    codes: dict[Code, None] = field(default_factory=dict)
    """The codes of the answer's refusals and errors."""

    def words(self) -> dict[str, object]:
        """Return what every line says that is logged meanwhile."""
        said: dict[str, object] = {"request_id": self.id, "route": self.route}
        if self.operation is not None:
            named = self.operation.name
            said["operation_name"] = None if named is None else named.value
            said["operation_type"] = self.operation.operation.value
        return said if self.caller is None else {**said, **self.caller.words}


_ASKED: ContextVar[Asked | None] = ContextVar("asked", default=None)


def asked() -> Asked | None:
    """Return the request that is being answered, if one is."""
    return _ASKED.get()


def identify(caller: Caller) -> None:
    """Say who is asking."""
    request = _ASKED.get()
    if request is not None:
        request.caller = caller


def describe(query: str, operation: OperationDefinitionNode | None) -> None:
    """Say what is asked for: a document, and the operation that was found in it."""
    request = _ASKED.get()
    if request is not None:
        request.document = query
        request.operation = operation


def note(code: Code) -> None:
    """Say that the answer holds a code."""
    request = _ASKED.get()
    if request is not None:
        request.codes[code] = None


@contextmanager
def apart() -> Iterator[None]:
    """Tell one operation of a socket from the others: it is described and logged by itself."""
    socket = _ASKED.get()
    token = _ASKED.set(socket and replace(socket, operation=None, document=None, codes={}))
    try:
        yield
    finally:
        _ASKED.reset(token)


def log_operation(took: float) -> None:
    """Log an operation of a socket with a line of its own when it is over; `took` in seconds."""
    this = _ASKED.get()
    if this is not None:
        document = None if this.document is None else _digest(this.document)
        log.info(
            "operation",
            ms=round(took * 1000, 2),
            document=document,
            codes=[code.value for code in this.codes],
        )


@web.middleware
async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give a request its id, in its answer too, and log it with one line when it is answered."""
    begun = perf_counter()
    resource = request.match_info.route.resource
    route = None if resource is None else resource.canonical
    this = Asked(_id_of(request), request.method, route)
    _ASKED.set(this)  # each request runs in a context of its own
    response: web.StreamResponse | None = None
    try:
        response = await handler(request)
    except web.HTTPException as answered:
        response = answered
        raise
    finally:
        status = length = None
        if response is not None:
            status, length = response.status, response.content_length
            if not response.prepared:
                response.headers[REQUEST_ID] = this.id
        log_request(this, status, perf_counter() - begun, request.content.total_bytes, length)
    return response


def log_request(
    this: Asked, status: int | None, took: float, received: int, sent: int | None
) -> None:
    """Log a request: how long it took in seconds, and how many bytes its bodies had.

    One without a status was hung up on, or ended by the gateway's own end.
    """
    quiet = this.route in QUIET and status == 200  # noqa: PLR2004  (HTTP's own number)
    (log.debug if quiet else log.info)(
        "request",
        about=this,
        method=this.method,
        status=status,
        ms=round(took * 1000, 2),
        document=None if this.document is None else _digest(this.document),
        codes=[code.value for code in this.codes],
        bytes_in=received,
        bytes_out=sent,
    )


@contextmanager
def answering(this: Asked) -> Iterator[None]:
    """Have what is logged meanwhile say which request it is about."""
    token = _ASKED.set(this)
    try:
        yield
    finally:
        _ASKED.reset(token)


def new_request_id() -> str:
    """Return an id for a request that brings none."""
    return f"{random.getrandbits(64):016x}"


@lru_cache(maxsize=500)
def _digest(document: str) -> str:
    return sha256(document.encode(errors="replace")).hexdigest()


def _id_of(request: web.Request) -> str:
    """Return the id that a request brings, if it can stand in a header and a line, or a new one."""
    brought = request.headers.get(REQUEST_ID)
    if brought is not None and _GOOD_ID.fullmatch(brought):
        return brought
    return new_request_id()
