"""Pages: a window of the records that meet a condition, in any order, from either end.

A page begins where another ended, by the values of the last record and not by a count, so that
records that come and go meanwhile shift nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cmp_to_key, lru_cache
from itertools import count as counter
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from store.conditions import ALWAYS, Condition
from store.database import Reader
from store.dialect import each, one_of
from store.lookups import Lookup
from store.rows import keys_text, rows_of
from store.scope import EVERYTHING, Reach, Scope, visible
from store.statements import Query, Statement
from store.tables import columns_of, table_of, traits_of

STATEMENTS = 1000
"""How many shapes of pages are kept compiled."""


@dataclass(frozen=True, slots=True)
class Key:
    """A column to sort by. Records that hold nothing there come last, or first if descending."""

    column: str
    descending: bool = False


Order = tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Which records of a kind are wanted."""

    size: int
    order: Order
    """What to sort by; whatever that leaves equal is told apart by the table's own ties."""
    condition: Condition = ALWAYS
    backward: bool = False
    """Whether to take them from the end; they are returned in their order all the same."""
    position: tuple[Any, ...] | None = None
    """Where to begin, exclusively: what `position_of` said of a record."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page's records in their order, and whether there are more beyond it."""

    records: Sequence[Any]
    more: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a page makes its statement; the rest fills it in."""

    order: Order
    condition: Condition
    backward: bool
    placed: bool


async def page(reader: Reader, record: type, wanted: Page, scope: Scope) -> Found:
    """Return a page of all records of a kind that the scope shows."""
    query = _page(table_of(record), scope.reach, shape_of(wanted))
    parameters = scope.parameters | parameters_of(wanted)
    return _found(await reader.all(query, **parameters), wanted)


async def pages(
    reader: Reader, lookup: Lookup[Any], keys: Sequence[str], wanted: Page, scope: Scope
) -> list[Found]:
    """Return for each key the page of those records that a lookup leads to, in one statement."""
    query = _pages(lookup, scope.reach, shape_of(wanted))
    parameters = scope.parameters | parameters_of(wanted)
    records: dict[str, list[Any]] = {key: [] for key in keys}
    for found in await reader.all(query, keys=keys_text(keys), **parameters):
        records[lookup.key_of(found)].append(found)
    return [_found(records[key], wanted) for key in keys]


async def leads_anywhere(reader: Reader, lookup: Lookup[Any], key: str) -> bool:
    """Whether a lookup leads from a key to any record at all, whoever asks."""
    (found,) = await pages(reader, lookup, [key], Page(1, ()), EVERYTHING)
    return bool(found.records)


async def count(reader: Reader, record: type, condition: Condition, scope: Scope) -> int:
    """Return how many records of a kind meet a condition, of those that the scope shows."""
    statement = _count(table_of(record), scope.reach, condition)
    values = _values(condition) | scope.parameters
    return int((await reader.rows(statement, **values))[0][0])


async def counts(
    reader: Reader, lookup: Lookup[Any], keys: Sequence[str], condition: Condition, scope: Scope
) -> list[int]:
    """Return for each key how many records a lookup leads to, in one statement."""
    statement = _counts(lookup, scope.reach, condition)
    values = _values(condition) | scope.parameters
    found = dict(await reader.rows(statement, keys=keys_text(keys), **values))
    return [found.get(key, 0) for key in keys]


def joined(records: Sequence[Any], others: Sequence[Any], wanted: Page) -> Found:
    """Return a page with others put into it that belong to its list but are no rows any more.

    What it is sorted by must not be null.
    """
    if not others:
        return Found(records, more=False)
    order = with_ties(table_of(type(others[0])), wanted.order)

    def compared(one: Sequence[Any], other: Sequence[Any]) -> int:
        for key, left, right in zip(order, one, other, strict=True):
            if left != right:
                return -1 if (left < right) is (key.descending is wanted.backward) else 1
        return 0

    placed = {position_of(record, wanted.order): record for record in (*records, *others)}
    begin = wanted.position
    beyond = [place for place in placed if begin is None or compared(place, begin) > 0]
    return _found([placed[place] for place in sorted(beyond, key=cmp_to_key(compared))], wanted)


def position_of(record: object, order: Order) -> tuple[Any, ...]:
    """Return where a record stands in an order: the values it is sorted by, as they are stored."""
    kind = type(record)
    rows, keys = rows_of(kind), with_ties(table_of(kind), order)
    return tuple(rows.value(key.column, getattr(record, key.column)) for key in keys)


def with_ties(table: Table, order: Order) -> Order:
    """Return an order that leaves no two records equal, going on in its last direction."""
    descending = order[-1].descending if order else False
    named = {key.column for key in order}
    return order + tuple(Key(tie, descending) for tie in traits_of(table).ties if tie not in named)


def _found(records: list[Any], wanted: Page) -> Found:
    kept = records[: wanted.size]
    return Found(kept[::-1] if wanted.backward else kept, len(records) > wanted.size)


def shape_of(wanted: Page) -> Shape:
    """Return what of a page makes its statement."""
    placed = wanted.position is not None
    return Shape(wanted.order, wanted.condition, wanted.backward, placed)


def parameters_of(wanted: Page, prefix: str = "") -> dict[str, Any]:
    """Return what fills a page's statement in; `prefix` tells pages of one statement apart."""
    parameters = {f"{prefix}size": wanted.size + 1, **_values(wanted.condition, prefix)}
    return parameters | places_of(wanted.position or (), prefix)


def places_of(position: Sequence[Any], prefix: str = "") -> dict[str, Any]:
    """Return what of a page's parameters says where it begins."""
    places = {f"{prefix}at_{number}": value for number, value in enumerate(position)}
    return places | {
        f"{prefix}at_{number}_null": int(value is None) for number, value in enumerate(position)
    }


def _names(prefix: str = "") -> Iterator[str]:
    return (f"{prefix}value_{number}" for number in counter())


def _values(condition: Condition, prefix: str = "") -> dict[str, Any]:
    return dict(zip(_names(prefix), condition.values, strict=False))


@lru_cache(STATEMENTS)
def _page(table: Table, reach: Reach, shape: Shape) -> Query[Any]:
    record = table.info["record"]
    return Query(record, window(table, None, reach, shape, columns_of(record)), many=True)


@lru_cache(STATEMENTS)
def _pages(lookup: Lookup[Any], reach: Reach, shape: Shape) -> Query[Any]:
    """Make a window for each key: an index leads to its first rows, and the rest is never read.

    With a window function the database would number all rows of all keys first: for fifty keys
    with two thousand rows each that took 170 times as long.
    """
    table, key = lookup.column.table, each("keys")
    record, rows = table.info["record"], table.alias("rows")
    found = window(table, lookup.column, reach, shape, list(table.primary_key)).where(
        lookup.column == key.c.value, *lookup.where
    )
    identity = tuple_(*(rows.c[column.name] for column in table.primary_key))
    statement = (
        select(*(rows.c[column.name] for column in columns_of(record)))
        .select_from(key.join(rows, identity.in_(found.correlate(key))))
        .order_by(key.c.key, *sorting(table, rows.c, shape))
    )
    return Query(record, statement, many=True)


@lru_cache(STATEMENTS)
def _count(table: Table, reach: Reach, condition: Condition) -> Statement:
    return Statement(counting(table, None, reach, condition), many=True)


@lru_cache(STATEMENTS)
def _counts(lookup: Lookup[Any], reach: Reach, condition: Condition) -> Statement:
    table = lookup.column.table
    met = condition.express(table, reach, _names())
    return Statement(
        select(lookup.column, func.count())
        .where(
            one_of(lookup.column, "keys"),
            visible(table, reach, lookup.column),
            met,
            *lookup.where,
        )
        .group_by(lookup.column),
        many=True,
    )


def counting(
    table: Table,
    named_by: Column[Any] | None,
    reach: Reach,
    condition: Condition,
    prefix: str = "",
) -> Select[Any]:
    """Return the question how many rows meet a condition, of those that a scope shows."""
    met = condition.express(table, reach, _names(prefix))
    return select(func.count()).select_from(table).where(visible(table, reach, named_by), met)


def window(  # noqa: PLR0917  (the last one only where a statement has several windows)
    table: Table,
    named_by: Column[Any] | None,
    reach: Reach,
    shape: Shape,
    columns: Sequence[ColumnElement[Any]],
    prefix: str = "",
) -> Select[Any]:
    """Return the question for a page's rows and one more, in the direction of reading."""
    met = shape.condition.express(table, reach, _names(prefix))
    found = select(*columns)
    if shape.placed:
        # Before the condition: of two bounds on one column SQLite begins at the one named first
        found = found.where(_beyond(table, shape, prefix))
    found = found.where(visible(table, reach, named_by), met)
    size: BindParameter[int] = bindparam(f"{prefix}size", required=True)
    return found.order_by(*sorting(table, table.c, shape)).limit(size)


def sorting(table: Table, columns: Any, shape: Shape) -> Iterator[ColumnElement[Any]]:
    """Yield what rows of a table are sorted by, in the direction of reading.

    `columns` holds the table's columns by their names, under whichever name it goes.
    """
    for key in with_ties(table, shape.order):
        down = key.descending is not shape.backward
        column = columns[key.column]
        terms = [column.is_(None), column] if table.c[key.column].nullable else [column]
        yield from (term.desc() if down else term.asc() for term in terms)


def _beyond(table: Table, shape: Shape, prefix: str) -> ColumnElement[bool]:
    """Return the condition that a row comes after the position, in the direction of reading."""
    rows: list[ColumnElement[Any]] = []
    places: list[ColumnElement[Any]] = []
    downs: list[bool] = []
    for number, key in enumerate(with_ties(table, shape.order)):
        column = table.c[key.column]
        place: BindParameter[Any] = bindparam(f"{prefix}at_{number}", required=True)
        terms: list[tuple[ColumnElement[Any], ColumnElement[Any]]] = [(column, place)]
        if column.nullable:
            nothing = literal("" if isinstance(column.type, Text) else 0)
            null: BindParameter[int] = bindparam(f"{prefix}at_{number}_null", required=True)
            filled = (func.coalesce(column, nothing), func.coalesce(place, nothing))
            terms = [(column.is_(None), null), filled]
        rows += [row for row, _ in terms]
        places += [at for _, at in terms]
        downs += [key.descending is not shape.backward] * len(terms)
    if len(set(downs)) == 1:
        # Compared as a whole, an index that is sorted alike leads straight to the place
        return tuple_(*rows) < tuple_(*places) if downs[0] else tuple_(*rows) > tuple_(*places)
    return or_(
        *(
            and_(
                *(row == at for row, at in zip(rows[:step], places[:step], strict=True)),
                rows[step] < places[step] if down else rows[step] > places[step],
            )
            for step, down in enumerate(downs)
        )
    )
