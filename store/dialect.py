"""Where the engines' SQL differs: each difference is one function here."""

from typing import Any

import orjson
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    TableValuedAlias,
    bindparam,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class one_of(ColumnElement[bool]):  # noqa: N801  (reads as the operator it is)
    """`column` is among the ids of the parameter `name`, a JSON array however long.

    One text for any number of ids, so that it is compiled and counted once.
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.ids: BindParameter[str] = bindparam(name, required=True)


@compiles(one_of, "sqlite")
def _sqlite_one_of(element: one_of, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    ids = compiler.process(element.ids, **options)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608  (compiled parts)


def place_in(name: str) -> ColumnElement[int]:
    """Return where a row of a table, or of its alias, is kept: by this it is found soonest.

    A clustered table has no such place.
    """
    return literal_column(f"{name}.rowid", type_=Integer())


def each(name: str) -> TableValuedAlias:
    """Return the ids of the parameter `name` as rows: `value`, and `key` in their order."""
    ids: BindParameter[str] = bindparam(name, required=True)
    return func.json_each(ids).table_valued("key", "value", name="each")


def has_key(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that the JSON of a column has the key of the parameter `name`."""
    keys = func.json_each(column).table_valued("key")
    return select(keys.c.key).where(keys.c.key == bindparam(name, required=True)).exists()


def was(changes: ColumnElement[Any], attribute: str) -> ColumnElement[Any]:
    """Return what an attribute was before the change that a version's `changes` tell of."""
    return func.json_extract(changes, literal(f'$."{attribute}"[0]'))


def key_id(envelope: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the id of the key that sealed an envelope: what stands between its first two dots."""
    rest = func.substr(envelope, func.instr(envelope, ".") + 1)
    return func.substr(rest, 1, func.instr(rest, ".") - 1)


class holds(ColumnElement[bool]):  # noqa: N801  (likewise)
    """The JSON of `column` holds all that the JSON of the parameter `name` says, at any depth."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.wanted: BindParameter[str] = bindparam(name, required=True)


@compiles(holds, "sqlite")
def _sqlite_holds(element: holds, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    wanted = compiler.process(element.wanted, **options)
    return f"json_holds({column}, {wanted})"


def json_holds(stored: str | None, wanted: str) -> bool | None:
    """Say whether stored JSON holds wanted JSON: SQLite's stand-in for PostgreSQL's `@>`."""
    return None if stored is None else _holds(orjson.loads(stored), orjson.loads(wanted))


def _holds(stored: object, wanted: object) -> bool:
    if isinstance(wanted, dict):
        return isinstance(stored, dict) and all(
            key in stored and _holds(stored[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(stored, list) and all(
            any(_holds(one, value) for one in stored) for value in wanted
        )
    # Python takes 1 for True; JSON does not
    return isinstance(stored, bool) is isinstance(wanted, bool) and stored == wanted
