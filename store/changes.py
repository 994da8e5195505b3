"""The one way to write: a row, its version and its event, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import orjson
from sqlalchemy import ColumnElement, Table, bindparam, delete, insert, literal, update

from store.database import Transaction
from store.events import event_id, event_stores
from store.fields import Field, Json, fields_of
from store.ids import NewId, in_letters
from store.instants import Instant
from store.records import replaced
from store.resources import Resource
from store.rows import json_text, rows_of
from store.statements import Statement
from store.tables import resource_type, table_of, traits_of
from store.versions import versions

R = TypeVar("R", bound=Resource)

_COUNTED = frozenset({"updated_at", "revision"})
"""What counts the changes of a record, and is none."""
REDACTED = "[redacted]"
"""What the log shows in place of a secret."""


class Outdated(Exception):
    """The row was not as it had been read, or its state may not follow the one it was in."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change under way: its transaction, who makes it, when, and where new ids come from."""

    transaction: Transaction
    who: Json
    at: Instant
    new_id: NewId

    async def save(self, before: R | None, after: R | None, event: str) -> R:
        """Write one record's change with its version and its event, and return the record.

        `before` is None for a new record, `after` is None for one to be deleted. `event` says in
        the past tense what happened. Nothing is written where nothing differs.
        Raises Outdated when the row is no longer as `before` says.
        """
        if before is None and after is not None:
            written = replaced(after, created_at=self.at, updated_at=self.at, revision=1)
            await self.transaction.run(_insertion(table_of(type(written))), **_values(written))
            await self._log(written, differences(None, written), "create", event)
            return written
        if before is not None and after is None:
            await self._one_row(
                _deletion(table_of(type(before))), _id=before.id, _revision=before.revision
            )
            gone = replaced(before, updated_at=self.at, revision=before.revision + 1)
            await self._log(gone, differences(before, None), "delete", event)
            return gone
        assert before is not None  # noqa: S101  (one of the two is given)
        assert after is not None  # noqa: S101  (likewise)
        written = replaced(after, updated_at=self.at, revision=before.revision + 1)
        changed = _differing(before, written)
        if all(field.name in _COUNTED for field in changed):
            return before
        await self._update(before, written, changed)
        await self._log(written, _told_of(changed, before, written), "update", event)
        return written

    async def note(self, record: Resource, event: str, payload: Json) -> None:
        """Write down that something happened to a record without changing it."""
        position = self.transaction.position(self.at)
        await self._note(record, event, payload, position, self._known_of(record))

    async def _note(
        self, record: Resource, event: str, payload: Json, position: int, known: dict[str, str]
    ) -> None:
        order_id = _order_of(record)
        if order_id is not None:
            self.transaction.concerns(order_id)
        await self.transaction.run(
            _INSERT_EVENT,
            id=event_id(position),
            position=position,
            event=event,
            payload=json_text(payload),
            **known,
        )

    async def _update(self, before: R, after: R, changed: Sequence[Field]) -> None:
        rows = rows_of(type(after))
        new = {field.name: rows.value(field.name, getattr(after, field.name)) for field in changed}
        table = table_of(type(after))
        states = traits_of(table).states
        await self._one_row(
            _updating(table, tuple(new), new.get(states.column) if states else None),
            _id=before.id,
            _revision=before.revision,
            **{f"new_{name}": value for name, value in new.items()},
        )

    async def _one_row(self, statement: Statement, **parameters: object) -> None:
        if await self.transaction.run(statement, **parameters) != 1:
            raise Outdated

    async def _log(
        self, record: Resource, changes: dict[str, tuple[Any, Any]], action: str, event: str
    ) -> None:
        position, known = self.transaction.position(self.at), self._known_of(record)
        await self.transaction.run(
            _INSERT_VERSION,
            # Added at the end of its index: a random one would change a page of it, somewhere
            id=in_letters(position),
            revision=record.revision,
            event=action,
            changes=json_text(changes),
            **known,
        )
        payload = {name: {"from": old, "to": new} for name, (old, new) in changes.items()}
        await self._note(record, event, payload, position, known)

    def _known_of(self, record: Resource) -> dict[str, str]:
        """Return what both the version and the event of a change say, as they are stored."""
        return {
            "mode": str(record.mode),
            "resource_type": resource_type(record),
            "resource_id": record.id,
            "who": json_text(self.who),
            "created_at": self.at,
        }


def _order_of(record: Resource) -> str | None:
    """Return the id of the order that a record is, or belongs to; None if it is of no order."""
    if resource_type(record) == "orders":
        return record.id
    found: str | None = getattr(record, "order_id", None)
    return found


def differences(before: Resource | None, after: Resource | None) -> dict[str, tuple[Any, Any]]:
    """Return the attributes that differ, with their old and new values and secrets redacted."""
    return _told_of(_differing(before, after), before, after)


def _told_of(
    differing: Sequence[Field], before: Resource | None, after: Resource | None
) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for field in differing:
        old, new = getattr(before, field.name, None), getattr(after, field.name, None)
        if field.internal:
            continue
        if field.secret:
            old, new = old and REDACTED, new and REDACTED
        found[field.name] = (old, new)
    return found


def _differing(before: Resource | None, after: Resource | None) -> list[Field]:
    """Return the fields that are not the same in two records, one of which may not be there."""
    record = before or after
    if record is None:
        return []
    fields, rows = fields_of(type(record)), rows_of(type(record))
    nothing = (None,) * len(fields)
    old, new = (nothing if one is None else rows.get(one) for one in (before, after))
    return [
        field
        for field, one, other in zip(fields, old, new, strict=True)
        if one is not other and not same(one, other)
    ]


def same(one: object, other: object) -> bool:
    """Whether two values, or records, are one as JSON: Python takes 1 for True."""
    return one is other or _told(one) == _told(other)


def _told(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


_INSERT_VERSION = Statement(insert(versions))
_INSERT_EVENT = Statement(insert(event_stores))


def _values(record: Resource) -> dict[str, Any]:
    return rows_of(type(record)).values(record)


@cache
def _insertion(table: Table) -> Statement:
    return Statement(insert(table))


@cache
def _deletion(table: Table) -> Statement:
    return Statement(delete(table).where(*_as_read(table)))


@cache
def _updating(table: Table, names: tuple[str, ...], state: str | None) -> Statement:
    """Return the UPDATE of some columns, into a `state` only from those that it may follow."""
    statement = update(table).where(*_as_read(table))
    states = traits_of(table).states
    if states is not None and state is not None:
        legal = [literal(word) for word in sorted(states.predecessors[state])]
        statement = statement.where(table.c[states.column].in_(legal))
    return Statement(statement.values({name: bindparam(f"new_{name}") for name in names}))


def _as_read(table: Table) -> tuple[ColumnElement[bool], ...]:
    return table.c.id == bindparam("_id"), table.c.revision == bindparam("_revision")
