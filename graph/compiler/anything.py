"""Anything: records whose table is known from the request or from a column, not from the schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql.execution.collect_fields import FieldDetailsList
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    bindparam,
    case,
    func,
)

from graph.compiler.building import Building
from graph.compiler.members import Selected, Selection, looked_up, one
from graph.compiler.selections import Selecting
from graph.federation import Entity
from store.building import gathered, refused, word
from store.dialect import each
from store.lookups import Lookup
from store.nodes import NODES


@dataclass(frozen=True, slots=True)
class Way:
    """A lookup, and what is selected of the records it finds."""

    lookup: Lookup[Any]
    selected: Selected
    kind: tuple[str, str] | None = None
    """The column that says what kind a record is, and the one kind that is meant."""

    def express(self, key: ColumnElement[Any], building: Building) -> ColumnElement[Any]:
        """Return the object that a key leads to, or null."""
        found = looked_up(self.lookup, key, self.selected, building.reach)
        if self.kind is not None:
            column, kind = self.kind
            found = found.where(self.lookup.column.table.c[column] == word(kind))
        others = building.rows(found)
        return one(self.selected.express(others, building), others)


@dataclass(frozen=True, slots=True)
class Anything:
    """A record of any table, by its id. No two share one; if they did, the last table counts."""

    ways: Sequence[Way]

    def express(self, key: ColumnElement[Any], building: Building) -> ColumnElement[Any]:
        """Return the object of an id, or null."""
        found = [way.express(key, building) for way in reversed(self.ways)]
        return func.coalesce(*found, None) if len(found) == 1 else func.coalesce(*found)


@dataclass(frozen=True, slots=True)
class Node:
    """One of anything."""

    number: int
    anything: Anything

    def express(self, rows: None, building: Building) -> ColumnElement[Any]:
        """Return the object, or null."""
        del rows
        key: BindParameter[str] = bindparam(f"q{self.number}_key", required=True)
        return self.anything.express(key, building)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Several of anything."""

    number: int
    anything: Anything

    def express(self, rows: None, building: Building) -> ColumnElement[Any]:
        """Return the objects in the order of their ids."""
        del rows
        ids = building.given(each(f"q{self.number}_ids"))
        return gathered(self.anything.express(ids.c.value, building), ids.found)


@dataclass(frozen=True, slots=True)
class Entities:
    """What other subgraphs refer to, each by its type and one of its keys."""

    number: int
    ways: Mapping[str, Way]
    """The ways by `Type.key`."""

    def express(self, rows: None, building: Building) -> ColumnElement[Any]:
        """Return the objects in the order of their representations."""
        del rows
        given = building.given(each(f"q{self.number}_ids"))
        name = func.json_extract(given.c.value, word("$[0]"))
        key = func.json_extract(given.c.value, word("$[1]"))
        cases = [
            (name == word(known), way.express(key, building)) for known, way in self.ways.items()
        ]
        return gathered(case(*cases, else_=refused(name)), given.found)


def anything(selecting: Selecting, kind: Any, details: FieldDetailsList) -> Anything:
    """Return what is selected of anything that is of an interface."""
    selections = selecting.by_table(kind, details)
    return Anything([Way(NODES[name], one) for name, one in selections.items() if name in NODES])


def entity_selections(
    selecting: Selecting, entities: Mapping[str, Entity], details: FieldDetailsList
) -> dict[str, Way]:
    """Return what is selected of each entity, by each of its keys."""
    ways = {}
    for name, entity in entities.items():
        if selecting.kind not in entity.seen_by:
            continue  # whoever refers to it is told FORBIDDEN, the ordinary way
        selection = selecting.selection(selecting.object(name), details)
        for key, lookup in entity.keys.items():
            ways[f"{name}.{key}"] = Way(lookup, Selection(selection.members), selection.kind)
    return ways
