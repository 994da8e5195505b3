"""Orders: by what a list can be sorted, derived from the records."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import strawberry

from graph.fields.comparisons import bad
from graph.fields.describe import graph_enum
from graph.fields.taking import taken
from graph.fields.types import record_of
from store.fields import fields_of
from store.pages import Key, Order
from store.tables import table_of, traits_of
from store.words import Word

MAX_KEYS = 3
"""How many fields a list may be sorted by."""


class Direction(Word):
    """Which way a list is sorted. What holds null comes last ascending and first descending."""

    ASC = "ASC", "The smallest, or the oldest, first."
    DESC = "DESC", "The largest, or the newest, first."


graph_enum(Direction)


def order_of(graph: type) -> Any:
    """Return the input by which lists of a type are sorted."""
    record = record_of(graph)
    name = record.__name__
    traits = traits_of(table_of(record))
    computed, ties = traits.computed, traits.ties
    fields = {
        field.name.upper(): field
        for field in fields_of(record)
        if not (field.internal or field.secret or field.references or field.is_json)
        and field.name not in computed
        and field.type is not bool
        and not (field.name == "id" and "id" not in ties)  # it would not sort as it grows
    }
    enum = Enum(f"{name}OrderField", {key: field.name for key, field in fields.items()})  # type: ignore[misc]
    strawberry.enum(enum, description=f"What a list of {name} can be sorted by.")
    for value in enum.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set above
        value.description = fields[value.name].doc
    members = {
        "__annotations__": {"field": enum, "direction": Direction},
        "field": strawberry.field(description="What to sort by."),
        "direction": strawberry.field(description="Which way.", default=Direction.ASC),
    }
    about = f"One key of the order of a list of {name}; those before it decide first."
    return taken(strawberry.input(type(f"{name}Order", (), members), description=about))


def keys_of(given: Sequence[Any] | None, default: Order) -> Order:
    """Return what a list is to be sorted by. Raises BadInput."""
    if given is None:
        return default
    keys = tuple(Key(one.field.value, one.direction is Direction.DESC) for one in given)
    if not 1 <= len(keys) <= MAX_KEYS:
        raise bad(["orderBy"], f"Sort by 1 to {MAX_KEYS} fields.")
    if len({key.column for key in keys}) < len(keys):
        raise bad(["orderBy"], "Sort by each field once.")
    return keys
