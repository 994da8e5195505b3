"""Envelopes: every sealed value in the store, wherever a record declares one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Table,
    bindparam,
    case,
    func,
    select,
    tuple_,
    update,
)

from store.database import Reader, Transaction
from store.dialect import key_id
from store.fields import fields_of
from store.schema import metadata
from store.statements import Statement

WINDOW = 200
"""How many rows are looked at in one statement, so that none takes long."""


@dataclass(frozen=True, slots=True)
class Place:
    """A column that holds envelopes, and the columns whose values each is bound to."""

    table: Table
    column: Column[Any]
    bound_to: tuple[Column[Any], ...]

    @property
    def name(self) -> str:
        """What a person calls it: `klarna_gateways.credentials`."""
        return f"{self.table.name}.{self.column.name}"

    @property
    def key(self) -> list[Column[Any]]:
        """The columns that tell its rows apart."""
        return list(self.table.primary_key)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One sealed value, and where it is."""

    place: Place
    key: tuple[Any, ...]
    owner: str
    """What it is bound to, as it was when it was sealed."""
    text: str


@dataclass(frozen=True, slots=True)
class Window:
    """Some rows of a place, in the order of their keys."""

    stale: list[Envelope]
    """Those that another than the newest key has sealed."""
    last: tuple[Any, ...] | None
    """Where the next window begins; None after the last row."""


@cache
def places() -> tuple[Place, ...]:
    """Return all places that envelopes are kept in."""
    return tuple(_places())


def _places() -> Iterator[Place]:
    for table in metadata.sorted_tables:
        for field in fields_of(table.info["record"]):
            if field.sealed is not None:
                bound_to = tuple(table.c[name] for name in field.sealed.bound_to)
                yield Place(table, table.c[field.name], bound_to)


async def key_ids(reader: Reader, place: Place) -> Counter[str]:
    """Return how many envelopes of a place each key has sealed, by the keys' ids."""
    return Counter(dict(await reader.rows(_counting(place))))


async def window(
    reader: Reader, place: Place, newest: str, begin: tuple[Any, ...] | None
) -> Window:
    """Return a window of a place's rows; `newest` is what the newest key's envelopes begin with."""
    at = {f"at_{number}": value for number, value in enumerate(begin or ())}
    rows = await reader.rows(
        _windowed(place, placed=begin is not None), newest=newest, length=len(newest), **at
    )
    size = len(place.key)
    stale = [
        Envelope(place, tuple(row[:size]), " ".join(row[size:-1]), row[-1])
        for row in rows
        if row[-1] is not None
    ]
    return Window(stale, tuple(rows[-1][:size]) if len(rows) == WINDOW else None)


async def replace(transaction: Transaction, envelope: Envelope, text: str) -> bool:
    """Put another envelope in the place of one, unless it is not there any more; say which.

    That is no change of the record: what it says is the same, and only its seal is another.
    """
    identity = {f"at_{number}": value for number, value in enumerate(envelope.key)}
    values = {"old": envelope.text, "new": text}
    return await transaction.run(_replacing(envelope.place), **identity, **values) == 1


@cache
def _counting(place: Place) -> Statement:
    found = key_id(place.column).label("key_id")
    counted = select(found, func.count()).where(place.column.is_not(None))
    return Statement(counted.group_by(found).order_by(found), many=True)


@cache
def _windowed(place: Place, *, placed: bool) -> Statement:
    newest: BindParameter[str] = bindparam("newest", required=True)
    length: BindParameter[int] = bindparam("length", required=True)
    fresh = func.substr(place.column, 1, length) == newest
    stale = case((fresh, None), else_=place.column)
    statement = select(*place.key, *place.bound_to, stale).order_by(*place.key).limit(WINDOW)
    if placed:
        statement = statement.where(tuple_(*place.key) > tuple_(*_at(place)))
    return Statement(statement, many=True)


@cache
def _replacing(place: Place) -> Statement:
    same: list[ColumnElement[bool]] = [
        column == at for column, at in zip(place.key, _at(place), strict=True)
    ]
    same.append(place.column == bindparam("old", required=True))
    return Statement(update(place.table).where(*same).values({place.column.name: bindparam("new")}))


def _at(place: Place) -> list[BindParameter[Any]]:
    return [bindparam(f"at_{number}", required=True) for number in range(len(place.key))]
