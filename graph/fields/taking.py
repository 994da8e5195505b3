"""Taking inputs: a caller's objects become the inputs' classes, by what they hold and no more.

Strawberry looks at every field that an object could have, and finds its names and its type anew
each time: a list of some hundred filters held everybody up for a second.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar

from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryList, StrawberryOptional, has_object_definition
from strawberry.types.lazy_type import LazyType
from strawberry.utils.str_converters import to_camel_case

T = TypeVar("T", bound=type)
Take = Callable[[Any], Any]


class _Fields(NamedTuple):
    """The fields of an input."""

    left_out: Mapping[str, None]
    """Those that must not be left out of the class, though a caller may leave them out."""
    known: Mapping[str, tuple[str, Take | None]]
    """By their names in the schema: ours, and what makes of a value what we hold, if not it."""


def taken(kind: T) -> T:
    """Have the objects of an input made here."""
    kind.__strawberry_definition__.from_input = _from_input  # type: ignore[attr-defined]  # an input
    return kind


def _from_input(kind: type, given: Mapping[str, Any], _: InputContext) -> Any:
    return _made(kind, given)


def _made(kind: type, given: Mapping[str, Any]) -> Any:
    fields = _fields_of(kind)
    said: dict[str, Any] = dict(fields.left_out)
    for name, value in given.items():
        field, take = fields.known[name]
        said[field] = value if value is None or take is None else take(value)
    return kind(**said)


@cache
def _fields_of(kind: type) -> _Fields:
    definition = kind.__strawberry_definition__  # type: ignore[attr-defined]  # likewise
    return _Fields(
        {
            field.python_name: None
            for field in definition.fields
            if field.default_value is MISSING and field.default_factory is MISSING
        },
        {
            field.graphql_name or to_camel_case(field.python_name): (
                field.python_name,
                _take_of(field.resolve_type(type_definition=definition)),
            )
            for field in definition.fields
        },
    )


def _take_of(kind: Any) -> Take | None:
    """Return what makes values of a type; None if they stand as graphql-core hands them on."""
    if isinstance(kind, StrawberryOptional):
        return _take_of(kind.of_type)
    if isinstance(kind, StrawberryList):
        return partial(_listed, _take_of(kind.of_type))
    if isinstance(kind, LazyType):
        return _take_of(kind.resolve_type())
    return partial(_made, kind) if has_object_definition(kind) else None


def _listed(take: Take | None, values: list[Any]) -> list[Any]:
    """Return a list of its own: a default is the same list for everybody."""
    if take is None:
        return list(values)
    return [value if value is None else take(value) for value in values]
