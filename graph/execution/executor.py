"""One operation, from its text to its answer: prepared, let in, executed within its time."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from inspect import isawaitable
from typing import Any, NamedTuple, TypeVar, cast

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    create_source_event_stream,
    execute,
)
from orjson import Fragment
from strawberry import Schema

from graph.compiler.compiled import Compiler
from graph.compiler.plan import Ready
from graph.errors import coded, formatted
from graph.execution.admission import Admission
from graph.execution.answer import Answer, not_begun
from graph.execution.limits import Limits
from graph.execution.rates import Standing
from graph.execution.reading import Prepared
from graph.execution.variables import variable_errors
from resolvers.callers import Caller
from resolvers.context import Context
from resolvers.errors import BadInput, TimedOut
from store.events import EventStore

T = TypeVar("T")

_IN_A_STREAM = (
    "A subscription has many answers: ask for it with `Accept: text/event-stream`, or over "
    "`graphql-transport-ws`."
)


class Question(NamedTuple):
    """A compiled question under way."""

    rows: "asyncio.Future[list[tuple[Any, ...]]]"
    """What the database finds."""
    ready: Ready
    """What makes `data` of that."""
    standing: Standing | None


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
        self._schema = schema._schema  # noqa: SLF001  (Strawberry's own `execute` picks operations too freely)
        self._executor_class = schema.execution_context_class
        self._limits = limits
        self._compiler = compiler
        self._closed = closed
        """Whether the schema can neither be read nor guessed."""
        self._admission = Admission(self._schema, limits, closed=closed, now=now)

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

        With `cost` in the request's `extensions` the answer's tell what it cost.
        """
        if prepared.lasts:
            return not_begun([BadInput(_IN_A_STREAM, {"argument": "query"})], executed=True)
        given = variables or {}
        admitted = self._admission.admit(context.caller, prepared, given)
        if isinstance(admitted, Answer):
            return admitted
        cost, standing = admitted
        answer = await self.admitted(context, prepared, given, standing)
        if extensions and extensions.get("cost") is True:
            told = {"cost": {"cost": cost, "maximum": self._limits.max_cost}}
            answer.body["extensions"] = answer.body.get("extensions", {}) | told
        return answer

    async def admitted(
        self,
        context: Context,
        prepared: Prepared,
        variables: dict[str, Any],
        standing: Standing | None,
    ) -> Answer:
        """Execute a question or a change whose caller was let in already."""
        body, begun = await self._told(context, prepared, variables)
        return Answer(body, begun=begun, standing=standing)

    def at_once(
        self, context: Context, prepared: Prepared, variables: dict[str, Any]
    ) -> Question | None:
        """Begin a question that is compiled, if its caller may ask it; None for everything else.

        Whoever waits for it sees to its time, and turns to `admitted` if it fails.
        """
        if self._compiler is None:
            return None
        ready = self._compiler.ready(context, prepared.document, prepared.operation, variables)
        if ready is None:
            return None
        admitted = self._admission.admit(context.caller, prepared, variables)
        if isinstance(admitted, Answer):
            return None
        rows = context.database.ask(ready.statement, ready.parameters)
        return Question(rows, ready, admitted[1])

    def late(self, prepared: Prepared) -> Answer:
        """Return the answer to what took longer than it may."""
        return self._late(self._too_late(prepared))

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
            source = await self._in_time(context, prepared, self._begin(context, prepared, given))
        except TimedOut as late:
            return not_begun([late], executed=True)
        if isinstance(source, ExecutionResult):
            errors = self._at_fault(prepared, given, source.errors or ())
            return Answer({"errors": errors}, begun=False)
        return self._tell(source, context, prepared, given)

    async def _begin(
        self, context: Context, prepared: Prepared, variables: dict[str, Any]
    ) -> AsyncGenerator[object, None] | ExecutionResult:
        """Return the events of a subscription, or what is wrong with it."""
        executor = self._executor_class.build(
            self._schema,
            prepared.document,
            None,
            context,
            variables,
            prepared.name,
            max_coercion_errors=self._limits.max_errors,
            hide_suggestions=True,
        )
        if isinstance(executor, list):
            return ExecutionResult(None, errors=executor)
        created = create_source_event_stream(executor)
        source = await created if isawaitable(created) else created
        assert isinstance(source, AsyncGenerator | ExecutionResult)  # noqa: S101  (ours are no others)
        return source

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
                body, begun = await self._told(fresh, prepared, variables, event)
                told = event.id if isinstance(event, EventStore) else None
                yield Answer(body, begun=begun, event_id=told)

    async def _told(
        self,
        context: Context,
        prepared: Prepared,
        variables: dict[str, Any],
        event: object = None,
    ) -> tuple[dict[str, Any], bool]:
        """Execute an operation, and return its answer and whether it was begun."""
        most = self._limits.max_errors
        work = self._execute(context, prepared, variables, event)
        try:
            found = await self._in_time(context, prepared, work)
        except TimedOut as late:
            return self._late(late).body, True
        errors = found.errors or ()
        if found.data is None and errors and not any(error.path for error in errors):
            return {"errors": self._at_fault(prepared, variables, errors)}, False
        body: dict[str, Any] = {"data": found.data}
        if errors:
            body["errors"] = [formatted(error, executed=True) for error in errors[:most]]
        if len(errors) > most:
            body["extensions"] = {"errors": {"shown": most, "all": len(errors)}}
        return body, True

    def _at_fault(
        self, prepared: Prepared, variables: dict[str, Any], errors: Sequence[GraphQLError]
    ) -> list[dict[str, Any]]:
        """Say what is wrong with the variables, or else with the operation."""
        most, closed = self._limits.max_errors, self._closed
        wrong = variable_errors(self._schema, prepared.operation, variables, most, closed=closed)
        return wrong or [formatted(error, executed=True) for error in errors[:most]]

    async def _in_time(
        self, context: Context, prepared: Prepared, work: Coroutine[Any, Any, T]
    ) -> T:
        """Execute an operation within its time. Raises TimedOut.

        A question is given up with all that was asked of the store for it. A change goes on to its
        end without its caller, since Klarna may have been asked already; but what has not begun by
        then does not begin.
        """
        seconds = self._limits.operation_timeout
        try:
            async with asyncio.timeout(seconds) as scope:
                if prepared.changes:
                    return await context.services.turns.see_through(work)
                return await work
        except TimeoutError:
            if not scope.expired():
                raise
            context.given_up = True
            raise self._too_late(prepared) from None

    def _too_late(self, prepared: Prepared) -> TimedOut:
        seconds = self._limits.operation_timeout
        said = (
            "What was begun is being finished: send it again under the same `key` for its answer."
            if prepared.changes
            else "It was given up: ask for less at once, or again later."
        )
        message = f"It took longer than {seconds:g} s. {said}"
        return TimedOut(message, {"limit": seconds, "retryable": True})

    def _late(self, late: TimedOut) -> Answer:
        error = coded(late.code, late.message, late.details)
        return Answer({"data": None, "errors": [error]}, begun=True)

    async def _execute(
        self, context: Context, prepared: Prepared, variables: dict[str, Any], event: object
    ) -> ExecutionResult:
        if self._compiler is not None and event is None:
            operation = prepared.operation
            data = await self._compiler.data(context, prepared.document, operation, variables)
            if data is not None:
                # It is JSON already, which orjson writes as it is
                return ExecutionResult(data=cast("Any", Fragment(data)))
        run = partial(
            execute,
            self._schema,
            prepared.document,
            root_value=event,
            context_value=context,
            variable_values=variables,
            operation_name=prepared.name,
            executor_class=self._executor_class,
            max_coercion_errors=self._limits.max_errors,
            hide_suggestions=True,  # costly, and `variable_errors` tells of them anyway
        )
        if _introspects(prepared.operation):
            # It waits for nothing and computes for long, which would hold all others up
            return cast("ExecutionResult", await asyncio.to_thread(run))
        result = run()
        return await result if isawaitable(result) else result


def _introspects(operation: OperationDefinitionNode) -> bool:
    """Whether an operation asks for the schema, and for nothing that would have to be fetched."""
    asked = {
        node.name.value if isinstance(node, FieldNode) else None
        for node in operation.selection_set.selections
    }
    return asked != {"__typename"} and asked <= {"__schema", "__type", "__typename"}
