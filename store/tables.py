"""Tables derived from records, and the way of values between the two."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    DDL,
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.sql.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from store.fields import Field, fields_of
from store.instants import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of the gateway, by name."""

_INTEGER = BigInteger().with_variant(Integer, "sqlite")
_TYPES: dict[Any, TypeEngine[Any]] = {
    str: Text(),
    int: _INTEGER,
    bool: Boolean().with_variant(Integer, "sqlite"),
    float: REAL().with_variant(Double, "postgresql"),
}
_TABLES: dict[type, Table] = {}
_INT = "BETWEEN -2147483648 AND 2147483647"


@dataclass(frozen=True, slots=True)
class States:
    """A column whose value may change along certain paths only; every UPDATE enforces them."""

    column: str
    predecessors: Mapping[str, Collection[str]]
    """Each state with those that it may follow."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a table is beyond its columns."""

    owner: str | None = None
    """The column that holds the id of the order a row belongs to: who sees that sees the row."""
    states: States | None = None
    """The column that may change along certain paths only."""
    computed: Mapping[str, Callable[[Any, Instant], Any]] = field(default_factory=dict)
    """The columns that time changes: for each the condition that it is a word at a time."""
    named_by: str | None = None
    """The column that says what kind of resource a row is, where the table holds several."""
    ties: tuple[str, ...] = ("id",)
    """The columns that tell rows apart which an order leaves equal."""


def derive(
    name: str,
    record: type,
    *extra: SchemaItem,
    traits: Traits | None = None,
    key: Sequence[str] = ("id",),
    clustered: bool = False,
) -> Table:
    """Make the table that holds `record`s.

    Constraints say what the types promise: no NULL where the record has no `None`, enumerated
    words only, and 32 bits for every integer that GraphQL shows as `Int`. A `clustered` table
    keeps its rows in the order of `key`, so that the children of one parent lie side by side.
    """
    fields = fields_of(record)
    checks = [check for one in fields for check in _checks(one)]
    identity = [UniqueConstraint("id")] if tuple(key) != ("id",) and _has(fields, "id") else []
    table = _TABLES[record] = Table(
        name,
        metadata,
        *(_column(one) for one in _stored(fields, key, clustered=clustered)),
        PrimaryKeyConstraint(*key),
        *identity,
        *checks,
        *extra,
        info={"record": record, "traits": traits or Traits()},
        sqlite_strict=True,
        sqlite_with_rowid=not clustered,
    )
    return table


def table_of(record: type) -> Table:
    """Return the table that holds a kind of record."""
    return _TABLES[record]


def record_of_table(name: str) -> type:
    """Return the kind of record that a table holds."""
    record: type = metadata.tables[name].info["record"]
    return record


def resource_type(record: object) -> str:
    """Return what kind of resource a record is: `klarna_payments`, `captures`."""
    table = table_of(type(record))
    named_by = traits_of(table).named_by
    # As text and nothing more: drivers look long at what is not quite text, as names in SQL are
    return str(table.name if named_by is None else getattr(record, named_by))


def resource_types(table: Table) -> list[str]:
    """Return the kinds of resource that a table holds."""
    named_by = traits_of(table).named_by
    if named_by is None:
        return [table.name]
    (kinds,) = (one.type for one in fields_of(table.info["record"]) if one.name == named_by)
    return [str(kind) for kind in kinds]


def is_key(column: Column[Any]) -> bool:
    """Whether no two rows of a table can have the same value in a column."""
    keys = (
        one
        for one in column.table.constraints
        if isinstance(one, PrimaryKeyConstraint | UniqueConstraint)
    )
    return any(list(key.columns) == [column] for key in keys)


def traits_of(table: Table) -> Traits:
    """Return what a table is beyond its columns."""
    traits: Traits = table.info["traits"]
    return traits


def columns_of(record: type) -> list[Column[Any]]:
    """Return the columns of a kind of record, in the order of its fields."""
    table = table_of(record)
    return [table.c[field.name] for field in fields_of(record)]


def _stored(fields: Sequence[Field], key: Sequence[str], *, clustered: bool) -> Sequence[Field]:
    """Return the fields in the order of the table's columns.

    A clustered table begins with its key: otherwise SQLite's integrity check (seen in 3.40) takes
    one column for another and reports NULLs that are not there.
    """
    if not clustered:
        return fields
    first = {name: place for place, name in enumerate(key)}
    return sorted(fields, key=lambda field: first.get(field.name, len(key)))


def _has(fields: Sequence[Field], name: str) -> bool:
    return any(field.name == name for field in fields)


def _column(field: Field) -> Column[Any]:
    key = field.references
    references = [ForeignKey(f"{key.table}.id")] if key and key.enforced else []
    return Column(field.name, _type(field), *references, nullable=field.optional)


def _type(field: Field) -> TypeEngine[Any]:
    if field.is_json or field.is_enum:
        return _TYPES[str]
    return _TYPES[getattr(field.type, "__supertype__", field.type)]


def _checks(field: Field) -> list[CheckConstraint]:
    if field.is_enum:
        words = ", ".join(f"'{word.value}'" for word in field.type)
        return [CheckConstraint(f"{field.name} IN ({words})", name=field.name)]
    if field.type is bool:
        check = CheckConstraint(f"{field.name} IN (0, 1)", name=field.name)
        return [check.ddl_if(dialect="sqlite")]
    if field.is_json:
        absent = f"{field.name} IS NULL OR " if field.optional else ""
        check = CheckConstraint(f"{absent}json_valid({field.name})", name=field.name)
        return [check.ddl_if(dialect="sqlite")]
    if field.type is int and not field.internal:
        return [CheckConstraint(f"{field.name} {_INT}", name=field.name)]
    return []


def append_only(table: Table) -> Table:
    """Let a table grow only: triggers refuse UPDATE and DELETE."""
    for action in ("UPDATE", "DELETE"):
        event.listen(table, "after_create", refusing_trigger(table.name, action))
    return table


def refusing_trigger(table: str, action: str) -> DDL:
    """Return the trigger by which SQLite refuses an action on a table's rows."""
    return DDL(  # type: ignore[no-untyped-call]
        f"CREATE TRIGGER {table}_refuse_{action.lower()} BEFORE {action} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
    ).execute_if(dialect="sqlite")
