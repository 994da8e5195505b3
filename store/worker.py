"""A SQLite connection on its thread, which runs whole functions in one hop.

The one place that leans on aiosqlite's protected method, which every one of its own methods is
made of: a hop to the thread costs more than a point query, so a batch must travel as one.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import aiosqlite

from store.dialect import json_holds

T = TypeVar("T")

PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": "5000",
    "cache_size": "-65536",
    "mmap_size": "268435456",
    "temp_store": "MEMORY",
}
"""FULL: what was acknowledged survives a loss of power, which money asks for."""


class Worker(aiosqlite.Connection):
    """One connection and the thread that it lives on."""

    async def hop(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function of the connection on its thread and return what it returns."""
        result: T = await self._execute(function, self._conn)  # type: ignore[no-untyped-call]
        return result


async def open_worker(path: Path, *, read_only: bool = False) -> Worker:
    """Open a connection to a database file, with the settings of this store."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, cached_statements=1024)
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
        connection.create_function("json_holds", 2, json_holds, deterministic=True)
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        return connection

    worker = Worker(connect, iter_chunk_size=64)
    await worker
    return worker
