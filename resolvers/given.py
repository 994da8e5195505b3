"""Records that a statement found together: they stand in for a reader, and nothing is awaited."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select

from store.building import number
from store.fields import fields_of
from store.lookups import Lookup
from store.rows import rows_of
from store.scope import Reach, Scope, visible
from store.tables import columns_of

Rows = Sequence[Sequence[Any]]
"""Rows as a statement found them."""


class Given:
    """Finds records among those that were given; whose they are was decided in finding them."""

    def __init__(self, *found: tuple[Lookup[Any], Rows]) -> None:
        self._found: dict[Lookup[Any], list[Any]] = {}
        for lookup, rows in found:
            records = [rows_of(lookup.record).read(row) for row in rows]
            self._found.setdefault(lookup, []).extend(records)

    async def find(self, lookup: Lookup[Any], keys: Sequence[str], scope: Scope) -> Sequence[Any]:
        """Return the records that have one of these keys."""
        del scope
        return [record for record in self._found[lookup] if lookup.key_of(record) in keys]

    def one(self, lookup: Lookup[Any]) -> Any:
        """Return the one record that a lookup found, or None."""
        return next(iter(self._found[lookup]), None)


def rows_in_sql(lookup: Lookup[Any], key: ColumnElement[Any], reach: Reach) -> ColumnElement[Any]:
    """Return the rows that a lookup leads to from a key, as one list."""
    table = lookup.column.table
    found = (
        select(*columns_of(lookup.record))
        .where(lookup.column == key, *lookup.where, visible(table, reach, lookup.column))
        .order_by(*lookup.order_by)
        .correlate_except(table)
        .subquery("given")
    )
    # By their names alone: SQLAlchemy would make a table's column of each of them
    values = [
        number(_named(field.name)) if field.type is float else _named(field.name)
        for field in fields_of(lookup.record)
    ]
    gathered = func.json_group_array(func.json_array(*values))
    return select(gathered).select_from(found).scalar_subquery()


def _named(name: str) -> ColumnElement[Any]:
    return literal_column(f'given."{name}"')


def key_in_sql(lookup: Lookup[Any], key: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """Return a field of the record that a lookup leads to from a key."""
    table = lookup.column.table
    found = select(table.c[name]).where(lookup.column == key)
    return found.correlate_except(table).scalar_subquery()
