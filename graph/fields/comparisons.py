"""Comparisons: the inputs by which a field of each type may be compared, and what they mean."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import strawberry

from graph.fields.describe import graph_enum
from graph.fields.taking import taken
from resolvers.errors import BadInput
from store.conditions import Condition, compare, every, is_null
from store.fields import Field, Json
from store.instants import Instant
from store.rows import Rows, json_text
from store.words import Word

_SAME = {"eq": "It is this.", "not_eq": "It is there, and is not this."}
_AMONG = {
    "in_": "It is one of these; name at least one.",
    "not_in": "It is there, and is none of these; name at least one.",
}
_SIZE = {
    "lt": "It is less, or earlier.",
    "lte": "It is no more, or no later.",
    "gt": "It is more, or later.",
    "gte": "It is no less, or no earlier.",
}
_TEXT = {
    "starts_with": "It begins with this; upper and lower case differ.",
    "ends_with": "It ends in this; upper and lower case differ.",
    "contains": "This is somewhere in it; upper and lower case differ.",
}
_OBJECT = {
    "contains": "It holds all that this holds, at any depth.",
    "has_key": "It has this key at its top.",
}
_OPERATORS: Mapping[Any, dict[str, str]] = {
    strawberry.ID: _SAME | _AMONG,
    str: _SAME | _AMONG | _SIZE | _TEXT,
    int: _SAME | _AMONG | _SIZE,
    float: _SAME | _AMONG | _SIZE,
    bool: _SAME,
    Instant: _SAME | _AMONG | _SIZE,
    Json: _OBJECT,
}
_NAMES = {strawberry.ID: "ID", str: "String", Instant: "DateTime", Json: "JSON"}
_SHOWN = {"in_": "in"}
"""What GraphQL calls an operator that Python cannot."""


MAX_VALUES = 1000
"""How many values a field may be compared with at once."""


def comparable(field: Field) -> bool:
    """Whether a field can be compared with anything."""
    return field.is_enum or field.type in _OPERATORS


@cache
def comparison_input(of: Any) -> Any:
    """Return the input by which a field of a type may be compared."""
    words = isinstance(of, type) and issubclass(of, Word)
    name = _NAMES.get(of) or {int: "Int", float: "Float", bool: "Boolean"}.get(of) or of.__name__
    operators = (_SAME | _AMONG if words else _OPERATORS[of]) | {"is_null": "Whether it is null."}
    if words:
        graph_enum(of)
    return _input(f"{name}Filter", of, operators)


def _input(name: str, of: Any, operators: Mapping[str, str]) -> Any:
    body: dict[str, Any] = {"__annotations__": {}}
    for operator, meaning in operators.items():
        body["__annotations__"][operator] = _taken(operator, of) | None
        body[operator] = strawberry.field(
            description=meaning, name=_SHOWN.get(operator), default=strawberry.UNSET
        )
    about = "Every comparison given must be met. One with a field that is null is not met."
    return taken(strawberry.input(type(name, (), body), description=about))


def _taken(operator: str, of: Any) -> Any:
    if operator == "is_null":
        return bool
    if operator in _AMONG:
        return list[of]
    return str if operator == "has_key" else of


def comparisons(field: Field, given: object, rows: Rows[Any], path: list[str]) -> Condition:
    """Return what an input says of a field. Raises BadInput."""
    return every(
        *(
            _comparison(field, operator, value, rows, [*path, _SHOWN.get(operator, operator)])
            for operator, value in said(given, path)
        )
    )


def said(given: object, path: list[str]) -> list[tuple[str, Any]]:
    """Return what an input says, by its names. Raises BadInput where it says null."""
    found = [(name, value) for name, value in vars(given).items() if value is not strawberry.UNSET]
    for name, value in found:
        if value is None:
            raise bad([*path, name], "Nothing compares with null: use `isNull`.")
    return found


def _comparison(
    field: Field, operator: str, value: Any, rows: Rows[Any], path: list[str]
) -> Condition:
    if operator == "is_null":
        return is_null(field.name, null=value)
    if field.is_json:
        kind = {"contains": "holds"}.get(operator, operator)
        return compare(kind, field.name, value if operator == "has_key" else json_text(value))
    if operator in _AMONG:
        if not value:
            raise bad(path, "Name at least one value.")
        if len(value) > MAX_VALUES:
            raise bad(path, f"Name {MAX_VALUES} values at most.")
        # SQLite's JSON ends at a NUL, and no text that is kept has one
        kept = [one for one in value if not (isinstance(one, str) and "\0" in one)]
        stored = json_text([rows.value(field.name, one) for one in kept])
        return compare(operator.removesuffix("_"), field.name, stored)
    return compare(operator, field.name, rows.value(field.name, value))


def bad(path: list[str], message: str) -> BadInput:
    """Return the error of an argument that no caller could mean."""
    return BadInput(message, {"argument": path[0], "path": path})
