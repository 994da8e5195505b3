"""Beside: what a listing finds with each of its items, so that no sub-select has to copy it.

A record that an item belongs to is joined. A list that belongs to an item is found as a text of its
own, and where it belongs in the item's JSON there is a mark:

    {"id": "xYZkjABcde", "order": {"number": "7", "lineItems": ["<mark>"]}}
    {"name": "Socks"},{"name": "Shoes"}
"""

from io import BytesIO
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, case

from graph.compiler.building import Building
from graph.compiler.holes import SECRET
from graph.compiler.rows import Rows
from store.building import built_list, elements, ended, word
from store.dialect import place_in
from store.lookups import Lookup
from store.scope import visible
from store.tables import is_key

MAX_JOINED = 40
"""How many records stand beside an item: SQLite joins 64 tables, and there are sub-selects too."""
_MARK = f"{SECRET} list"
_QUOTED = f'"{_MARK}"'.encode()


class Line:
    """The rows of a table that a page holds, in its order, and what is beside each."""

    def __init__(self, table: Table, page: Select[Any], building: Building) -> None:
        """`page` is asked where its rows are kept, as `place`."""
        self._building = building
        places = building.rows(page)
        self._table = building.table(table)
        here = place_in(self._table.name) == places.c.place
        self.found: FromClause = places.found.outerjoin(self._table.found, here)
        self._joined: dict[tuple[Any, str], Rows] = {}

    def items(self, lists: list[ColumnElement[str]]) -> Rows:
        """Return the page's rows; what is selected of them adds its lists to `lists`."""
        return Beside(self._table, self, lists, None)

    def joined(self, lookup: Lookup[Any], key: ColumnElement[Any]) -> Rows | None:
        """Return the one record that a key leads to, if it can be joined."""
        if lookup.where or not is_key(lookup.column):
            return None
        known = (lookup.column, str(key))
        if known not in self._joined:
            if len(self._joined) == MAX_JOINED:
                return None
            self._joined[known] = self._join(lookup, key)
        return self._joined[known]

    def _join(self, lookup: Lookup[Any], key: ColumnElement[Any]) -> Rows:
        table = lookup.column.table
        others = self._building.table(table)
        seen = visible(table, self._building.reach, lookup.column, others.c)
        here = and_(others.c[lookup.column.name] == key, seen)
        self.found = self.found.outerjoin(others.found, here)
        return others


class Beside(Rows):
    """Rows that a listing joins: what belongs to them can stand beside them too."""

    def __init__(
        self,
        rows: Rows,
        line: Line,
        lists: list[ColumnElement[str]],
        there: ColumnElement[bool] | None,
    ) -> None:
        self._rows = rows
        self._line = line
        self._lists = lists
        self._there = there
        self.found, self.name, self.c = rows.found, rows.name, rows.c

    @property
    def apart(self) -> Rows:
        """The same, but all that belongs to each row is selected below it."""
        return self._rows

    def record(self, lookup: Lookup[Any], key: str) -> Rows | None:
        """Return the record that a key of each row leads to, if it can be joined."""
        joined = self._line.joined(lookup, self.c[key])
        if joined is None:
            return None
        there = joined.c[lookup.column.name].is_not(None)
        return Beside(joined, self._line, self._lists, there)

    def listed(self, element: ColumnElement[Any], others: Rows) -> ColumnElement[Any]:
        """Return the mark of a list, which is found on a line of its own."""
        found: ColumnElement[str] = ended(elements(element, others.found))
        if self._there is not None:  # or else there is no mark
            found = case((self._there, found), else_=word(""))
        self._lists.append(found)
        return built_list(word(_MARK))


def together(items: bytes, lists: bytes) -> bytes:
    """Return the JSON of items with their lists, one on each line, in the place of the marks."""
    pieces = items.split(_QUOTED)
    whole = [b""] * (2 * len(pieces) - 1)
    whole[::2] = pieces
    whole[1::2] = [one[:-1] for one in BytesIO(lists).readlines()]
    return b"".join(whole)
