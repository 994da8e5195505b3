"""Rows: a sub-select under a name, and its columns by that name for all that is inside it.

SQLAlchemy would make a column of its own for each column of each sub-select, with all that a
table's column has, which takes most of a compilation. A name and a type are enough here.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, literal_column


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
    """What a sub-select finds."""

    def __init__(self, found: Any, columns: Iterable[Any]) -> None:
        self.found: FromClause = found
        """The sub-select, to select from."""
        self.c = Columns(found.name, columns)
