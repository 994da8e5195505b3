"""Checkpoints: the log of changes is brought home to the database file while changes go on.

SQLite itself does so inside of a commit, and everyone who waits for that commit waits for it too.
Here most of it is done by a connection beside the writer's. What came in meanwhile the writer
brings home between two commits, which is little: then the log begins anew, and it stays short.

Before SQLite 3.51.3 a checkpoint must not begin beside a change once all of the log is home: it may
miss that the log begins anew (https://www.sqlite.org/wal.html#walresetbug). So the one beside the
writer begins only after something was committed that no checkpoint has seen. Until that is home the
log cannot begin anew, and nobody else brings it home.
"""

import asyncio
import os
import sqlite3
from io import FileIO
from pathlib import Path

from store.commits import Commits
from store.worker import Worker, open_worker

ROWS = 2_000
"""After how many changed rows the log is brought home: at 16 MB, or 40 if none shares its commit.

The longer it is put off, the less often are pages copied that many changes share.
"""


class Checkpoints:
    """Brings the log home after so many changed rows."""

    def __init__(self, file: FileIO, beside: Worker, writer: Worker, commits: Commits) -> None:
        self._file = file
        """The database itself; whoever closes it gives up all locks that this process has on it."""
        self._beside = beside
        self._writer = writer
        self._commits = commits
        self._under_way = False
        self._ended = False

    def consider(self) -> None:
        """Begin if it is time for it; called after each trip of the writer's."""
        if self._commits.rows >= ROWS and not self._under_way:
            self._under_way = True
            self._beside.post(self._bring_most, self._brought_most)

    def _bring_most(self, connection: sqlite3.Connection) -> None:
        _bring(connection)
        # SQLite syncs the file only once all is home; the writer would have to wait for that
        os.fsync(self._file.fileno())

    def _brought_most(self, _: None, error: BaseException | None) -> None:
        _complain(error)
        if not self._ended:
            self._writer.post(self._bring_rest, self._brought_rest)

    def _bring_rest(self, connection: sqlite3.Connection) -> None:
        self._commits.rows = 0
        _bring(connection)

    def _brought_rest(self, _: None, error: BaseException | None) -> None:
        _complain(error)
        self._under_way = False

    def end(self) -> None:
        """Ask nothing of the writer any more: it is about to close."""
        self._ended = True

    async def close(self) -> None:
        """Bring all of it home and close the file, after all other connections are closed."""
        await self._beside.close()
        self._file.close()


async def open_checkpoints(path: Path, writer: Worker, commits: Commits) -> Checkpoints:
    """Open a connection to a database file that brings its log home."""
    beside = await open_worker(path, read_only=True)
    return Checkpoints(path.open("rb", buffering=0), beside, writer, commits)


def _bring(connection: sqlite3.Connection) -> None:
    """Bring home what nobody reads any more, and wait for nobody."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _complain(error: BaseException | None) -> None:
    """Log what failed: nothing is lost, as what is not home is in the log, and it grows."""
    if error is not None:
        said = {"message": "The log of changes was not brought home.", "exception": error}
        asyncio.get_running_loop().call_exception_handler(said)
