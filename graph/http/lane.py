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
from typing import Any

import orjson
from aiohttp.http_parser import RawRequestMessage

from graph.compiler.changes import Doing
from graph.errors import masked
from graph.execution.answer import Answer
from graph.execution.documents import Documents
from graph.execution.executor import Executor
from graph.http.addresses import Networks, address_from, client_at
from graph.http.faults import RequestFault
from graph.http.heads import END, Head, Heads
from graph.http.openings import Opening, Openings, Read
from graph.http.parting import Parted, parted
from graph.http.requests import request_of
from graph.http.rides import Client, Ride, Said
from graph.http.strict_json import read_json
from graph.logs.asked import answering
from resolvers.context import Context, Services
from resolvers.errors import BadInput
from resolvers.identity.callers import Caller

LOOKING = 0.25
"""How often it is looked whether something takes too long, in seconds."""


class Lane:
    """Answers usual requests."""

    def __init__(
        self,
        services: Services,
        executor: Executor,
        documents: Documents,
        heads: Heads,
        proxies: Networks,
        *,
        seconds: float,
    ) -> None:
        """`seconds` is what a question may take, and the word of these proxies is taken."""
        self._services = services
        self._executor = executor
        self._documents = documents
        self._heads = heads
        self._proxies = proxies
        self._openings = Openings()
        self._seconds = seconds
        self._asked: dict[Ride, None] = {}
        """The questions and changes under way, the oldest first."""
        self._looking = False
        self._tasks: set[asyncio.Task[None]] = set()

    def learn(self, data: bytes, message: RawRequestMessage) -> None:
        """Remember the head of a request that was received whole."""
        self._heads.learn(data[: data.find(END) + len(END)], message)

    def take(self, client: Client, data: bytes) -> Ride | None:
        """Begin to answer what a client sent, if it is one usual request and nothing else."""
        said = client.said
        if said is None or not data.startswith(said.text):
            said = self._said(data)
        if said is None or said.parts.length != len(data) - len(said.text):
            return None
        client.said, (text, parts, head) = said, said
        caller = self._caller(head, parts, client)
        if caller is None:
            return None
        body = data[len(text) :]
        read = self._openings.read(body) or self._read(body)
        if read is None:
            return None
        opening, variables, extensions = read
        context = Context(self._services, caller)
        ride = Ride(self, client, head, parts, context, opening, variables)
        if extensions or not self._at_once(ride):
            work = self._executor.executed(context, opening.prepared, variables, extensions)
            self._see_through(ride, work)
        return ride

    def _said(self, data: bytes) -> Said | None:
        """Return the head that data begins with, if it means what one meant that was read."""
        text = data[: data.find(END) + len(END)]
        parts = parted(text)
        head = None if parts is None else self._heads.known(parts.steady)
        return None if parts is None or head is None else Said(text, parts, head)

    def _caller(self, head: Head, parts: Parted, client: Client) -> Caller | None:
        """Return who is asking; guests are told apart by where they ask from."""
        caller = self._services.access.known(head.digest)
        if caller is None or not caller.guest:
            return caller
        address = address_from(client.remote, parts.handed_on, self._proxies)
        return caller.at(client_at(address))

    def _read(self, body: bytes) -> Read | None:
        """Read a body from its beginning, if what it asks for was good before."""
        try:
            asked = request_of(read_json(body, "The body"))
            text = self._documents.text_of(asked)
        except (RequestFault, BadInput):
            return None
        prepared = self._executor.known(text, asked.operation_name)
        if prepared is None or prepared.lasts:
            return None
        self._documents.keep(asked)
        opening = Opening(text, prepared)
        self._openings.learn(body, asked, opening)
        return opening, asked.variables or {}, asked.extensions

    def _at_once(self, ride: Ride) -> bool:
        """Begin with what is asked for, if it is compiled and its caller may ask for it."""
        let_in = self._executor.at_once(ride.context, ride.prepared, ride.variables)
        if let_in is None:
            return False
        ready, ride.standing = let_in
        if isinstance(ready, Doing):
            self._make(ride, ready)
        else:
            ride.ready = ready
            ride.asked = ready.statement, ready.parameters
            self._services.database.take(ride)
        self._asked[ride] = None
        if not self._looking:
            self._looking = True
            self._look_soon()
        return True

    def _make(self, ride: Ride, doing: Doing) -> None:
        """Make a ride's change. It goes on to its end, and is told if anybody waits still."""

        async def make() -> None:
            asked = ride.context, ride.prepared, ride.variables
            try:
                answered = await self._executor.done(*asked, doing, ride.standing)
                status, body = ride.status_of(answered), orjson.dumps(answered.body)
            except Exception as error:  # noqa: BLE001  (the last one to catch it)
                status = HTTPStatus.INTERNAL_SERVER_ERROR.value
                body = orjson.dumps({"errors": [masked(error)]})
            if not ride.withdrawn:
                del self._asked[ride]
                ride.send(status, body, ride.standing)

        with answering(ride.this):
            ride.task = self._services.turns.see_through(make())

    def found(self, ride: Ride, rows: Any, failure: BaseException | None) -> None:
        """Answer a ride with what the database has found, or else the ordinary way."""
        del self._asked[ride]
        data = None if failure is not None else self._data(ride, rows)
        if data is not None:
            ride.send(HTTPStatus.OK, b'{"data":%b}' % data, ride.standing)
            return
        taken = perf_counter() - ride.begun
        again = self._executor.admitted(
            ride.context, ride.prepared, ride.variables, ride.standing, taken=taken
        )
        self._see_through(ride, again)

    def _data(self, ride: Ride, rows: Any) -> bytes | None:
        try:
            return ride.ready.data(rows)
        except Exception:  # noqa: BLE001  (whatever it is, the ordinary way tells of it)
            return None

    def withdraw(self, ride: Ride) -> bool:
        """Wait for a ride no longer, and return whether anybody still did."""
        if ride not in self._asked:
            return False
        del self._asked[ride]
        ride.withdrawn = True
        return True

    def _see_through(self, ride: Ride, work: Coroutine[Any, Any, Answer]) -> None:
        """Answer a request the ordinary way."""

        async def answer() -> None:
            status, standing = HTTPStatus.INTERNAL_SERVER_ERROR.value, None
            try:
                answered = await work
                body = orjson.dumps(answered.body)
                status, standing = ride.status_of(answered), answered.standing
            except Exception as error:  # noqa: BLE001  (the last one to catch it)
                body = orjson.dumps({"errors": [masked(error)]})
            ride.send(status, body, standing)

        def over(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if task.cancelled():
                work.close()  # it may not have begun
                ride.log(None, None)

        with answering(ride.this):
            ride.task = task = asyncio.create_task(answer())
        self._tasks.add(task)  # a change goes on though its client has gone
        task.add_done_callback(over)

    def _look_soon(self) -> None:
        asyncio.get_running_loop().call_later(LOOKING, self._look)

    def _look(self) -> None:
        """Give up the questions that take too long, and wait no longer for the changes."""
        before = perf_counter() - self._seconds
        for ride in [ride for ride in self._asked if ride.begun < before]:
            self.withdraw(ride)
            ride.context.given_up = True
            with answering(ride.this):
                ride.tell(self._executor.late(ride.prepared, ride.standing))
        self._looking = bool(self._asked)
        if self._looking:
            self._look_soon()
