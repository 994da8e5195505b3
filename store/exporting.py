"""Exporting: every record of every kind, in windows, without what is secret or internal."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, select, tuple_

from store.database import Reader
from store.fields import Field, fields_of
from store.nodes import NODES
from store.operations import operations
from store.rows import rows_of
from store.schema import metadata
from store.statements import Statement

WINDOW = 500
"""How many rows are read in one statement."""
HANDLES: Mapping[str, Collection[str]] = {"orders": ("token",)}
"""What is no secret to those who see a record, and still opens it to whoever holds it."""
_TOLD_IN = ("changes", "payload")
"""The columns in which versions and events repeat the fields of a record."""


def exported() -> list[Table]:
    """Return the tables that are exported, those first that others refer to."""
    wanted = {*NODES, operations.name}
    return [table for table in metadata.sorted_tables if table.name in wanted]


async def lines(reader: Reader, table: Table) -> AsyncIterator[dict[str, Any]]:
    """Yield what is to be shown of each row of a table, in the order of its key."""
    shown = [
        field
        for field in fields_of(table.info["record"])
        if not (field.internal or field.secret or field.name in HANDLES.get(table.name, ()))
    ]
    begin: Sequence[Any] | None = None
    while True:
        statement = _window(table, shown, placed=begin is not None)
        at = {f"at_{number}": value for number, value in enumerate(begin or ())}
        rows = await reader.rows(statement, **at)
        for row in rows:
            yield _line(table, shown, row)
        if len(rows) < WINDOW:
            return
        begin = rows[-1][len(shown) :]


def _line(table: Table, shown: Sequence[Field], row: Sequence[Any]) -> dict[str, Any]:
    rows = rows_of(table.info["record"])
    line: dict[str, Any] = {"table": table.name}
    line |= {
        field.name: rows.loaded(field.name, value) for field, value in zip(shown, row, strict=False)
    }
    hidden = HANDLES.get(line.get("resource_type", ""), ())
    for column in _TOLD_IN:
        if hidden and column in line:
            told = line[column]
            line[column] = {name: told[name] for name in told if name not in hidden}
    return line


def _window(table: Table, shown: Sequence[Field], *, placed: bool) -> Statement:
    key = list(table.primary_key)
    statement = select(*(table.c[field.name] for field in shown), *key).order_by(*key)
    if placed:
        places: list[BindParameter[Any]] = [
            bindparam(f"at_{number}", required=True) for number in range(len(key))
        ]
        statement = statement.where(tuple_(*key) > tuple_(*places))
    return Statement(statement.limit(WINDOW))
