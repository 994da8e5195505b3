"""What is wrong with an operation's variables, said without repeating them: they hold secrets."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    is_non_null_type,
    type_from_ast,
    validate_input_value,
)

from graph.errors import coded
from resolvers.codes import ErrorCode

_VALUE = re.compile(r"[,;.]? [Ff]ound: .*|, found.*|(?<=value): .*|: .*", re.DOTALL)
"""Where graphql-core's messages begin to repeat what they were given."""
_NO_WORD = re.compile(r"Value .* does not exist in '(\w+)' enum.*", re.DOTALL)


class _Enough(Exception):
    """No more errors are wanted."""


def variable_errors(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    given: Mapping[str, Any],
    most: int,
    *,
    closed: bool = False,
) -> list[dict[str, Any]]:
    """Return an error for each variable, or part of one, that is not of its type; the first few.

    Where the schema is `closed`, none suggests what could have been meant.
    """
    return list(islice(_errors(schema, operation, given, most, closed=closed), most))


def _errors(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    given: Mapping[str, Any],
    most: int,
    *,
    closed: bool,
) -> Iterator[dict[str, Any]]:
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        kind: Any = type_from_ast(schema, definition.type)
        if name not in given:
            if is_non_null_type(kind) and definition.default_value is None:
                yield _error(name, [], f"It is of the type {kind} and must be given.")
            continue
        for error, path in _wrong(given[name], kind, most, closed=closed):
            said = _VALUE.sub("", _NO_WORD.sub(r"There is no such value in \1", error.message))
            yield _error(name, path, f"{said.rstrip('.')}.")


def _wrong(
    value: object, kind: Any, most: int, *, closed: bool
) -> list[tuple[GraphQLError, list[str | int]]]:
    found: list[tuple[GraphQLError, list[str | int]]] = []

    def keep(error: GraphQLError, path: list[str | int]) -> None:
        found.append((error, path))
        if len(found) == most:
            raise _Enough  # each further one is costly, and nobody would be told of it

    with suppress(_Enough):
        validate_input_value(value, kind, keep, closed)
    return found


def _error(name: str, path: list[str | int], message: str) -> dict[str, Any]:
    steps = [name, *map(str, path)]
    told = f"The variable ${'.'.join(steps)} cannot be so: {message}"
    return coded(ErrorCode.BAD_USER_INPUT, told, {"argument": name, "path": steps})
