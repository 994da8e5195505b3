"""Inputs from records: what a caller may say of a resource, whole or in part."""

import inspect
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry.utils.str_converters import to_camel_case

from graph.fields.describe import describe, graph_enum
from graph.fields.taking import taken
from resolvers.errors import BadInput
from store.fields import fields_of
from store.resources import Referable

T = TypeVar("T", bound=type)
C = TypeVar("C", bound=Referable)


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def graph_input(cls: T) -> T:
    """Make a GraphQL input of a class that inherits what a caller may say of a resource."""
    return _input(cls, partial=False)


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def graph_patch(cls: T) -> T:
    """Make a GraphQL input of which every field may be left out, and then stays as it is."""
    return _input(cls, partial=True)


def content(kind: type[C], given: object) -> C:
    """Return what a caller said in an input; what it left out is as the record has it."""
    said = {}
    for field in fields_of(kind):
        value = getattr(given, field.name)
        if field.optional and value == "":
            value = None  # an empty text says as little as none
        if value is not strawberry.UNSET and (value is not None or field.optional):
            said[field.name] = value
    return kind(**said)


def changes(kind: type[Referable], given: object) -> dict[str, Any]:
    """Return what a caller said in a patch, by the names of the fields. Raises BadInput."""
    said = {}
    for field in fields_of(kind):
        value = getattr(given, field.name)
        if value is strawberry.UNSET:
            continue
        if field.optional and value == "":
            value = None
        if value is None and not field.optional:
            name = to_camel_case(field.name)
            raise BadInput(
                f"`{name}` cannot be null: leave it out to keep it as it is.",
                {"argument": "input", "path": ["input", name]},
            )
        said[field.name] = value
    return said


def _input(cls: T, *, partial: bool) -> T:
    record = cls.__mro__[1]
    own = inspect.get_annotations(cls)
    declared: dict[str, Any] = {}
    for field in fields_of(record):
        if field.name in own:
            continue
        if field.is_enum:
            graph_enum(field.type)
        of: Any = strawberry.ID if field.references else field.type
        default = field.default
        if partial or "default_factory" in default:
            # An object cannot stand as a default in the schema's language: leaving it out means it
            of, default = of | None, {"default": strawberry.UNSET}
        declared[field.name] = of | None if field.optional else of
        setattr(cls, field.name, strawberry.field(description=field.doc, **default))
    cls.__annotations__ = declared | own
    made = taken(strawberry.input(cls, description=describe(cls, record)))
    for shown in made.__strawberry_definition__.fields:  # type: ignore[attr-defined]  # an input
        if shown.default_value is None:
            shown.default_value = strawberry.UNSET  # `= null` tells a reader nothing
    return made
