"""Members: the parts of the intermediate tree, each of which can say itself in SQL.

A tree's branches are selections, one for each object of the answer:

    Selection(klarna_payments)            {"id": ..., "status": ..., "order": {...}}
      id      -> Shown(id)
      status  -> Computed(status)
      order   -> One(orders_by_id, order_id, Selection(orders))
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    case,
    select,
)

from graph.compiler.building import Building
from graph.compiler.rows import Rows
from graph.fields.computed import InSql
from store.building import built_object, refused, shown, word
from store.fields import Field
from store.lookups import Lookup
from store.scope import Reach, visible


class Member(Protocol):
    """One member of an object."""

    @property
    def needs(self) -> Iterable[str]:
        """The fields of the object's record that it is made of."""

    def express(self, rows: Rows, building: Building) -> ColumnElement[Any]:
        """Return its JSON, made of rows of the object's records."""


Members = Sequence[tuple[str, Member]]
"""The members of an object under the names that the caller gave them."""


class Selected(Protocol):
    """What is selected of records of one kind."""

    @property
    def needs(self) -> frozenset[str]:
        """The fields of the records that it is made of."""

    def express(self, rows: Rows, building: Building) -> ColumnElement[Any]:
        """Return the JSON of each of some rows."""


@dataclass(frozen=True, slots=True)
class Typename:
    """The name of the object's type."""

    name: str
    needs: tuple[str, ...] = ()

    def express(self, rows: Rows | None, building: Building) -> ColumnElement[Any]:
        """Return the name."""
        del rows, building
        return word(self.name)


@dataclass(frozen=True, slots=True)
class Shown:
    """A field that stands in a column."""

    field: Field

    @property
    def needs(self) -> tuple[str, ...]:
        """The field."""
        return (self.field.name,)

    def express(self, rows: Rows, building: Building) -> ColumnElement[Any]:
        """Return its value."""
        del building
        return shown(self.field, rows.c[self.field.name])


@dataclass(frozen=True, slots=True)
class Computed:
    """A field that is computed of others."""

    computation: InSql

    @property
    def needs(self) -> tuple[str, ...]:
        """The others."""
        return self.computation.needs

    def express(self, rows: Rows, building: Building) -> ColumnElement[Any]:
        """Return its value."""
        return self.computation.express(rows.c, building)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected of one type's records."""

    members: Members
    kind: tuple[str, str] | None = None
    """The column that says what kind a record is, and the one kind that is of this type."""

    @property
    def needs(self) -> frozenset[str]:
        """The fields that its members are made of."""
        kind = {self.kind[0]} if self.kind else set()
        return frozenset(kind.union(*(member.needs for _, member in self.members)))

    def whole(self, rows: Rows, building: Building) -> ColumnElement[Any]:
        """Return an object for each row, all of which are known to be of the type."""
        return built_object([(key, part.express(rows, building)) for key, part in self.members])

    def express(self, rows: Rows, building: Building) -> ColumnElement[Any]:
        """Return an object for each row. A record that is not of the type is refused."""
        if self.kind is None:
            return self.whole(rows, building)
        column, kind = self.kind
        of_it = rows.c[column] == word(kind)
        return case((of_it, self.whole(rows, building)), else_=refused(rows.c[column]))


@dataclass(frozen=True, slots=True)
class Kinds:
    """What is selected of records that are of several types, each known by a word in a column."""

    column: str
    selections: Mapping[str, Selection]

    @property
    def needs(self) -> frozenset[str]:
        """The fields that the members of all types are made of."""
        return frozenset({self.column}).union(*(one.needs for one in self.selections.values()))

    def express(self, rows: Rows, building: Building) -> ColumnElement[Any]:
        """Return an object for each row, as its type has it."""
        rows = rows.apart  # since only what its own type has is found
        kind = rows.c[self.column]
        cases = [
            (kind == word(name), selection.whole(rows, building))
            for name, selection in self.selections.items()
        ]
        return case(*cases, else_=refused(kind))


@dataclass(frozen=True, slots=True)
class Related:
    """The record that a key leads to, or those that it leads to."""

    lookup: Lookup[Any]
    key: str
    many: bool
    selected: Selected

    @property
    def needs(self) -> tuple[str, ...]:
        """The key."""
        return (self.key,)

    def express(self, rows: Rows, building: Building) -> ColumnElement[Any]:
        """Return the object or null, or the list of objects."""
        beside = None if self.many else rows.record(self.lookup, self.key)
        if beside is not None:
            there = beside.c[self.lookup.column.name].is_not(None)
            return case((there, self.selected.express(beside, building)))
        found = looked_up(self.lookup, rows.c[self.key], self.selected, building.reach)
        others = building.rows(found.order_by(*self.lookup.order_by))
        element = self.selected.express(others, building)
        return rows.listed(element, others) if self.many else one(element, others)


@dataclass(frozen=True, slots=True)
class OneOf:
    """The record that a key leads to, in the table that a word in another column names."""

    column: str
    key: str
    ways: Mapping[str, Related]

    @property
    def needs(self) -> tuple[str, ...]:
        """The two columns."""
        return self.column, self.key

    def express(self, rows: Rows, building: Building) -> ColumnElement[Any]:
        """Return the object, or null."""
        named = rows.c[self.column]
        cases = [
            (named == word(kind), way.express(rows.apart, building))
            for kind, way in self.ways.items()
        ]
        return case(*cases, else_=refused(named))


def looked_up(
    lookup: Lookup[Any], key: ColumnElement[Any], selected: Selected, reach: Reach
) -> Select[Any]:
    """Return the question for the records that a lookup leads to, as far as they are selected."""
    table = lookup.column.table
    return select(*columns(table, selected.needs)).where(
        lookup.column == key, *lookup.where, visible(table, reach, lookup.column)
    )


def one(element: ColumnElement[Any], rows: Rows) -> ColumnElement[Any]:
    """Return the object of the first of some rows, or null: SQLite reads no more of them."""
    return select(element).select_from(rows.found).scalar_subquery()


def columns(table: Table, names: Iterable[str]) -> list[ColumnElement[Any]]:
    """Return a table's columns of these names; one at least, since SQL selects no nothing."""
    wanted = set(names) or {next(iter(table.primary_key)).name}
    return [column for column in table.columns if column.name in wanted]
