"""One operation, from its text to its answer: parsed, chosen, validated, executed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute,
    parse,
    validate,
)

from graph.access import describe
from graph.errors import formatted
from graph.schema import schema
from graph.variables import variable_errors
from resolvers.context import Context
from resolvers.errors import BadInput, Fault

_SCHEMA = schema._schema  # noqa: SLF001  (Strawberry's own `execute` picks operations too freely)


KEPT_DOCUMENTS = 500
KEPT_LENGTH = 10_000
"""How many documents are kept parsed and validated, and up to which length."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation is answered."""

    body: dict[str, Any]
    """`data`, `errors` or both, as GraphQL's specification has them."""
    begun: bool
    """Whether anything was executed; if not, the request was at fault and there is no `data`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that can be executed: its document is good, and it is the one that was meant."""

    document: DocumentNode
    operation: OperationDefinitionNode


async def answer(
    context: Context, query: str, variables: dict[str, Any] | None, name: str | None
) -> Answer:
    """Execute the operation of a document; `name` says which, where it has several."""
    prepared = prepare(query, name)
    if isinstance(prepared, Answer):
        describe(query, None)
        return prepared
    describe(query, prepared.operation)
    return await executed(context, prepared, variables)


def prepare(query: str, name: str | None) -> Prepared | Answer:
    """Return the operation of a document, or what is wrong with the document."""
    try:
        document, errors = (_known if len(query) <= KEPT_LENGTH else _read)(query)
        if errors:
            return _not_begun(errors, executed=False)
        return Prepared(document, _choose(document, name))
    except (GraphQLError, Fault) as error:
        return _not_begun([error], executed=isinstance(error, Fault))


async def executed(
    context: Context, prepared: Prepared, variables: dict[str, Any] | None
) -> Answer:
    """Execute a question or a change."""
    named = prepared.operation.name
    result = execute(
        _SCHEMA,
        prepared.document,
        context_value=context,
        variable_values=variables,
        operation_name=named.value if named else None,
        executor_class=schema.execution_context_class,
    )
    found = await result if isawaitable(result) else result
    if found.data is None and found.errors and not any(error.path for error in found.errors):
        wrong = list(variable_errors(_SCHEMA, prepared.operation, variables or {}))
        return (
            Answer({"errors": wrong}, begun=False)
            if wrong
            else _not_begun(found.errors, executed=True)
        )
    return _answered(found)


def _read(query: str) -> tuple[DocumentNode, Sequence[GraphQLError]]:
    """Return a text as a document, and what is wrong with it. Raises GraphQLError."""
    document = parse(query)
    return document, validate(_SCHEMA, document)


_known = lru_cache(KEPT_DOCUMENTS)(_read)


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Return the operation to execute. Raises BadInput."""
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    wanted = [one for one in operations if name is None or (one.name and one.name.value == name)]
    if len(wanted) != 1:
        reason = (
            f"The document has no operation {name}." if name else "Say which by `operationName`."
        )
        raise BadInput(reason, {"argument": "operationName"})
    if wanted[0].operation is OperationType.SUBSCRIPTION:
        raise BadInput("Subscriptions are not served here.", {"argument": "query"})
    return wanted[0]


def _not_begun(errors: Sequence[GraphQLError | Fault], *, executed: bool) -> Answer:
    listed = [
        formatted(GraphQLError(error.message, original_error=error), executed=executed)
        if isinstance(error, Fault)
        else formatted(error, executed=executed)
        for error in errors
    ]
    return Answer({"errors": listed}, begun=False)


def _answered(result: ExecutionResult) -> Answer:
    if not result.errors:
        return Answer({"data": result.data}, begun=True)
    errors = [formatted(error, executed=True) for error in result.errors]
    return Answer({"data": result.data, "errors": errors}, begun=True)
