"""One operation, from its text to its answer: prepared, let in, executed within its time."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    OperationDefinitionNode,
    OperationType,
    execute,
)
from strawberry import Schema

from graph.access import describe
from graph.costs import Cost
from graph.errors import coded, formatted
from graph.limits import Limits, exceeded
from graph.rates import Buckets, Standing
from graph.reading import Document, Problem, Shelf, too_large
from graph.variables import variable_errors
from resolvers.callers import Caller, CallerKind
from resolvers.context import Context
from resolvers.errors import BadInput, Fault, TimedOut

READING = 10
"""What a document costs its caller that nobody has sent before, besides its own cost."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation is answered."""

    body: dict[str, Any]
    """`data`, `errors` or both, as GraphQL's specification has them."""
    begun: bool
    """Whether anything was executed; if not, the request was at fault and there is no `data`."""
    standing: Standing | None = None
    """What the caller may still ask for, where there is a limit to it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that can be executed: its document is good, and it is the one that was meant."""

    document: DocumentNode
    operation: OperationDefinitionNode
    cost: Cost


class Executor:
    """Executes operations for every face, within the limits."""

    def __init__(
        self,
        schema: Schema,
        limits: Limits,
        *,
        closed: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001  (Strawberry's own `execute` picks operations too freely)
        self._executor_class = schema.execution_context_class
        self._limits = limits
        self._closed = closed
        """Whether the schema can neither be read nor guessed."""
        self._shelf = Shelf(self._schema, limits, closed=closed)
        seconds = limits.rate_burst
        others = Buckets("integration", rate=limits.rate, seconds=seconds, now=now)
        checkouts = Buckets("checkout", rate=limits.checkout_rate, seconds=seconds, now=now)
        self._buckets = {
            kind: checkouts if kind is CallerKind.sales_channel else others for kind in CallerKind
        }

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
            describe(query, None)
            return prepared
        describe(query, prepared.operation)
        return await self.executed(context, prepared, variables, extensions)

    def prepare(
        self, query: str, name: str | None, caller: Caller | None = None
    ) -> Prepared | Answer:
        """Return the operation of a document, or what is wrong with the document.

        A caller that is named pays for a document that is new.
        """
        document = self._shelf.known(query)
        standing = None
        if document is None:
            if caller is not None:
                standing = self._take(caller, READING)
                if standing and (no := standing.refusal()):
                    return _not_begun([no], executed=True, standing=standing)
            document = self._shelf.read(query)
        if document.problems or document.node is None:
            return _not_begun(document.problems, executed=False, standing=standing)
        try:
            operation, cost = _choose(document, name)
        except BadInput as no:
            return _not_begun([no], executed=True, standing=standing)
        return Prepared(document.node, operation, cost)

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
        given, most = variables or {}, self._limits.max_cost
        if no := too_large(given, self._limits):
            return _not_begun([no], executed=True)
        cost = prepared.cost.of(given)
        if cost > most:
            return _not_begun([exceeded("cost", most, cost)], executed=True)
        standing = self._take(context.caller, cost)
        if standing and (no := standing.refusal()):
            return _not_begun([no], executed=True, standing=standing)
        body, begun = await self._told(context, prepared, given)
        if extensions and extensions.get("cost") is True:
            told = {"cost": {"cost": cost, "maximum": most}}
            body["extensions"] = body.get("extensions", {}) | told
        return Answer(body, begun=begun, standing=standing)

    def _take(self, caller: Caller, cost: int) -> Standing | None:
        return self._buckets[caller.kind].take(caller.identity, cost)

    async def _told(
        self, context: Context, prepared: Prepared, variables: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        """Execute an operation, and return its answer and whether it was begun."""
        most = self._limits.max_errors
        try:
            found = await self._in_time(context, prepared, variables)
        except TimedOut as late:
            return {"data": None, "errors": [coded(late.code, late.message, late.details)]}, True
        errors = found.errors or ()
        if found.data is None and errors and not any(error.path for error in errors):
            wrong = self._wrong(prepared, variables)
            listed = wrong or [formatted(error, executed=True) for error in errors[:most]]
            return {"errors": listed}, False
        body: dict[str, Any] = {"data": found.data}
        if errors:
            body["errors"] = [formatted(error, executed=True) for error in errors[:most]]
        if len(errors) > most:
            body["extensions"] = {"errors": {"shown": most, "all": len(errors)}}
        return body, True

    def _wrong(self, prepared: Prepared, variables: dict[str, Any]) -> list[dict[str, Any]]:
        most, closed = self._limits.max_errors, self._closed
        return variable_errors(self._schema, prepared.operation, variables, most, closed=closed)

    async def _in_time(
        self, context: Context, prepared: Prepared, variables: dict[str, Any]
    ) -> ExecutionResult:
        """Execute an operation within its time. Raises TimedOut.

        A question is given up with all that was asked of the store for it. A change goes on to its
        end without its caller, since Klarna may have been asked already; but what has not begun by
        then does not begin.
        """
        seconds = self._limits.operation_timeout
        changes = prepared.operation.operation is OperationType.MUTATION
        work: Coroutine[Any, Any, ExecutionResult] = self._execute(context, prepared, variables)
        try:
            async with asyncio.timeout(seconds) as scope:
                if changes:
                    return await context.services.turns.see_through(work)
                return await work
        except TimeoutError:
            if not scope.expired():
                raise
            context.given_up = True
            said = (
                "What was begun is being finished: send it again under the same `key` for its "
                "answer."
                if changes
                else "It was given up: ask for less at once, or again later."
            )
            raise TimedOut(
                f"It took longer than {seconds:g} s. {said}",
                {"limit": seconds, "retryable": True},
            ) from None

    async def _execute(
        self, context: Context, prepared: Prepared, variables: dict[str, Any]
    ) -> ExecutionResult:
        named = prepared.operation.name
        run = partial(
            execute,
            self._schema,
            prepared.document,
            context_value=context,
            variable_values=variables,
            operation_name=named.value if named else None,
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


def _choose(document: Document, name: str | None) -> tuple[OperationDefinitionNode, Cost]:
    """Return the operation to execute. Raises BadInput."""
    wanted = [
        (node, cost)
        for node, cost in document.operations
        if name is None or (node.name and node.name.value == name)
    ]
    if len(wanted) != 1:
        reason = (
            f"The document has no operation {name}." if name else "Say which by `operationName`."
        )
        raise BadInput(reason, {"argument": "operationName"})
    if wanted[0][0].operation is OperationType.SUBSCRIPTION:
        raise BadInput("Subscriptions are not served here.", {"argument": "query"})
    return wanted[0]


def _not_begun(
    errors: Sequence[Problem], *, executed: bool, standing: Standing | None = None
) -> Answer:
    listed = [
        coded(error.code, error.message, error.details)
        if isinstance(error, Fault)
        else formatted(error, executed=executed)
        for error in errors
    ]
    return Answer({"errors": listed}, begun=False, standing=standing)
