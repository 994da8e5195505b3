"""What is wrong with an operation's variables, said without repeating them: they hold secrets."""

import re
from collections.abc import Iterator, Mapping
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


def variable_errors(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield an error for each variable, or part of one, that is not of its type."""
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        kind: Any = type_from_ast(schema, definition.type)
        if name not in given:
            if is_non_null_type(kind) and definition.default_value is None:
                yield _error(name, [], f"It is of the type {kind} and must be given.")
            continue
        for error, path in _wrong(given[name], kind):
            said = _VALUE.sub("", _NO_WORD.sub(r"There is no such value in \1", error.message))
            yield _error(name, path, f"{said.rstrip('.')}.")


def _wrong(value: object, kind: Any) -> list[tuple[GraphQLError, list[str | int]]]:
    found: list[tuple[GraphQLError, list[str | int]]] = []
    validate_input_value(value, kind, lambda error, path: found.append((error, path)))
    return found


def _error(name: str, path: list[str | int], message: str) -> dict[str, Any]:
    steps = [name, *map(str, path)]
    told = f"The variable ${'.'.join(steps)} cannot be so: {message}"
    return coded(ErrorCode.BAD_USER_INPUT, told, {"argument": name, "path": steps})
