"""One conversation over `graphql-transport-ws`, from its first message until one side hangs up."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from graph.errors import coded, masked
from graph.execution.answer import Answer
from graph.execution.documents import Documents
from graph.execution.executor import Executor
from graph.execution.rates import Buckets
from graph.execution.reading import Prepared
from graph.http.auth import token_in
from graph.http.faults import RequestFault
from graph.http.requests import request_of
from graph.live.messages import Broken, Close, Message, invalid, message_of
from graph.live.open_lines import Line
from graph.logs.access import log_operation
from graph.logs.asked import apart, identify
from resolvers.context import Context, Services
from resolvers.errors import BadInput, Fault, LimitExceeded, Unauthenticated, Unavailable
from resolvers.identity.callers import Caller

INIT_WITHIN = 5.0
"""How long a client may take for its first message, in seconds."""
PATIENCE = 10.0
"""How long a client may take to read what it is sent, in seconds, once the way to it is full."""
FAREWELL = 2.0
"""How long a client may take to close its side, in seconds."""
REASON = 123
"""How many bytes WebSocket has room for, to say why it is closed."""
OPERATIONS = 20
"""How many operations of a socket run at once."""


@dataclass(eq=False, slots=True)
class Running:
    """An operation under way."""

    id: str
    changing: bool
    """Whether it is a change: it goes on to its end, whoever is still there to hear of it."""
    left: bool = False
    """Whether the client does not want to hear of it any more."""
    task: "asyncio.Task[None]" = field(init=False)

    def leave(self) -> None:
        """End it without another word; a change is made to its end, and is only not told of."""
        self.left = True
        if not self.changing:
            self.task.cancel()


class Conversation:
    """What one client says and is answered over its socket."""

    def __init__(
        self,
        services: Services,
        executor: Executor,
        documents: Documents,
        socket: web.WebSocketResponse,
        *,
        abort: Callable[[], None],
        authorization: str | None,
        address: str,
        addresses: Buckets,
    ) -> None:
        self._services = services
        self._executor = executor
        self._documents = documents
        self._socket = socket
        self._abort = abort
        self._authorization = authorization
        """What the request that became this socket said of its caller."""
        self._address = address
        self._addresses = addresses
        """How many bad tokens each address may still send."""
        self._token = ""
        self._caller: Caller | None = None
        self._named: dict[str, Running] = {}
        """The operations that the client knows of, by its ids for them."""
        self._running: set[Running] = set()
        """All that are under way, those that the client has left among them."""
        self._ending: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def hold(self, line: Line) -> None:
        """Take what the client says until either side hangs up, and leave nothing running."""
        reason = f"Send connection_init within {INIT_WITHIN:g} seconds."
        self._end_after(INIT_WITHIN, Close.TOO_LATE, reason)
        try:
            async for said in self._socket:
                if said.type is WSMsgType.ERROR:
                    break  # too large, or no WebSocket at all: aiohttp has closed it
                if said.type is not WSMsgType.TEXT:
                    raise invalid("Messages are texts.")
                if self._ending is None:
                    await self._take(message_of(said.data), line)
        except Broken as broken:
            self.end(broken.code, broken.reason)
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for operation in self._running:
                operation.leave()
            tasks = [operation.task for operation in self._running]
            if self._ending is not None:
                tasks.append(self._ending)
            if tasks:
                await asyncio.wait(tasks)

    def end(self, code: Close, reason: str) -> None:
        """Close the socket, and be through with whoever does not answer that."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._close(code, reason))

    async def _close(self, code: Close, reason: str) -> None:
        for operation in self._running:
            operation.leave()
        message = reason.encode()[:REASON].decode(errors="ignore").encode()
        try:
            async with asyncio.timeout(2 * FAREWELL):
                await self._socket.close(code=code, message=message)
        except TimeoutError:
            self._abort()

    def _end_after(self, seconds: float, code: Close, reason: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.end, code, reason)

    async def _take(self, message: Message, line: Line) -> None:
        match message.type:
            case "connection_init":
                await self._init(message, line)
            case "ping":
                payload = {"payload": message.payload} if message.payload else {}
                await self._send({"type": "pong", **payload})
            case "subscribe":
                await self._begin(message)
            case "complete":
                if operation := self._named.pop(message.id, None):
                    operation.leave()

    async def _init(self, message: Message, line: Line) -> None:
        if self._caller is not None:
            raise Broken(Close.TOO_MANY_INITS, "Too many initialisation requests")
        caller = await self._introduced(_authorization(message) or self._authorization)
        try:
            line.belongs_to(caller)
        except LimitExceeded as no:
            raise Broken(Close.TRY_AGAIN_LATER, no.message) from None
        self._caller = caller
        identify(caller)
        left = (caller.expires_at - self._services.clock.now()).total_seconds()
        self._end_after(left, Close.FORBIDDEN, "The access token has expired: get a new one.")
        await self._send({"type": "connection_ack"})

    async def _introduced(self, authorization: str | None) -> Caller:
        """Return who the client says it is. Raises Broken.

        While its address has sent too many bad tokens, one that is not known here is not looked at.
        """
        try:
            self._token = token_in(authorization)
            if not self._services.access.knows(self._token):
                self._must_not_be_guessing()
            return await self._holder()
        except Unauthenticated as no:
            self._must_not_be_guessing()
            self._addresses.take(self._address, 1)
            raise Broken(Close.FORBIDDEN, no.message) from None

    def _must_not_be_guessing(self) -> None:
        if wait := self._addresses.wait(self._address):
            reason = f"Too many bad tokens came from this address: come again in {wait} s."
            raise Broken(Close.TRY_AGAIN_LATER, reason)

    async def _still_good(self) -> Caller:
        """Return who holds the token. Raises Broken if it has expired, or is revoked by now."""
        try:
            return await self._holder()
        except Unauthenticated as no:
            raise Broken(Close.FORBIDDEN, no.message) from None

    async def _holder(self) -> Caller:
        """Return who holds the token. Raises Unauthenticated and Broken."""
        try:
            caller = await self._services.access.caller(self._token)
        except Unavailable as no:
            raise Broken(Close.TRY_AGAIN_LATER, no.message) from None
        return caller.at(self._address)

    async def _begin(self, message: Message) -> None:
        if self._caller is None:
            raise Broken(Close.UNAUTHORIZED, "Unauthorized")
        caller = await self._still_good()
        if message.id in self._named:
            raise Broken(Close.ALREADY_EXISTS, f"Subscriber for {message.id} already exists")
        try:
            asked = request_of(message.payload)
            text = self._documents.text_of(asked)
        except BadInput as no:
            raise invalid(no.message) from None
        except RequestFault as no:
            await self._refuse(message.id, no)
            return
        if sum(one.changing or not one.left for one in self._running) >= OPERATIONS:
            await self._refuse(message.id, _TOO_MANY)
            return
        with apart():
            context = Context(self._services, caller)
            prepared = self._executor.prepare(text, asked.operation_name, caller)
            if isinstance(prepared, Prepared):
                self._documents.keep(asked)
            told = self._executor.answers(context, prepared, asked.variables, asked.extensions)
            operation = Running(message.id, isinstance(prepared, Prepared) and prepared.changes)
            operation.task = asyncio.create_task(self._tell(operation, told))
        operation.task.add_done_callback(lambda _: self._over(operation))
        self._named[message.id] = operation
        self._running.add(operation)

    def _over(self, operation: Running) -> None:
        self._running.discard(operation)
        self._forget(operation)

    def _forget(self, operation: Running) -> None:
        """Let the client use the operation's id again."""
        if self._named.get(operation.id) is operation:
            del self._named[operation.id]

    async def _tell(self, operation: Running, told: AsyncGenerator[Answer, None]) -> None:
        """Send an operation's answers, and how it ends."""
        begun = perf_counter()
        last: dict[str, Any] = {"id": operation.id, "type": "complete"}
        try:
            async with aclosing(told):
                async for answer in told:
                    if not answer.begun:
                        last = _error(operation.id, answer.body["errors"])
                    elif not operation.left:
                        if not operation.changing:
                            await self._still_good()
                        message = {"id": operation.id, "type": "next", "payload": answer.body}
                        await self._send(message)
        except Broken as broken:
            self.end(broken.code, broken.reason)
        except Exception as bug:  # noqa: BLE001  (it ends this operation, and not the others)
            last = _error(operation.id, [masked(bug)])
        finally:
            log_operation(perf_counter() - begun)
        if not operation.left:
            self._forget(operation)
            await self._send(last)

    async def _refuse(self, operation_id: str, fault: Fault) -> None:
        """Say why an operation was not even begun."""
        error = coded(fault.code, fault.message, fault.details)
        await self._send(_error(operation_id, [error]))

    async def _send(self, message: dict[str, Any]) -> None:
        if self._ending is not None:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._socket.send_str(orjson.dumps(message).decode())
        except ConnectionError:
            return  # the client has gone, as whoever reads from it is just being told
        except TimeoutError:
            self.end(Close.TOO_SLOW, "You read too slowly: subscribe again, and go on from there.")


def _authorization(message: Message) -> str | None:
    """Return what the payload says of the caller, in a browser the only place to say it."""
    for name, value in message.payload.items():
        if name.lower() == "authorization":
            return str(value)
    return None


def _error(operation_id: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": operation_id, "type": "error", "payload": errors}


_TOO_MANY = LimitExceeded(
    f"A socket runs no more than {OPERATIONS} operations at once: complete one first.",
    {"exceeded": "operations", "limit": OPERATIONS, "value": OPERATIONS + 1},
)
