"""Conditions on rows, as data: their shape makes a statement once, their values fill it in.

A comparison with a column that is NULL is not met; `negated` turns exactly that around, so that
every row meets either a condition or its negation.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from store.dialect import has_key, holds, one_of
from store.lookups import Lookup
from store.scope import Reach, visible

Comparison = Callable[[ColumnElement[Any], str], ColumnElement[bool]]


def _with(match: Callable[[Any, Any], Any]) -> Comparison:
    return lambda column, name: match(column, bindparam(name, required=True))


def _not_in(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    # SQL takes even NULL to be missing from an empty list
    return column.is_not(None) & not_(one_of(column, name))


def _ends_with(column: ColumnElement[str], value: ColumnElement[str]) -> ColumnElement[bool]:
    return func.substr(column, func.length(column) - func.length(value) + 1) == value


COMPARISONS: Mapping[str, Comparison] = {
    "eq": _with(operator.eq),
    "not_eq": _with(operator.ne),
    "lt": _with(operator.lt),
    "lte": _with(operator.le),
    "gt": _with(operator.gt),
    "gte": _with(operator.ge),
    "in": one_of,
    "not_in": _not_in,
    "starts_with": _with(lambda column, value: func.substr(column, 1, func.length(value)) == value),
    "ends_with": _with(_ends_with),
    "contains": _with(lambda column, value: func.instr(column, value) > 0),
    "holds": holds,
    "has_key": has_key,
}
"""How a column may be compared with a value that is in the form in which it is stored."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What rows must meet: a comparison, or others put together.

    Two that are equal make the same statement: values do not count.
    """

    kind: str
    """One of COMPARISONS, `is_null`, `all`, `any`, `not` or `through`."""
    column: str = ""
    value: Any = field(default=None, compare=False)
    """What a comparison compares with."""
    inner: tuple["Condition", ...] = ()
    lookup: Lookup[Any] | None = None
    """Where `through` leads from the column."""

    @property
    def values(self) -> Iterator[Any]:
        """What fills the statement in."""
        if self.kind in COMPARISONS:
            yield self.value
        for condition in self.inner:
            yield from condition.values

    def express(self, table: Table, reach: Reach, names: Iterator[str]) -> ColumnElement[bool]:
        """Return the condition in SQL, its parameters named in the order of its values."""
        if self.kind in COMPARISONS:
            return COMPARISONS[self.kind](table.c[self.column], next(names))
        if self.kind == "is_null":
            return table.c[self.column].is_(None)
        if self.lookup is not None:
            return self._through(self.lookup, table, reach, names)
        inner = [condition.express(table, reach, names) for condition in self.inner]
        if self.kind == "not":
            # A comparison with NULL is unknown to SQL, and so would be its negation
            return not_(func.coalesce(and_(*inner), false()))
        return and_(true(), *inner) if self.kind == "all" else or_(false(), *inner)

    def _through(
        self, lookup: Lookup[Any], table: Table, reach: Reach, names: Iterator[str]
    ) -> ColumnElement[bool]:
        other = lookup.column.table
        related = select(lookup.column).where(
            visible(other, reach, lookup.column),
            *lookup.where,
            *(condition.express(other, reach, names) for condition in self.inner),
        )
        return table.c[self.column].in_(related)


ALWAYS = Condition("all")
"""What every row meets."""


def compare(kind: str, column: str, value: Any) -> Condition:
    """Return the comparison of a column with a value as it is stored."""
    return Condition(kind, column, value)


def every(*conditions: Condition) -> Condition:
    """Return the condition that all of these are met."""
    return conditions[0] if len(conditions) == 1 else Condition("all", inner=conditions)


def either(*conditions: Condition) -> Condition:
    """Return the condition that one of these is met."""
    return conditions[0] if len(conditions) == 1 else Condition("any", inner=conditions)


def negated(condition: Condition) -> Condition:
    """Return the condition that this one is not met."""
    return Condition("not", inner=(condition,))


def is_null(column: str, *, null: bool) -> Condition:
    """Return the condition that a column holds nothing, or something."""
    absent = Condition("is_null", column)
    return absent if null else negated(absent)


def through(column: str, lookup: Lookup[Any], condition: Condition) -> Condition:
    """Return the condition that a record to which a column leads meets a condition."""
    return Condition("through", column, inner=(condition,), lookup=lookup)
