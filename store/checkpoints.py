"""Checkpoints: the log of changes is brought home to the database file while changes go on.

SQLite itself does so inside of a commit, and everyone who waits for that commit waits for it too.
Here most of it is done by a connection beside the writer's. What came in meanwhile the writer
brings home between two commits; then the log begins anew at once, or when no reader needs it.

Before SQLite 3.51.3 a checkpoint must not begin beside a change once all of the log is home: it may
miss that the log begins anew (https://www.sqlite.org/wal.html#walresetbug). So the one beside the
writer begins only after something was committed that no checkpoint has seen. Until that is home the
log cannot begin anew, and nobody else brings it home: no other process writes (`store.locking`).
"""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from store.commits import Commits
from store.worker import Worker, open_worker

log = logging.getLogger(__name__)

PAGES = 4_000
"""About how long the log becomes before it is brought home: 16 MB.

The longer that is put off, the less often are pages copied that many changes share.
"""
FEWEST, MOST = 100, 2_000
"""Within what number of changed rows it is brought home: SQLite does not say how long the log is
until then, and large rows take many pages."""
LONG = 16_000
"""After how many pages, 64 MB, the writer waits for readers who keep the log from beginning anew.

If one of them has not ended by then, it waits again after so many more.
"""
WAIT = 50
"""How long it waits, in ms, for each time that the log is so long: no question takes for ever."""


class Checkpoints:
    """Brings the log home whenever it has become long."""

    def __init__(self, file: FileIO, beside: Worker, writer: Worker, commits: Commits) -> None:
        self._file = file
        """The database itself; whoever closes it gives up all locks that this process has on it."""
        self._beside = beside
        self._writer = writer
        self._commits = commits
        self._rows = FEWEST
        """After how many changed rows it is time again: as many as have filled the log before."""
        self._pages = 0
        """How long the log was when it was last brought home."""
        self._long = LONG
        """After how many pages the writer waits for readers."""
        self._under_way = False
        self._ended = False

    def consider(self) -> None:
        """Begin if it is time for it; called after each trip of the writer's."""
        if self._commits.rows >= self._rows and not self._under_way:
            self._under_way = True
            self._beside.post(self._bring_most, self._brought_most)

    def _bring_most(self, connection: sqlite3.Connection) -> None:
        rows = self._commits.rows
        with _synced():
            pages = _bring(connection)
            # SQLite syncs the file only once all is home; the writer would have to wait for that
            _sync(self._file.fileno())
        # One so long has most probably not begun anew since the last time
        added = pages - self._pages if pages > max(LONG, self._pages) else pages
        self._rows = min(max(FEWEST, rows * PAGES // added), MOST)
        self._pages = pages

    def _brought_most(self, _: None, error: BaseException | None) -> None:
        _complain(error)
        if not self._ended:
            self._writer.post(self._bring_rest, self._brought_rest)

    def _bring_rest(self, connection: sqlite3.Connection) -> None:
        self._commits.rows = 0
        with _synced():
            pages = _bring(connection)
            if pages <= LONG:
                self._long = LONG
            elif pages > self._long:
                anew = _outlast(connection, WAIT * pages // LONG)
                self._long = LONG if anew else pages + LONG

    def _brought_rest(self, _: None, error: BaseException | None) -> None:
        _complain(error)
        self._under_way = False

    def end(self) -> None:
        """Ask nothing of the writer any more: it is about to close."""
        self._ended = True

    async def close(self) -> None:
        """Bring all of it home and close the file, after all other connections are closed."""
        try:
            await self._beside.close()
        finally:
            self._file.close()


async def open_checkpoints(path: Path, writer: Worker, commits: Commits) -> Checkpoints:
    """Open a connection to a database file that brings its log home."""
    file = path.open("rb", buffering=0)
    return Checkpoints(file, await open_worker(path, read_only=True), writer, commits)


_sync = getattr(os, "fdatasync", os.fsync)
"""What SQLite calls too, where there is both."""


def _bring(connection: sqlite3.Connection) -> int:
    """Bring home what no reader needs in the log, and return how many pages that log has.

    Raises sqlite3.OperationalError where another process brings it home at this moment.
    """
    ((_, pages, _),) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    if pages < 0:
        raise sqlite3.OperationalError("Another process is at it.")
    return max(1, int(pages))


def _outlast(connection: sqlite3.Connection, milliseconds: int) -> bool:
    """Wait for the readers who began before all was home, and return whether all have ended.

    Those who begin later need nothing of the log, so that it can begin anew.
    """
    ((patience,),) = connection.execute("PRAGMA busy_timeout").fetchall()
    connection.execute(f"PRAGMA busy_timeout = {milliseconds}")
    try:
        ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience}")
    return not busy


@contextmanager
def _synced() -> Iterator[None]:
    """End the process if the disk has failed to keep what was brought home.

    The system takes what it could not write for written, and SQLite what it has copied for home: a
    second attempt would lose it. The log has all of it still, and whoever opens the file next
    brings it home from the beginning; closing it here would do away with the log.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        name = getattr(error, "sqlite_errorname", "")
        if isinstance(error, OSError) or name == "SQLITE_IOERR_FSYNC":
            log.critical("The disk failed, and the process ends: nothing is lost. %s", error)
            os._exit(os.EX_IOERR)
        raise


def _complain(error: BaseException | None) -> None:
    """Log what failed: nothing is lost, as what is not home is in the log, and it grows."""
    if error is not None:
        said = {"message": "The log of changes was not brought home.", "exception": error}
        asyncio.get_running_loop().call_exception_handler(said)
