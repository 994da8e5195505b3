"""Commits: what the writer's trip makes durable for all who wait at the same time."""

import sqlite3
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar, cast

from store.announcements import Announcements
from store.carrier import Outcome
from store.database import Work
from store.events import NEWEST_POSITION, position_after
from store.executing import execute, unavailable
from store.instants import Instant, epoch_milliseconds
from store.jobs import Job
from store.statements import Query, Statement

R = TypeVar("R")
T = TypeVar("T")


class Commits:
    """Makes changes durable, all that came together in one commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._last: int = execute(connection, NEWEST_POSITION, {}).fetchone()[0]
        self.changed: set[str | None] = set()
        """The orders that a commit is about, and None if it has any event."""
        self.rows = 0
        """How many rows were changed since the log of changes was last brought home.

        It is written on the writer's thread, and read on others as of about now.
        """
        self._changing = 0

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
            self.rows += self._changing
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
        begun = written = connection.total_changes
        for work in works:
            outcome = self._attempt(connection, work.asked)
            if outcome[1] is not None and connection.total_changes != written:
                return None
            written = connection.total_changes
            outcomes.append(outcome)
        self._changing = written - begun
        return outcomes

    def _apart(
        self, connection: sqlite3.Connection, works: Sequence[Job[Work[Any]]]
    ) -> Sequence[Outcome]:
        """Run changes, each in a savepoint of its own, so that one that fails leaves nothing."""
        connection.execute("BEGIN IMMEDIATE")
        outcomes = []
        self._changing = 0
        for work in works:
            connection.execute("SAVEPOINT work")
            written = connection.total_changes
            outcome = self._attempt(connection, work.asked)
            if outcome[1] is None:
                self._changing += connection.total_changes - written
            else:
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
