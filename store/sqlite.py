"""SQLite as the store: one process, one writer that shares its commits, and readers beside it."""

import asyncio
import sqlite3
import time
from collections.abc import Coroutine, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from filelock import FileLock
from sqlalchemy.dialects import sqlite

from store.announcements import Announcements
from store.carrier import BATCH, Carrier, Outcome
from store.database import Question, StoreTooSlow, StoreUnavailable, Work
from store.events import NEWEST_POSITION, position_after
from store.instants import Instant, epoch_milliseconds
from store.jobs import Job
from store.locking import lock
from store.migrate import migrate
from store.statements import Query, Statement
from store.worker import open_worker

R = TypeVar("R")
T = TypeVar("T")

_DIALECT = sqlite.dialect(paramstyle="named")
PATIENCE = 5.0
"""How long one question may take, in seconds, so that a slow one does not hold up all others."""
INSTRUCTIONS = 20_000
"""How many of SQLite's instructions pass between two looks at the clock: a millisecond or so."""
LOOK = 0.001
"""How long the questions of a trip share a look at the database, in seconds."""
PAGES = 16
"""How many questions for many records share a trip: it ends for all of them at once."""
_BUGS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError)


def execute(
    connection: sqlite3.Connection | sqlite3.Cursor,
    statement: Statement,
    parameters: dict[str, Any],
) -> sqlite3.Cursor:
    """Execute a statement, on the connection's own thread."""
    text = statement.text(_DIALECT)
    constants = text.constants
    return connection.execute(text.sql, constants | parameters if constants else parameters)


class SqliteDatabase:
    """A database file that this process alone has open.

    Changes that wait at the same time share one durable commit. One that fails leaves its
    neighbours alone: where it had written something, they are made again without it. Questions see
    committed changes only.
    """

    def __init__(
        self,
        held: FileLock,
        writer: Carrier[Work[Any]],
        one: Carrier[Question],
        many: Carrier[Question],
        announcements: Announcements,
    ) -> None:
        """Who asks for `one` record is answered beside those who ask for `many`."""
        self._lock = held
        self._writer = writer
        self._one = one
        self._many = many
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
        return self._reader(statement).send((statement, parameters))

    def take(self, question: Job[Question]) -> None:
        """Have a question answered that is told its rows itself."""
        self._reader(question.asked[0]).take(question)

    def _reader(self, statement: Statement) -> Carrier[Question]:
        self.questions += 1
        return self._many if statement.many else self._one

    async def write(self, work: Work[T]) -> T:
        """Run a change and return its result once it is durable."""
        return cast("T", await self._writer.send(work))

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        try:
            await asyncio.gather(self._one.close(), self._many.close(), self._writer.close())
        finally:
            self._lock.release()


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
    except BaseException:
        held.release()
        raise
    announcements = Announcements()
    writing = Carrier(writer, commits, partial(commits.tell, announcements))
    return SqliteDatabase(held, writing, one, many, announcements)


async def _reader(path: Path, patience: float, batch: int = BATCH) -> Carrier[Question]:
    worker = await open_worker(path, read_only=True)
    answers = await worker.hop(lambda connection: Answers(connection, patience))
    return Carrier(worker, answers, batch=batch)


class Answers:
    """Answers questions, each on its own: one that fails leaves the others their answers.

    One that nobody waits for any more is not begun, or ended if it is under way.
    """

    def __init__(
        self, connection: sqlite3.Connection, patience: float, *, shares: bool = True
    ) -> None:
        """Without `shares` whoever asks says when a look at the database begins and ends."""
        self._patience = patience
        self._shares = shares
        self._asked: Job[Question] | None = None
        self._until = 0.0
        self._cursor = connection.cursor()
        connection.set_progress_handler(self._ends, INSTRUCTIONS)

    def __call__(
        self, connection: sqlite3.Connection, questions: Sequence[Job[Question]]
    ) -> Sequence[Outcome]:
        """Answer the questions of a trip.

        They share a look at the database for as long as that is a short one. It is taken after
        they were asked, so they see what was committed before; each its own would cost more than
        finding a record does. One that lasted would keep the log of changes from being emptied.
        """
        outcomes: list[Outcome] = []
        shared, until = self._shares and len(questions) > 1, 0.0
        for question in questions:
            now = time.monotonic()
            if shared and now > until:
                if connection.in_transaction:
                    connection.execute("COMMIT")
                connection.execute("BEGIN")
                until = now + LOOK
            outcomes.append(self._answer(question, now))
        # SQLite has ended it itself where memory or the disk failed
        if self._shares and connection.in_transaction:
            connection.execute("COMMIT")
        return outcomes

    def _answer(self, question: Job[Question], now: float) -> Outcome:
        if question.withdrawn:
            return None, None
        self._asked, self._until = question, now + self._patience
        try:
            return execute(self._cursor, *question.asked).fetchall(), None
        except sqlite3.Error as error:
            self._let_go()
            if self._ends():
                return None, StoreTooSlow(f"It took longer than {self._patience:g} s.")
            return None, unavailable(error)
        except Exception as error:  # noqa: BLE001  (a bug is its own question's, and no neighbour's)
            self._let_go()
            return None, error
        finally:
            self._asked = None

    def _let_go(self) -> None:
        """Let go of rows that were not fetched: the next questions would see them as of then."""
        connection = self._cursor.connection
        self._cursor.close()
        self._cursor = connection.cursor()

    def _ends(self) -> bool:
        """Whether the question that is being answered is to be answered no more."""
        asked = self._asked
        return asked is not None and (asked.withdrawn or time.monotonic() > self._until)


class Commits:
    """Makes changes durable, all that came together in one commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._last: int = execute(connection, NEWEST_POSITION, {}).fetchone()[0]
        self.changed: set[str | None] = set()
        """The orders that a commit is about, and None if it has any event."""

    def __call__(
        self, connection: sqlite3.Connection, works: Sequence[Job[Work[Any]]]
    ) -> Sequence[Outcome]:
        """Run changes and commit them; if that fails, none of them has happened."""
        try:
            outcomes = self._together(connection, works)
            if outcomes is None:
                connection.execute("ROLLBACK")
                outcomes = self._apart(connection, works)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            return [(None, unavailable(error))] * len(works)
        return outcomes

    def _together(
        self, connection: sqlite3.Connection, works: Sequence[Job[Work[Any]]]
    ) -> Sequence[Outcome] | None:
        """Run changes, or return None once one has failed that had written something.

        Hardly any fails so late, and a savepoint for each would copy every page that it changes.
        """
        connection.execute("BEGIN IMMEDIATE")
        outcomes = []
        for work in works:
            written = connection.total_changes
            outcome = self._attempt(connection, work.asked)
            if outcome[1] is not None and connection.total_changes != written:
                return None
            outcomes.append(outcome)
        return outcomes

    def _apart(
        self, connection: sqlite3.Connection, works: Sequence[Job[Work[Any]]]
    ) -> Sequence[Outcome]:
        """Run changes, each in a savepoint of its own, so that one that fails leaves nothing."""
        connection.execute("BEGIN IMMEDIATE")
        outcomes = []
        for work in works:
            connection.execute("SAVEPOINT work")
            outcome = self._attempt(connection, work.asked)
            if outcome[1] is not None:
                connection.execute("ROLLBACK TO work")
            connection.execute("RELEASE work")
            outcomes.append(outcome)
        return outcomes

    def _attempt(self, connection: sqlite3.Connection, work: Work[Any]) -> Outcome:
        """Run a change, and return what became of it. Raises what has ended the whole commit."""
        transaction = SqliteTransaction(connection, self)
        try:
            return at_once(cast("Coroutine[Any, Any, Any]", work(transaction))), None
        except Exception as error:
            if not connection.in_transaction:
                raise  # SQLite gave up the whole commit, as it does when the disk is full
            return None, unavailable(error)

    def position(self, at: Instant) -> int:
        """Return the next place in the log of events."""
        self._last = position_after(self._last, epoch_milliseconds(at))
        self.changed.add(None)
        return self._last

    def tell(self, announcements: Announcements) -> None:
        """Announce what a commit was about; if it failed, somebody looks in vain."""
        if self.changed:
            announcements.announce(self.changed)
            self.changed.clear()


class SqliteTransaction:
    """A change under way, on the writer's thread, where every answer is there at once."""

    def __init__(self, connection: sqlite3.Connection, commits: Commits) -> None:
        self._connection = connection
        self.position = commits.position
        self.concerns = commits.changed.add

    async def all(self, query: Query[R], **parameters: object) -> list[R]:
        """Return the records that a query finds, this transaction's own changes included."""
        return query.records(execute(self._connection, query, parameters).fetchall())

    async def rows(self, statement: Statement, **parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement whose rows are not records."""
        return execute(self._connection, statement, parameters).fetchall()

    async def run(self, statement: Statement, **parameters: object) -> int:
        """Run a statement that changes rows, and return how many."""
        return execute(self._connection, statement, parameters).rowcount


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits, and return its result."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    coroutine.close()
    raise RuntimeError("A change may await its transaction's methods only.")


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
    return statement.settle(_DIALECT)
