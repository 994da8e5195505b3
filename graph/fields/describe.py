"""Descriptions: docstrings and `Doc` say it once, and the schema repeats it."""

import inspect
from dataclasses import is_dataclass
from typing import Annotated, get_args, get_origin

import strawberry
from strawberry.types.field import StrawberryField
from typing_extensions import Doc

from store.fields import fields_of
from store.words import Word


def describe(cls: type, record: type | None = None) -> str | None:
    """Describe a class's own fields by their docstrings, and their arguments by their `Doc`.

    A field that computes what the record holds is described as the record describes it. Returns
    the class's own description.
    """
    docs = {field.name: field.doc for field in fields_of(record)} if is_dataclass(record) else {}
    for field in vars(cls).values():
        if not isinstance(field, StrawberryField) or field.base_resolver is None:
            continue
        resolver = field.base_resolver
        said = inspect.getdoc(resolver.wrapped_func) or docs.get(field.python_name)
        field.description = field.description or said
        for argument in resolver.arguments:
            if argument.default is None:
                argument.default = strawberry.UNSET  # `= null` tells a reader nothing
            annotation = argument.type_annotation.raw_annotation
            argument.description = argument.description or _doc(annotation)
    return inspect.getdoc(cls)


def graph_enum(words: type[Word]) -> type[Word]:
    """Make a GraphQL enumeration of words, each with its meaning."""
    if hasattr(words, "__strawberry_definition__"):
        return words
    strawberry.enum(words, description=inspect.getdoc(words))
    meanings = {word.value: word.doc for word in words}
    for value in words.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set above
        value.description = meanings[value.value]
    return words


def _doc(annotation: object) -> str | None:
    if get_origin(annotation) is not Annotated:
        return None
    notes = get_args(annotation)[1:]
    return next((note.documentation for note in notes if isinstance(note, Doc)), None)
