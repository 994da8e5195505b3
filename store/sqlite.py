"""SQLite as the store: one process, one writer that shares its commits, and readers beside it."""

import asyncio
import sqlite3
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar, cast

from filelock import FileLock

from store.announcements import Announcements
from store.answers import Answers
from store.carrier import BATCH, Carrier
from store.checkpoints import Checkpoints, open_checkpoints
from store.commits import Commits
from store.database import Question, Work
from store.glances import Glances
from store.jobs import Awaited, Job
from store.locking import lock
from store.migrate import migrate
from store.statements import Query, Statement
from store.worker import open_worker, opened

R = TypeVar("R")
T = TypeVar("T")

PATIENCE = 5.0
"""How long one question may take, in seconds, so that a slow one does not hold up all others."""
PAGES = 16
"""How many questions for many records share a trip: it ends for all of them at once."""


class SqliteDatabase:
    """A database file that this process alone has open.

    Changes that wait at the same time share one durable commit. One that fails leaves its
    neighbours alone: where it had written something, all are made again, each by itself. Questions
    see committed changes only. Those that take long are answered on threads, the others at once.
    """

    def __init__(
        self,
        held: FileLock,
        writer: Carrier[Work[Any]],
        one: Carrier[Question],
        many: Carrier[Question],
        *,
        sight: sqlite3.Connection,
        checkpoints: Checkpoints,
        announcements: Announcements,
    ) -> None:
        """Who asks for `one` record is answered beside those who ask for `many`.

        What is soon found is looked up by `sight`, a connection of the loop's own thread.
        """
        self._lock = held
        self._writer = writer
        self._one = one
        self._many = many
        self._checkpoints = checkpoints
        self._glances = Glances(sight, self._carry)
        self.announcements = announcements
        self.questions = 0
        """How many statements were asked outside of changes since it was opened."""

    async def all(self, query: Query[R], **parameters: object) -> list[R]:
        """Return the records that a query finds."""
        return query.records(await self.rows(query, **parameters))

    async def rows(self, statement: Statement, **parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement whose rows are not records."""
        return await self.ask(statement, parameters)

    def ask(
        self, statement: Statement, parameters: dict[str, Any]
    ) -> "asyncio.Future[list[tuple[Any, ...]]]":
        """Have a statement executed, and return where its rows will be."""
        future: asyncio.Future[list[tuple[Any, ...]]] = asyncio.get_running_loop().create_future()
        self.take(Awaited((statement, parameters), future))
        return future

    def take(self, question: Job[Question]) -> None:
        """Have a question answered that is told its rows itself."""
        self.questions += 1
        self._glances.take(question)

    def _carry(self, question: Job[Question]) -> None:
        """Have a question answered on a thread."""
        carrier = self._many if question.asked[0].many else self._one
        carrier.take(question)

    async def write(self, work: Work[T]) -> T:
        """Run a change and return its result once it is durable."""
        return cast("T", await self._writer.send(work))

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        self._glances.close()
        self._checkpoints.end()
        async with AsyncExitStack() as ending:  # from the last line to the first
            ending.callback(self._lock.release)
            ending.push_async_callback(self._checkpoints.close)
            ending.push_async_callback(self._writer.close)
            ending.push_async_callback(self._many.close)
            ending.push_async_callback(self._one.close)


async def open_sqlite(path: Path, patience: float = PATIENCE) -> SqliteDatabase:
    """Open a database file, made and migrated as needed. Raises StoreInUse.

    A question may take so many seconds; then it ends, so that others are answered.
    """
    held = lock(path)
    try:
        await asyncio.to_thread(migrate, path)
        writer = await open_worker(path)
        commits = await writer.hop(Commits)
        one = await _reader(path, patience)
        many = await _reader(path, patience, batch=PAGES)
        sight = opened(path, read_only=True)
        sight.execute("PRAGMA busy_timeout = 0")
        checkpoints = await open_checkpoints(path, writer, commits)
    except BaseException:
        held.release()
        raise
    announcements = Announcements()

    def committed() -> None:
        commits.tell(announcements)
        checkpoints.consider()

    return SqliteDatabase(
        held,
        Carrier(writer, commits, committed),
        one,
        many,
        sight=sight,
        checkpoints=checkpoints,
        announcements=announcements,
    )


async def _reader(path: Path, patience: float, batch: int = BATCH) -> Carrier[Question]:
    worker = await open_worker(path, read_only=True)
    answers = await worker.hop(lambda connection: Answers(connection, patience))
    return Carrier(worker, answers, batch=batch)
