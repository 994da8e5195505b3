"""Picking: what is selected of an object that Python makes, such as a category of payments."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from graph.compiler.coverage import Unusual

Pick = Callable[[Any], Any]
"""Makes what is answered of what Python made. Raises Unusual for what does not fit its type."""
_USUAL: Mapping[Any, type] = {GraphQLBoolean: bool, GraphQLID: str, GraphQLString: str}
"""The leaves whose usual values are answered as they are."""


def picking(kind: GraphQLOutputType, objects: Callable[[GraphQLObjectType], Pick]) -> Pick:
    """Return what picks from values of a type; `objects` says what is selected of an object."""
    if is_non_null_type(kind):
        return _needed(picking(kind.of_type, objects))
    if is_list_type(kind):
        return _each(picking(kind.of_type, objects))
    if isinstance(kind, GraphQLObjectType):
        return _optional(objects(kind))
    assert is_leaf_type(kind)  # noqa: S101  (those of several types are not made by Python)
    return _optional(_leaf(kind))


def picked(members: Sequence[tuple[str, Pick]]) -> Pick:
    """Return what picks the members of an object under the names that the caller gave them."""
    return lambda found: {key: pick(found) for key, pick in members}


def constant(value: str) -> Pick:
    """Return what picks the same from everything."""
    return lambda _: value


def attribute(name: str, pick: Pick) -> Pick:
    """Return what picks from an attribute of an object."""
    return lambda found: pick(getattr(found, name))


def _needed(pick: Pick) -> Pick:
    def check(value: Any) -> Any:
        if value is None:
            raise Unusual
        return pick(value)

    return check


def _optional(pick: Pick) -> Pick:
    return lambda value: None if value is None else pick(value)


def _each(pick: Pick) -> Pick:
    return lambda values: None if values is None else [pick(value) for value in values]


def _leaf(kind: Any) -> Pick:
    usual = _USUAL.get(kind)

    def read(value: Any) -> Any:
        if type(value) is usual:
            return value
        try:
            return kind.coerce_output_value(value)
        except Exception:  # noqa: BLE001  (graphql-core says what is wrong with it)
            raise Unusual from None

    return read
