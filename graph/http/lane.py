"""The fast lane: requests whose heads are known, answered without the machinery around a handler.

What is usual about most requests to `/graphql` is looked at here and nowhere else: a head that was
read before, a caller that is known, a document that was good, a question that is compiled. It is
let in as any other, asked in one statement and written as one piece. Whatever is not usual, and
whatever is wrong, goes the ordinary way, which alone says no: `graph/http/view.py`.
"""

import asyncio
from collections.abc import Coroutine
from http import HTTPStatus
from time import perf_counter
from typing import Any, Protocol

import orjson
from aiohttp import hdrs
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http_parser import RawRequestMessage

from graph.errors import masked
from graph.execution.answer import Answer
from graph.execution.documents import Documents
from graph.execution.executor import Executor, Question
from graph.execution.rates import Standing
from graph.execution.reading import Prepared
from graph.http.faults import RequestFault
from graph.http.heads import END, Head, Heads
from graph.http.requests import request_of
from graph.http.strict_json import read_json
from graph.http.view import PARTIAL_SUCCESS, PARTLY, status_of
from graph.logs.access import REQUEST_ID, log_request
from graph.logs.asked import Asked, answering, new_request_id
from resolvers.context import Context, Services
from resolvers.errors import BadInput

ROUTE = "/graphql"
LOOKING = 1.0
"""How often it is looked whether a question takes too long, in seconds."""
_STATUS_LINES = {
    status: f"HTTP/1.1 {status} {reason}\r\n".encode()
    for status, reason in (
        *((status.value, status.phrase) for status in HTTPStatus),
        (PARTLY, PARTIAL_SUCCESS),
    )
}


class Client(Protocol):
    """Whoever is answered: a connection."""

    def answered(self, answer: bytes) -> None:
        """Send an answer, and take the next request."""


class Ride:
    """One request on the lane, from when it is taken until it is answered."""

    __slots__ = ("_client", "_head", "begun", "given_up", "prepared", "this", "under_way")

    def __init__(
        self, client: Client, head: Head, this: Asked, prepared: Prepared, begun: float
    ) -> None:
        self._client = client
        self._head = head
        self.this = this
        """What the log says of it."""
        self.prepared = prepared
        self.begun = begun
        """When it was taken, by the performance counter."""
        self.under_way: asyncio.Future[Any] | None = None
        """What is waited for: a question's rows, or else the whole answer."""
        self.given_up = False
        """Whether it took too long."""

    def abandon(self) -> None:
        """Ask no more: the client has gone. A change goes on to its end."""
        if self.under_way is not None and not self.prepared.changes:
            self.under_way.cancel()

    def tell(self, answer: Answer) -> None:
        """Send an answer."""
        self.send(self.status_of(answer), orjson.dumps(answer.body), answer.standing)

    def status_of(self, answer: Answer) -> int:
        """Return the status of an answer, in the media type that it is told in."""
        return status_of(answer, self._head.media)

    def send(self, status: int, body: bytes, standing: Standing | None = None) -> None:
        """Send an answer's body with its headers, and log the request."""
        limits = "" if standing is None else _lines(standing)
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
        log_request(self.this, status, perf_counter() - self.begun, self._head.length, sent)


def _lines(standing: Standing) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in standing.headers().items())


class Lane:
    """Answers usual requests."""

    def __init__(
        self,
        services: Services,
        executor: Executor,
        documents: Documents,
        heads: Heads,
        *,
        seconds: float,
    ) -> None:
        """`seconds` is what a question may take."""
        self._services = services
        self._executor = executor
        self._documents = documents
        self._heads = heads
        self._seconds = seconds
        self._asked: dict[Ride, None] = {}
        """The questions under way, the oldest first."""
        self._looking = False
        self._tasks: set[asyncio.Task[None]] = set()

    def learn(self, data: bytes, message: RawRequestMessage) -> None:
        """Remember the head of a request that was received whole."""
        self._heads.learn(data[: data.find(END) + len(END)], message)

    def take(self, client: Client, data: bytes) -> Ride | None:
        """Begin to answer what a client sent, if it is one usual request and nothing else."""
        begun = perf_counter()
        end = data.find(END) + len(END)
        head = self._heads.known(data[:end])
        if head is None or head.length != len(data) - end:
            return None
        caller = self._services.access.known(head.digest)
        if caller is None or caller.guest:
            return None  # guests are told apart by where they ask from
        try:
            asked = request_of(read_json(data[end:], "The body"))
            text = self._documents.text_of(asked)
        except (RequestFault, BadInput):
            return None
        prepared = self._executor.known(text, asked.operation_name)
        if prepared is None or prepared.lasts:
            return None
        self._documents.keep(asked)
        this = Asked(new_request_id(), hdrs.METH_POST, ROUTE, caller, prepared.operation, text)
        ride = Ride(client, head, this, prepared, begun)
        context, variables = Context(self._services, caller), asked.variables or {}
        question = None
        if not asked.extensions:
            question = self._executor.at_once(context, prepared, variables)
        if question is None:
            answer = self._executor.executed(context, prepared, variables, asked.extensions)
            self._see_through(ride, answer)
        else:
            self._ask(ride, question, context, variables)
        return ride

    def _ask(
        self, ride: Ride, question: Question, context: Context, variables: dict[str, Any]
    ) -> None:
        """Answer a question with what the database finds."""

        def found(rows: "asyncio.Future[list[tuple[Any, ...]]]") -> None:
            del self._asked[ride]
            if rows.cancelled():
                if ride.given_up:
                    with answering(ride.this):
                        late = self._executor.late(ride.prepared)
                    ride.tell(late)
                else:
                    ride.log(None, None)
                return
            try:
                data = question.ready.data(rows.result())
            except Exception:  # noqa: BLE001  (whatever it is, the ordinary way tells of it)
                again = self._executor.admitted(
                    context, ride.prepared, variables, question.standing, compiled=False
                )
                self._see_through(ride, again)
            else:
                ride.send(HTTPStatus.OK, b'{"data":%b}' % data, question.standing)

        ride.under_way = question.rows
        question.rows.add_done_callback(found)
        self._asked[ride] = None
        if not self._looking:
            self._looking = True
            self._look_soon()

    def _see_through(self, ride: Ride, work: Coroutine[Any, Any, Answer]) -> None:
        """Answer a request the ordinary way."""

        async def answer() -> None:
            status, standing = HTTPStatus.INTERNAL_SERVER_ERROR.value, None
            try:
                answered = await work
                body = orjson.dumps(answered.body)
                status, standing = ride.status_of(answered), answered.standing
            except asyncio.CancelledError:
                ride.log(None, None)
                raise
            except Exception as error:  # noqa: BLE001  (the last one to catch it)
                body = orjson.dumps({"errors": [masked(error)]})
            ride.send(status, body, standing)

        with answering(ride.this):
            ride.under_way = task = asyncio.create_task(answer())
        self._tasks.add(task)  # a change goes on though its client has gone
        task.add_done_callback(self._tasks.discard)

    def _look_soon(self) -> None:
        asyncio.get_running_loop().call_later(LOOKING, self._look)

    def _look(self) -> None:
        """Give up the questions that take too long."""
        before = perf_counter() - self._seconds
        for ride in [ride for ride in self._asked if ride.begun < before]:
            ride.given_up = True
            ride.abandon()
        self._looking = bool(self._asked)
        if self._looking:
            self._look_soon()
