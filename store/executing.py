"""Executing statements on a connection of SQLite's, on the connection's own thread."""

import sqlite3
from contextlib import closing
from typing import Any

from sqlalchemy.dialects import sqlite

from store.database import StoreUnavailable
from store.statements import Statement

DIALECT = sqlite.dialect(paramstyle="named")
_BUGS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError)


def execute(
    connection: sqlite3.Connection | sqlite3.Cursor,
    statement: Statement,
    parameters: dict[str, Any],
) -> sqlite3.Cursor:
    """Execute a statement, on the connection's own thread."""
    text = statement.text(DIALECT)
    constants = text.constants
    return connection.execute(text.sql, constants | parameters if constants else parameters)


def unavailable(error: Exception) -> Exception:
    """Return the store's own exception for an engine that failed, and any other as it is."""
    if not isinstance(error, sqlite3.DatabaseError) or isinstance(error, _BUGS):
        return error
    refused = StoreUnavailable(str(error))
    refused.__cause__ = error
    return refused


def parses(sql: str) -> bool:
    """Whether SQLite can parse a statement at all: before 3.46 its parser nests a hundred deep."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(f"EXPLAIN {sql}")
        except sqlite3.OperationalError as error:
            return "stack overflow" not in str(error)  # that there is no such table comes later
        except sqlite3.ProgrammingError:
            return True  # nothing is bound
    return True


def settle(statement: Statement) -> str:
    """Compile a statement for SQLite before it is executed, and return its text."""
    return statement.settle(DIALECT)
