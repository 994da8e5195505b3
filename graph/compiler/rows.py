"""Rows: a sub-select under a name, and its columns by that name for all that is inside it.

SQLAlchemy would make a column of its own for each column of each sub-select, with all that a
table's column has, which takes most of a compilation. A name and a type are enough here.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, literal_column

from store.building import gathered
from store.lookups import Lookup


class Columns:
    """The columns of rows, as attributes and by their names."""

    def __init__(self, name: str, columns: Iterable[Any]) -> None:
        self._named = {
            one.name: literal_column(f'{name}."{one.name}"', type_=one.type) for one in columns
        }

    def labelled(self) -> list[ColumnElement[Any]]:
        """Return all of them under their own names, to be selected again."""
        return [column.label(name) for name, column in self._named.items()]

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        """Return a column by its name."""
        return self._named[name]

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        """Return a column by its name."""
        return self._named[name]


class Rows:
    """What a sub-select finds, or a table that a statement joins."""

    def __init__(self, found: Any, columns: Iterable[Any]) -> None:
        self.found: FromClause = found
        """What to select from."""
        self.name: str = found.name
        self.c = Columns(found.name, columns)

    @property
    def apart(self) -> "Rows":
        """The same, but all that belongs to each row is selected below it."""
        return self

    def record(self, lookup: Lookup[Any], key: str) -> "Rows | None":
        """Return the record that a key of each row leads to, if it stands beside the row."""
        del lookup, key
        return None

    def listed(self, element: ColumnElement[Any], others: "Rows") -> ColumnElement[Any]:
        """Return the list of an element for each of others, which belong to each row."""
        return gathered(element, others.found)
