"""Checkpoints: the log of changes is brought home to the database file while changes go on.

SQLite itself does so inside of a commit, and everyone who waits for that commit waits for it too.
Here most of it is done by a connection beside the writer's. What came in meanwhile the writer
brings home between two commits, and the log begins anew. Where readers keep it from that for long,
the writer waits for them once in a while.

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
from contextlib import contextmanager, suppress
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
"""Between which numbers of changed rows that is: SQLite says how long the log is only when it is
brought home, and large rows take many pages."""
LONG = 16_000
"""After how many pages, 64 MB, the writer waits for readers who keep the log from beginning anew.

If one of them has not ended by then, it waits again after so many more. It does not wait for one
who stands still, as an export does: then no more comes home, and the log grows.
"""
WAIT, LONGEST = 50, 1000
"""How long it waits, in ms, for each 64 MB of the log, and at the most: the longer the log is, the
longer the questions that it outlasts."""
_HOME = 96
"""Where SQLite's index of the log has how many pages are home: `nBackfill` in
https://www.sqlite.org/walformat.html."""
_sync = getattr(os, "fdatasync", os.fsync)
"""As SQLite does: fdatasync where there is one."""


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
        self._home = 0
        """How many of its pages were home when the writer last looked."""
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
        with _synced(self._file):
            pages, _ = _bring(connection)
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
        with _synced(self._file):
            pages, home = _bring(connection)
            stands_still = home == self._home
            self._home = home
            if pages <= LONG:
                self._long = LONG
            elif pages > self._long and not stands_still:
                anew = _outlast(connection, min(WAIT * pages // LONG, LONGEST))
                self._long, self._pages = (LONG, 0) if anew else (pages + LONG, pages)

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


def _bring(connection: sqlite3.Connection) -> tuple[int, int]:
    """Bring home what no reader needs in the log.

    Returns how many pages the log has, and how many of them are home. Raises
    sqlite3.OperationalError where another process brings it home at this moment.
    """
    ((_, pages, home),) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    if pages < 0:
        raise sqlite3.OperationalError("Another process is at it.")
    return max(1, int(pages)), int(home)


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
def _synced(file: FileIO) -> Iterator[None]:
    """End the process if what was brought home cannot be synced.

    The system takes what it could not write for written, and SQLite what it has copied for home: a
    second attempt would lose it. The log has all of it still, and whoever opens the file next
    brings it home from the beginning; closing it here would do away with the log.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        name = getattr(error, "sqlite_errorname", "")
        if not isinstance(error, OSError) and name != "SQLITE_IOERR_FSYNC":
            raise
        try:
            with suppress(OSError):
                _forget_home(file)
            log.critical("The database cannot be synced; its log has all of it. %s", error)
        finally:
            os._exit(os.EX_IOERR)


def _forget_home(file: FileIO) -> None:
    """Have SQLite's index of the log say that nothing is home.

    Where another process reads the file the index outlives this one.
    """
    index = os.open(f"{os.fspath(file.name)}-shm", os.O_RDWR)  # not closed: its locks would go
    os.pwrite(index, bytes(4), _HOME)


def _complain(error: BaseException | None) -> None:
    """Log what failed: nothing is lost, as what is not home is in the log, and it grows."""
    if error is not None:
        said = {"message": "The log of changes was not brought home.", "exception": error}
        asyncio.get_running_loop().call_exception_handler(said)
