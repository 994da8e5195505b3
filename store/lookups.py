"""Lookups: the records whose column is among some keys, as a scope shows them."""

from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar, cast

from sqlalchemy import Column, ColumnElement, bindparam, select

from store.database import Reader
from store.dialect import one_of
from store.rows import keys_text
from store.scope import EVERYTHING, Reach, Scope, visible
from store.statements import Query
from store.tables import columns_of

R_co = TypeVar("R_co", covariant=True)


class Finder(Protocol):
    """Answers lookups for a reader, several of them in one statement."""

    async def find(self, lookup: "Lookup[Any]", keys: Sequence[str], scope: Scope) -> Sequence[Any]:
        """Return the records that have one of these keys and that the scope shows."""


class Lookup(Generic[R_co]):
    """Finds records by one column, for any number of keys in one statement.

    Declared beside the table and called as a function: `payments_by_id(reader, ids, scope)`.
    """

    def __init__(
        self,
        record: type[R_co],
        column: Column[str],
        *,
        where: Sequence[ColumnElement[bool]] = (),
        order_by: Sequence[Column[Any]] = (),
    ) -> None:
        self.record = record
        self.column = column
        self.where = where
        self.order_by = order_by
        self._of_one = self._queries(column == bindparam("key", required=True))
        self._of_many = self._queries(one_of(column, "keys"))

    def _queries(self, matching: ColumnElement[bool]) -> dict[Reach, Query[R_co]]:
        columns, table = columns_of(self.record), self.column.table
        found = select(*columns).where(matching, *self.where).order_by(*self.order_by)
        return {
            reach: Query(self.record, found.where(visible(table, reach, self.column)))
            for reach in Reach
        }

    async def __call__(
        self, reader: Reader | Finder, keys: Sequence[str], scope: Scope
    ) -> Sequence[R_co]:
        """Return the records that have one of these keys and that the scope shows."""
        find = getattr(reader, "find", None)  # asking whether it is a Finder takes ten times longer
        if find is not None:
            found: Sequence[R_co] = await find(self, keys, scope)
            return found
        asked = cast("Reader", reader)
        if len(keys) == 1:  # a list costs as much as finding the record does
            return await asked.all(self._of_one[scope.reach], key=keys[0], **scope.parameters)
        return await asked.all(self._of_many[scope.reach], keys=keys_text(keys), **scope.parameters)

    async def one(self, reader: Reader | Finder, key: str, scope: Scope) -> R_co | None:
        """Return the first record that has this key, or None."""
        return next(iter(await self(reader, [key], scope)), None)

    async def known(self, reader: Reader | Finder, key: str) -> R_co:
        """Return the record that a row refers to, whoever asks: the database keeps it there."""
        record = await self.one(reader, key, EVERYTHING)
        if record is None:
            raise LookupError(f"There is no {self.column} {key}.")
        return record

    def key_of(self, record: object) -> str:
        """Return the key that a record was found by."""
        key: str = getattr(record, self.column.name)
        return key
