"""History: records as they were, put together from the versions they left behind."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, bindparam, literal, select

from store.database import Reader
from store.dialect import one_of, was
from store.fields import Field, fields_of
from store.instants import Instant
from store.lookups import Lookup
from store.rows import keys_text
from store.scope import Reach, Scope, visible
from store.statements import Query, Statement
from store.tables import columns_of, resource_types, table_of
from store.versions import Version, versions

R = TypeVar("R")


async def records_at(
    reader: Reader, record: type[R], ids: Sequence[str], at: Instant, scope: Scope
) -> dict[str, R]:
    """Return the records that were there at a time, as they were, by their ids.

    What is secret or internal is not in the versions: texts of it read `[redacted]` or are empty.
    """
    found: dict[str, list[Version]] = {}
    query = _until(table_of(record), scope.reach)
    for version in await reader.all(query, keys=keys_text(ids), until=at, **scope.parameters):
        found.setdefault(version.resource_id, []).append(version)
    rebuilt = {key: rebuild(record, told) for key, told in found.items()}
    return {key: one for key, one in rebuilt.items() if one is not None}


async def deleted_ids(
    reader: Reader, lookup: Lookup[Any], keys: Sequence[str], at: Instant, scope: Scope
) -> list[str]:
    """Return the ids of the records that a lookup led to, and that were deleted after a time."""
    statement = _deleted(lookup.column.table, lookup.column.name, scope.reach)
    rows = await reader.rows(statement, keys=keys_text(keys), after=at, **scope.parameters)
    return [found for (found,) in rows]


def rebuild(record: type[R], told: Iterable[Version]) -> R | None:
    """Put a record together from its versions, oldest first; None if it was deleted by then."""
    attributes: dict[str, Any] = {}
    revision = 0
    for version in told:
        revision = version.revision
        if version.event == "delete":
            return None
        attributes |= {name: new for name, (_, new) in version.changes.items()}
    values = {field.name: _value(field, attributes) for field in fields_of(record)}
    return record(**values | {"revision": revision})


def _value(field: Field, attributes: dict[str, Any]) -> Any:
    value = attributes.get(field.name)
    if value is None and not field.optional:
        return {} if field.is_json else 0 if field.type is int else ""
    return field.type(value) if field.is_enum and value is not None else value


@cache
def _until(table: Table, reach: Reach) -> Query[Version]:
    return Query(
        Version,
        select(*columns_of(Version))
        .where(
            one_of(versions.c.resource_id, "keys"),
            _of_kind(table),
            versions.c.created_at <= bindparam("until", required=True),
            visible(versions, reach, versions.c.resource_id),
        )
        .order_by(versions.c.resource_id, versions.c.revision),
        many=True,
    )


@cache
def _deleted(table: Table, column: str, reach: Reach) -> Statement:
    return Statement(
        select(versions.c.resource_id).where(
            versions.c.event == "delete",
            _of_kind(table),
            versions.c.created_at > bindparam("after", required=True),
            one_of(was(versions.c.changes, column), "keys"),
            visible(versions, reach, versions.c.resource_id),
        ),
        many=True,
    )


def _of_kind(table: Table) -> ColumnElement[bool]:
    return versions.c.resource_type.in_([literal(kind) for kind in resource_types(table)])
