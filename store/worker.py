"""A SQLite connection on its thread, which runs whole functions in one hop.

The one place that leans on what aiosqlite protects: the queue before its thread, which every one
of its own methods puts a function into. A hop to the thread costs more than a point query, so a
batch must travel as one, and no task has to wait for it.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import aiosqlite

from store.dialect import json_holds

T = TypeVar("T")
Back = Callable[[T | None, BaseException | None], object]
"""Is told what a function returned, or else what it raised."""

PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": "5000",
    "cache_size": "-65536",
    "mmap_size": "1073741824",
    "temp_store": "MEMORY",
    "wal_autocheckpoint": "0",
    "journal_size_limit": "67108864",
}
"""FULL: what was acknowledged survives a loss of power, which money asks for.

No commit brings the log of changes home by itself: `store.checkpoints` does. After a time in which
that was not possible its file shrinks to 64 MB again.
"""


class Worker(aiosqlite.Connection):
    """One connection and the thread that it lives on."""

    async def hop(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function of the connection on its thread and return what it returns."""
        back: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((back, partial(function, self._conn)))
        return await back

    def post(self, function: Callable[[sqlite3.Connection], T], back: Back[T]) -> None:
        """Have a function of the connection run on its thread, and `back` told in the loop.

        There is no future between, each of which would take the loop another turn.
        Raises ValueError when the connection is closed.
        """
        loop, connection = asyncio.get_running_loop(), self._conn

        def run() -> None:
            try:
                result = function(connection)
            except BaseException as error:  # noqa: BLE001  (it belongs to whoever asked)
                loop.call_soon_threadsafe(back, None, error)
            else:
                loop.call_soon_threadsafe(back, result, None)

        self._tx.put_nowait((None, run))


async def open_worker(path: Path, *, read_only: bool = False) -> Worker:
    """Open a connection to a database file, with the settings of this store."""
    worker = Worker(partial(opened, path, read_only=read_only), iter_chunk_size=64)
    await worker
    return worker


def opened(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open the same on this very thread."""
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=1024)
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {value}")
    connection.create_function("json_holds", 2, json_holds, deterministic=True)
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection
