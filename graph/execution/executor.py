"""One operation, from its text to its answer: prepared, let in, executed within its time."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from graphql import ExecutionResult, GraphQLError
from strawberry import Schema

from graph.compiler.changes import Doing
from graph.compiler.compiled import Compiler
from graph.compiler.plan import Ready
from graph.execution.admission import Admission
from graph.execution.answer import Answer, not_begun
from graph.execution.engine import Engine, late_body
from graph.execution.limits import Limits
from graph.execution.rates import Standing
from graph.execution.reading import Prepared
from resolvers.context import Context
from resolvers.errors import BadInput, TimedOut
from resolvers.identity.callers import Caller, CallerKind
from store.events import EventStore

_IN_A_STREAM = (
    "A subscription has many answers: ask for it with `Accept: text/event-stream`, or over "
    "`graphql-transport-ws`."
)


class Executor:
    """Executes operations for every face, within the limits."""

    def __init__(
        self,
        schema: Schema,
        limits: Limits,
        *,
        closed: bool = False,
        compiler: Compiler | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._engine = Engine(schema, limits, closed=closed, compiler=compiler)
        self._admission = Admission(schema._schema, limits, closed=closed, now=now)  # noqa: SLF001  (Strawberry shows its own only)

    async def answer(
        self,
        context: Context,
        query: str,
        variables: dict[str, Any] | None,
        name: str | None,
        extensions: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Execute the operation of a document; `name` says which, where it has several."""
        prepared = self.prepare(query, name, context.caller)
        if isinstance(prepared, Answer):
            return prepared
        return await self.executed(context, prepared, variables, extensions)

    def prepare(
        self, query: str, name: str | None, caller: Caller | None = None
    ) -> Prepared | Answer:
        """Return the operation of a document, or what is wrong with the document.

        A caller that is named pays for a document that is new.
        """
        return self._admission.prepare(query, name, caller)

    def known(self, query: str, name: str | None) -> Prepared | None:
        """Return an operation that was prepared before, if it still is kept."""
        return self._admission.known(query, name)

    async def executed(
        self,
        context: Context,
        prepared: Prepared,
        variables: dict[str, Any] | None,
        extensions: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Execute a question or a change, if its caller may ask for so much.

        With `cost` in the request's `extensions` the answer's tell what it cost, and with `plan`
        they tell an operator what it is compiled to.
        """
        if prepared.lasts:
            return not_begun([BadInput(_IN_A_STREAM, {"argument": "query"})], executed=True)
        given = variables or {}
        admitted = self._admission.admit(context.caller, prepared, given)
        if isinstance(admitted, Answer):
            return admitted
        cost, standing = admitted
        answer = await self.admitted(context, prepared, given, standing)
        told: dict[str, Any] = {}
        if extensions and extensions.get("cost") is True:
            told["cost"] = {"cost": cost, "maximum": self._limits.max_cost}
        if extensions and extensions.get("plan") is True:
            operator = context.caller.kind is CallerKind.operator
            told["plan"] = await self._engine.plan(prepared, given) if operator else None
        if told:
            answer.body["extensions"] = answer.body.get("extensions", {}) | told
        return answer

    async def admitted(
        self,
        context: Context,
        prepared: Prepared,
        variables: dict[str, Any],
        standing: Standing | None,
        *,
        taken: float = 0.0,
    ) -> Answer:
        """Execute a question or a change whose caller was let in already.

        One that has `taken` so many seconds has failed as it is compiled.
        """
        body, begun = await self._engine.run(context, prepared, variables, taken=taken)
        return Answer(body, begun=begun, standing=standing)

    def at_once(
        self, context: Context, prepared: Prepared, variables: dict[str, Any]
    ) -> tuple[Ready | Doing, Standing | None] | None:
        """Let in what is compiled, if its caller may ask for it; None for everything else.

        Whoever asks it of the database sees to its time, and turns to `admitted` if it fails; and
        whoever has a change `done` sees to its time, too.
        """
        if not self._admission.fits(variables):
            return None  # before they are read any further
        ready = self._engine.ready(context, prepared, variables)
        if ready is None:
            return None
        admitted = self._admission.charge(context.caller, prepared, variables)
        if isinstance(admitted, Answer):
            return None
        return ready, admitted[1]

    async def done(
        self,
        context: Context,
        prepared: Prepared,
        variables: dict[str, Any],
        doing: Doing,
        standing: Standing | None,
    ) -> Answer:
        """Make a change that was let in `at_once`, however long it takes."""
        body, begun = await self._engine.do(context, prepared, variables, doing)
        return Answer(body, begun=begun, standing=standing)

    def late(self, prepared: Prepared, standing: Standing | None) -> Answer:
        """Return the answer to what took longer than it may."""
        return Answer(late_body(self._engine.too_late(prepared)), begun=True, standing=standing)

    async def answers(
        self,
        context: Context,
        prepared: Prepared | Answer,
        variables: dict[str, Any] | None,
        extensions: Mapping[str, Any] | None = None,
    ) -> AsyncGenerator[Answer, None]:
        """Yield whatever an operation is answered: a subscription as long as it goes on.

        One that ends with an answer that was not `begun` has failed.
        """
        if isinstance(prepared, Answer):
            yield prepared
        elif not prepared.lasts:
            yield await self.executed(context, prepared, variables, extensions)
        else:
            begun = await self.subscribed(context, prepared, variables)
            if isinstance(begun, Answer):
                yield begun
                return
            async with aclosing(begun):
                async for answered in begun:
                    yield answered

    async def subscribed(
        self, context: Context, prepared: Prepared, variables: dict[str, Any] | None
    ) -> AsyncGenerator[Answer, None] | Answer:
        """Begin a subscription, and return its answers as they come, or what is wrong with it.

        It is paid for when it begins; what it tells of is not the caller's doing.
        """
        given = variables or {}
        admitted = self._admission.admit(context.caller, prepared, given)
        if isinstance(admitted, Answer):
            return admitted
        try:
            source = await self._engine.begin(context, prepared, given)
        except TimedOut as late:
            return not_begun([late], executed=True)
        if isinstance(source, ExecutionResult):
            errors = self._engine.at_fault(prepared, given, source.errors or ())
            return Answer({"errors": errors}, begun=False)
        return self._tell(source, context, prepared, given)

    async def _tell(
        self,
        source: AsyncGenerator[object, None],
        context: Context,
        prepared: Prepared,
        variables: dict[str, Any],
    ) -> AsyncGenerator[Answer, None]:
        """Execute a subscription for each of its events, with nothing left over from the last."""
        async with aclosing(source):
            while True:
                try:
                    event = await anext(source)
                except StopAsyncIteration:
                    return
                except Exception as error:  # noqa: BLE001  (whatever it is, the caller is told)
                    failed = GraphQLError(str(error), original_error=error)
                    yield not_begun([failed], executed=True)
                    return
                fresh = Context(context.services, context.caller)
                body, begun = await self._engine.run(fresh, prepared, variables, event)
                told = event.id if isinstance(event, EventStore) else None
                yield Answer(body, begun=begun, event_id=told)
