"""The interface of an engine: questions, and changes that happen whole or not at all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from store.announcements import Announcements
from store.instants import Instant
from store.jobs import Job
from store.statements import Query, Statement

R = TypeVar("R")
T = TypeVar("T")


class StoreUnavailable(Exception):
    """The database did not take the change or answer the question; nothing was changed."""


class StoreTooSlow(StoreUnavailable):
    """A question took longer than it may, and was ended."""


class Reader(Protocol):
    """Where questions are asked: of a database, or of a transaction for what it has changed."""

    async def all(self, query: Query[R], **parameters: object) -> list[R]:
        """Return the records that a query finds."""

    async def rows(self, statement: Statement, **parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement whose rows are not records."""


class Transaction(Reader, Protocol):
    """A change under way: all of it is committed, or none.

    Only its own methods may be awaited inside it. An engine may run it on a thread of its own,
    where nothing else can be waited for, least of all Klarna. It may run it again from its
    beginning, with nothing left in the store of the time before: whatever a change tells beside
    its result it must tell anew each time.
    """

    async def run(self, statement: Statement, **parameters: object) -> int:
        """Run a statement that changes rows, and return how many."""

    def position(self, at: Instant) -> int:
        """Return the next place in the log of events: greater than all before, and near `at`.

        Places are committed in their order: whoever has seen one has seen all before it.
        """

    def concerns(self, order_id: str) -> None:
        """Say which order this change is about: it is announced once it is committed."""


Work = Callable[[Transaction], Awaitable[T]]
"""A change: an asynchronous function of a transaction."""


Question = tuple[Statement, dict[str, Any]]
"""A statement that changes nothing, and its parameters."""


class Database(Reader, Protocol):
    """One store of records, whichever engine keeps it."""

    questions: int
    """How many statements were asked outside of changes since it was opened."""
    announcements: Announcements
    """Tells of committed events."""

    def ask(
        self, statement: Statement, parameters: dict[str, Any]
    ) -> "asyncio.Future[list[tuple[Any, ...]]]":
        """Have a statement executed, and return where its rows will be.

        Whoever cancels that gives the question up.
        """

    def take(self, question: Job[Question]) -> None:
        """Have a question answered that is told its rows itself, within the turn they come in."""

    async def write(self, work: Work[T]) -> T:
        """Run a change in a transaction of its own and return its result once it is durable.

        An exception undoes the change, and it alone, and is raised here.
        Raises StoreUnavailable when the change could not be made durable.
        """

    async def close(self) -> None:
        """Finish what was begun and let go of the files."""
