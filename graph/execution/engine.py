"""The engine: runs an operation by graphql-core, or as it was compiled, within its time."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from functools import partial
from inspect import isawaitable
from typing import Any, TypeVar, cast

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

from graph.compiler.changes import Doing
from graph.compiler.compiled import Compiler
from graph.compiler.explaining import explanation
from graph.compiler.plan import Ready
from graph.errors import coded, formatted
from graph.execution.limits import Limits
from graph.execution.reading import Prepared
from graph.execution.variables import variable_errors
from resolvers.context import Context
from resolvers.errors import TimedOut
from resolvers.identity.callers import CallerKind

T = TypeVar("T")


class Engine:
    """Runs operations that were let in."""

    def __init__(
        self, schema: Schema, limits: Limits, *, closed: bool, compiler: Compiler | None
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001  (Strawberry's own `execute` picks operations too freely)
        self._executor_class = schema.execution_context_class
        self._strawberry = schema
        self._limits = limits
        self._closed = closed
        """Whether the schema can neither be read nor guessed."""
        self._compiler = compiler

    def ready(
        self, context: Context, prepared: Prepared, variables: dict[str, Any]
    ) -> Ready | Doing | None:
        """Return what is to be asked or done for what is compiled; None for everything else."""
        if self._compiler is None:
            return None
        return self._compiler.ready(context, prepared.document, prepared.operation, variables)

    async def plan(self, prepared: Prepared, variables: dict[str, Any]) -> dict[str, Any]:
        """Return what an operation is compiled to for an operator, or why it is not."""
        told = await asyncio.to_thread(
            explanation,
            self._strawberry,
            prepared.document,
            prepared.operation,
            CallerKind.operator,
            variables,
        )
        return told._asdict()

    async def run(
        self,
        context: Context,
        prepared: Prepared,
        variables: dict[str, Any],
        event: object = None,
        *,
        taken: float = 0.0,
    ) -> tuple[dict[str, Any], bool]:
        """Run an operation, and return its answer and whether it was begun.

        A subscription is run for each `event`. What has `taken` so many seconds of its time has
        failed as it is compiled.
        """
        most = self._limits.max_errors
        compiled = event is None and not taken
        work = self._execute(context, prepared, variables, event, compiled=compiled)
        try:
            found = await self._in_time(context, prepared, work, taken)
        except TimedOut as late:
            return late_body(late), True
        errors = found.errors or ()
        if found.data is None and errors and not any(error.path for error in errors):
            return {"errors": self.at_fault(prepared, variables, errors)}, False
        body: dict[str, Any] = {"data": found.data}
        if errors:
            body["errors"] = [formatted(error, executed=True) for error in errors[:most]]
        if len(errors) > most:
            body["extensions"] = {"errors": {"shown": most, "all": len(errors)}}
        return body, True

    async def do(
        self, context: Context, prepared: Prepared, variables: dict[str, Any], doing: Doing
    ) -> tuple[dict[str, Any], bool]:
        """Make a change that is compiled, however long it takes, and return what `run` does."""
        outcome = await doing.done()
        data = doing.data(outcome)
        if data is None:  # graphql-core tells of it, and does nothing more
            return await self.run(context, prepared, variables, outcome)
        return {"data": data}, True

    async def begin(
        self, context: Context, prepared: Prepared, variables: dict[str, Any]
    ) -> AsyncGenerator[object, None] | ExecutionResult:
        """Return the events of a subscription, or what is wrong with it. Raises TimedOut."""
        return await self._in_time(context, prepared, self._begin(context, prepared, variables))

    async def _begin(
        self, context: Context, prepared: Prepared, variables: dict[str, Any]
    ) -> AsyncGenerator[object, None] | ExecutionResult:
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

    def at_fault(
        self, prepared: Prepared, variables: dict[str, Any], errors: Sequence[GraphQLError]
    ) -> list[dict[str, Any]]:
        """Say what is wrong with the variables, or else with the operation."""
        most, closed = self._limits.max_errors, self._closed
        wrong = variable_errors(self._schema, prepared.operation, variables, most, closed=closed)
        return wrong or [formatted(error, executed=True) for error in errors[:most]]

    async def _in_time(
        self,
        context: Context,
        prepared: Prepared,
        work: Coroutine[Any, Any, T],
        taken: float = 0.0,
    ) -> T:
        """Execute an operation within its time. Raises TimedOut.

        A question is given up with all that was asked of the store for it. A change goes on to its
        end without its caller, since Klarna may have been asked already; but what has not begun by
        then does not begin.
        """
        seconds = self._limits.operation_timeout - taken
        if prepared.changes:
            change = context.services.turns.see_through(work)
            await asyncio.wait((change,), timeout=seconds)
            if change.done():
                return change.result()
            context.given_up = True
            raise self.too_late(prepared)
        try:
            async with asyncio.timeout(seconds) as scope:
                return await work
        except TimeoutError:
            if not scope.expired():
                raise
            context.given_up = True
            raise self.too_late(prepared) from None

    def too_late(self, prepared: Prepared) -> TimedOut:
        """Return what to tell of an operation that took longer than it may."""
        seconds = self._limits.operation_timeout
        said = (
            "What was begun is being finished: send it again under the same `key` for its answer."
            if prepared.changes
            else "It was given up: ask for less at once, or again later."
        )
        message = f"It took longer than {seconds:g} s. {said}"
        return TimedOut(message, {"limit": seconds, "retryable": True})

    async def _execute(
        self,
        context: Context,
        prepared: Prepared,
        variables: dict[str, Any],
        event: object,
        *,
        compiled: bool,
    ) -> ExecutionResult:
        if self._compiler is not None and compiled:
            asked = (context, prepared.document, prepared.operation, variables)
            data = await self._compiler.data(*asked)
            if data is not None:
                # It is JSON already, which orjson writes as it is
                return ExecutionResult(data=cast("Any", Fragment(data)))
            doing = await self._compiler.doing(*asked)
            if doing is not None:
                outcome = await doing.done()
                picked = doing.data(outcome)
                if picked is not None:
                    return ExecutionResult(data=picked)
                event = outcome  # of which graphql-core tells, and does nothing more
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


def late_body(late: TimedOut) -> dict[str, Any]:
    """Return the answer to what took longer than it may."""
    return {"data": None, "errors": [coded(late.code, late.message, late.details)]}


def _introspects(operation: OperationDefinitionNode) -> bool:
    """Whether an operation asks for the schema, and for nothing that would have to be fetched."""
    asked = {
        node.name.value if isinstance(node, FieldNode) else None
        for node in operation.selection_set.selections
    }
    return asked != {"__typename"} and asked <= {"__schema", "__type", "__typename"}
