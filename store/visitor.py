"""Visiting a database file: reading it beside whoever owns it, and changing nothing."""

import asyncio
import math
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote

from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from store.answers import Answers
from store.carrier import Carrier
from store.database import Question, StoreUnavailable
from store.dialect import json_holds
from store.locking import StoreUnusable
from store.migrate import config_of
from store.statements import Query, Statement
from store.worker import Worker

R = TypeVar("R")

PATIENCE = 5000
"""How many milliseconds to wait for whoever holds the file."""
_VERSION = Statement(text("SELECT version_num FROM alembic_version"))
_STAND_STILL = Statement(text("BEGIN"))
_CHECK = Statement(text("PRAGMA quick_check(10)"))
_SOUND = "ok"


class Visitor:
    """A database file that somebody else may have open, and write to, at the same time."""

    def __init__(self, path: Path, reader: Carrier[Question]) -> None:
        self.path = path
        self._reader = reader

    async def all(self, query: Query[R], **parameters: object) -> list[R]:
        """Return the records that a query finds."""
        return query.records(await self.rows(query, **parameters))

    async def rows(self, statement: Statement, **parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement whose rows are not records."""
        return cast("list[tuple[Any, ...]]", await self._reader.send((statement, parameters)))

    async def stand_still(self) -> None:
        """See the file from now on as it is at this moment, whatever is written meanwhile.

        Its write-ahead log grows until the visit ends.
        """
        await self.rows(_STAND_STILL)
        await self.rows(_VERSION)  # what is seen is decided by the first question

    async def damages(self) -> list[str]:
        """Return what SQLite finds wrong with the file, ten things at the most."""
        found = [str(row[0]) for row in await self.rows(_CHECK)]
        return [damage for damage in found if damage != _SOUND]

    async def version(self) -> str:
        """Return the version of the schema that the file has. Raises StoreUnusable."""
        try:
            rows = await self.rows(_VERSION)
        except StoreUnavailable as error:
            raise _unusable(self.path, error) from error
        return str(rows[0][0]) if rows else ""

    async def must_be_current(self) -> None:
        """Raise StoreUnusable if this program cannot read the file's schema."""
        has, wanted = await self.version(), newest_version()
        if has < wanted:
            raise StoreUnusable(
                f"{self.path} has the schema {has}, and {wanted} is the newest: run "
                "`klarna-graph migrate`, which `klarna-graph serve` does by itself."
            )
        if has > wanted:
            raise StoreUnusable(
                f"{self.path} has a schema that this version does not know: run a newer "
                "klarna-graph."
            )

    def free(self) -> int:
        """Return how many bytes are free on the disk that the file is on."""
        return shutil.disk_usage(self.path.resolve().parent).free


@asynccontextmanager
async def visiting(path: Path) -> AsyncIterator[Visitor]:
    """Open a database file for reading until the context ends. Raises StoreUnusable."""
    try:
        opened = await asyncio.to_thread(_opened, path)
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    worker = Worker(lambda: opened, iter_chunk_size=64)
    await worker
    reader = Carrier(worker, Answers(opened, math.inf, shares=False))  # nobody else waits for it
    try:
        yield Visitor(path, reader)
    finally:
        await reader.close()


def _opened(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise StoreUnusable(f"There is no database at {path}: `klarna-graph serve` makes it.")
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    # Opened on this thread, so that one that fails leaves none behind, and used on the worker's
    connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        connection.create_function("json_holds", 2, json_holds, deterministic=True)
        connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def newest_version() -> str:
    """Return the version of the schema that this program works with."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection, config_of(connection) as config:
        newest = ScriptDirectory.from_config(config).get_current_head()
    engine.dispose()
    return newest or ""


def _unusable(path: Path, error: Exception) -> StoreUnusable:
    return StoreUnusable(f"{path} cannot be read as the database: {error}.")
