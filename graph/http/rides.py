"""Rides: requests on the fast lane, each from when it is taken until it is answered."""

import asyncio
from http import HTTPStatus
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import orjson
from aiohttp import hdrs
from aiohttp.helpers import rfc822_formatted_time

from graph.compiler.plan import Ready
from graph.execution.answer import Answer
from graph.execution.rates import Standing
from graph.http.heads import Head
from graph.http.openings import Opening
from graph.http.parting import Parted
from graph.http.view import PARTIAL_SUCCESS, PARTLY, status_of
from graph.logs.access import log_request
from graph.logs.asked import REQUEST_ID, Asked, request_id
from resolvers.context import Context
from store.database import Question

ROUTE = "/graphql"
_STATUS_LINES = {
    status: f"HTTP/1.1 {status} {reason}\r\n".encode()
    for status, reason in (
        *((status.value, status.phrase) for status in HTTPStatus),
        (PARTLY, PARTIAL_SUCCESS),
    )
}


class Said(NamedTuple):
    """A head as a client said it. Often it says the same again, and then it is known at once."""

    text: bytes
    parts: Parted
    head: Head


class Client(Protocol):
    """Whoever is answered: a connection."""

    said: Said | None
    """The last head that it said of a request on the lane."""

    @property
    def remote(self) -> str | None:
        """The address that it comes from."""

    def answered(self, answer: bytes) -> None:
        """Send an answer, and take the next request."""


class Ways(Protocol):
    """The lane that a ride is on."""

    def found(self, ride: "Ride", rows: Any, failure: BaseException | None) -> None:
        """Take what the database has found."""

    def withdraw(self, ride: "Ride") -> bool:
        """Wait for it no longer, and return whether anybody still did."""


class Ride:
    """One request on the lane. As a job it is told itself what its question found."""

    __slots__ = (
        "_client",
        "_head",
        "_lane",
        "_length",
        "asked",
        "begun",
        "context",
        "prepared",
        "ready",
        "standing",
        "task",
        "this",
        "variables",
        "withdrawn",
    )

    asked: Question
    """What the database is asked, if it is compiled."""
    ready: Ready
    """What makes `data` of that."""
    standing: Standing | None
    """What its caller may still ask for."""

    def __init__(  # noqa: PLR0917  (what there is to begin with)
        self,
        lane: Ways,
        client: Client,
        head: Head,
        parts: Parted,
        context: Context,
        opening: Opening,
        variables: dict[str, Any],
    ) -> None:
        self.begun = perf_counter()
        """When it was taken, by the performance counter."""
        self._lane = lane
        self._client = client
        self._head = head
        self._length = parts.length
        self.context = context
        text, self.prepared = opening
        self.variables = variables
        name, asked = request_id(parts.request_id), self.prepared.operation
        self.this = Asked(name, hdrs.METH_POST, ROUTE, context.caller, asked, text)
        """What the log says of it."""
        self.task: asyncio.Task[None] | None = None
        """What answers it, if it goes the ordinary way."""
        self.withdrawn = False
        """Whether its question is to be asked no more."""

    def returned(self, result: Any, failure: BaseException | None) -> None:
        """Take what the database has found, unless nobody waits for it any more."""
        if not self.withdrawn:
            self._lane.found(self, result, failure)

    def abandon(self) -> None:
        """Ask no more: the client has gone. A change goes on to its end."""
        if self.task is not None:
            if not self.prepared.changes:
                self.task.cancel()
        elif self._lane.withdraw(self):
            self.log(None, None)

    def tell(self, answer: Answer) -> None:
        """Send an answer."""
        self.send(self.status_of(answer), orjson.dumps(answer.body), answer.standing)

    def status_of(self, answer: Answer) -> int:
        """Return the status of an answer, in the media type that it is told in."""
        return status_of(answer, self._head.media)

    def send(self, status: int, body: bytes, standing: Standing | None = None) -> None:
        """Send an answer's body with its headers, and log the request."""
        limits = "" if standing is None else standing.lines()
        rest = (
            f"{limits}{REQUEST_ID}: {self.this.id}\r\nDate: {rfc822_formatted_time()}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._client.answered(
            b"%b%b%b%b" % (_STATUS_LINES[status], self._head.opening, rest.encode(), body)
        )
        self.log(status, len(body))

    def log(self, status: int | None, sent: int | None) -> None:
        """Log the request; without a status nobody was there any more to be answered."""
        log_request(self.this, status, perf_counter() - self.begun, self._length, sent)
