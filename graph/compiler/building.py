"""A statement in the making: what its parts have in common while they say themselves in SQL."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    TableValuedAlias,
    bindparam,
    literal_column,
)

from graph.compiler.holes import SECRET, Finisher, finisher
from graph.compiler.rows import Rows
from resolvers.cursors import Cursors
from store.building import built_list, word
from store.scope import Reach


class Building:
    """One statement: it numbers its sub-selects and collects what is to finish its answer."""

    def __init__(self, reach: Reach, shapes: Sequence[Any], cursors: Cursors) -> None:
        self.reach = reach
        self.shapes = shapes
        """What each question of the plan was asked for, as far as it makes the statement."""
        self.cursors = cursors
        self.finishers: list[Finisher] = []
        self.timed = False
        self._rows = 0

    @property
    def now(self) -> ColumnElement[str]:
        """The present."""
        self.timed = True
        return bindparam("now", required=True)

    def rows(self, found: Select[Any]) -> Rows:
        """Return rows under a name of their own."""
        self._rows += 1
        return Rows(found.subquery(f"r{self._rows}"), found.selected_columns)

    def table(self, table: Table) -> Rows:
        """Return a table, to be joined under a name of its own."""
        self._rows += 1
        return Rows(table.alias(f"r{self._rows}"), table.columns)

    def given(self, values: TableValuedAlias) -> Rows:
        """Return values that the request gave as rows under a name of their own."""
        self._rows += 1
        return Rows(values.alias(f"r{self._rows}"), values.c)

    def finished(
        self, finish: Callable[..., Any], *values: ColumnElement[Any]
    ) -> ColumnElement[Any]:
        """Return what `finish` makes of values once the statement has found them."""
        return self.hole(finisher(finish), *values)

    def hole(self, finish: Finisher, *values: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the hole that a finisher fills in."""
        number: ColumnElement[int] = literal_column(str(len(self.finishers)))
        self.finishers.append(finish)
        return built_list(word(SECRET), number, *values, word(SECRET))
