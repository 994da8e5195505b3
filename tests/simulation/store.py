"""The store in memory: the statements and commits are the real ones, the disk is not."""

import asyncio
import sqlite3
from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar, cast

from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from store.announcements import Announcements
from store.answers import Answers
from store.commits import Commits
from store.database import Question, Transaction, Work
from store.dialect import json_holds
from store.jobs import Awaited, Job
from store.migrate import upgrade
from store.sqlite import PATIENCE
from store.statements import Query, Statement

R = TypeVar("R")
T = TypeVar("T")

FAILING = 0.1
"""How often somebody else's change fails in a commit: all others are made again without it."""
_TOUCH = Statement(text("UPDATE klarna_gateways SET revision = revision + 1"))
_BLANK: list[bytes] = []


def blank() -> bytes:
    """A database with its schema and nothing in it; made once."""
    if not _BLANK:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
        with engine.begin() as opened:
            upgrade(opened)
        connection.commit()
        _BLANK.append(connection.serialize())
        engine.dispose()
    return _BLANK[0]


class Disk:
    """What a process leaves behind: everything that was committed, and nothing else."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.deserialize(blank())
        self.connection.create_function("json_holds", 2, json_holds, deterministic=True)
        self.connection.execute("PRAGMA foreign_keys = ON")


class MemoryDatabase:
    """A database that answers a little later, so that a process can die before and after."""

    def __init__(self, disk: Disk, random: Random) -> None:
        self._connection = disk.connection
        self._commits = Commits(disk.connection)
        self._answers = Answers(disk.connection, PATIENCE)
        self._random = random
        self._waiting: list[Awaited[Work[Any]]] = []
        """The changes that whoever comes first commits."""
        self.questions = 0
        self.announcements = Announcements()

    async def all(self, query: Query[R], **parameters: object) -> list[R]:
        return query.records(await self.rows(query, **parameters))

    async def rows(self, statement: Statement, **parameters: object) -> list[tuple[Any, ...]]:
        self.questions += 1
        await self._wait()
        (outcome,) = self._answers(self._connection, [_job((statement, parameters))])
        return cast("list[tuple[Any, ...]]", _told(outcome))

    def ask(
        self, statement: Statement, parameters: dict[str, Any]
    ) -> "asyncio.Future[list[tuple[Any, ...]]]":
        return asyncio.ensure_future(self.rows(statement, **parameters))

    def take(self, question: Job[Question]) -> None:
        raise NotImplementedError  # there are no connections here, and so no lane

    async def write(self, work: Work[T]) -> T:
        job = _job(work)
        self._waiting.append(job)
        await self._wait()
        if job in self._waiting:  # and not in the commit of a neighbour
            together, self._waiting = self._waiting, []
            beside = [_job(_failing)] if self._random.random() < FAILING else []
            outcomes = self._commits(self._connection, [*together, *beside])
            for each, outcome in zip(together, outcomes, strict=False):
                each.returned(*outcome)
        await self._wait()
        return cast("T", await job.future)

    async def close(self) -> None:
        return None

    def _wait(self) -> Coroutine[Any, Any, None]:
        return asyncio.sleep(self._random.random() * 0.01)


async def _failing(transaction: Transaction) -> None:
    """Fail when something is written already."""
    await transaction.run(_TOUCH)
    raise ValueError


def _job(asked: T) -> Awaited[T]:
    return Awaited(asked, asyncio.get_running_loop().create_future())


def _told(outcome: tuple[Any, BaseException | None]) -> Any:
    value, error = outcome
    if error is not None:
        raise error
    return value
