"""Carries jobs to a connection's thread; those that arrive meanwhile share the next trip."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from store.jobs import Awaited, Job, tell
from store.worker import Worker

J = TypeVar("J")

Outcome = tuple[Any, BaseException | None]
"""What became of a job: its result, or the exception it raised."""
Trip = Callable[[sqlite3.Connection, Sequence[Job[J]]], Sequence[Outcome]]
"""Does jobs on the connection's thread and returns what became of each."""

BATCH = 64
"""How many jobs share a trip at the most, where nothing else is said."""


class Carrier(Generic[J]):
    """A queue before one connection.

    It is driven by callbacks and not by a task: a trip begins at the end of the turn of the loop
    in which something is asked for, and the next one as soon as it is back.
    """

    def __init__(
        self,
        worker: Worker,
        trip: Trip[J],
        arrived: Callable[[], None] | None = None,
        *,
        batch: int = BATCH,
    ) -> None:
        self._worker = worker
        self._batch = batch
        self._trip = trip
        self._arrived = arrived
        """Called after each trip, before another one begins and whatever came of its jobs."""
        self._waiting: deque[Job[J]] = deque()
        self._under_way = False
        """Whether a trip is under way, or about to begin."""
        self._idle: list[asyncio.Future[None]] = []
        """Those who wait until nothing is under way."""

    def send(self, asked: J) -> "asyncio.Future[Any]":
        """Have a job done, and return where its result or its exception will be.

        Whoever cancels that stops waiting; what was asked for may still be done.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.take(Awaited(asked, future))
        return future

    def take(self, job: Job[J]) -> None:
        """Have a job done: it is told what became of it."""
        self._waiting.append(job)
        if not self._under_way:
            self._under_way = True
            asyncio.get_running_loop().call_soon(self._leave)

    def _leave(self) -> None:
        waiting = self._waiting
        count = min(len(waiting), self._batch)
        batch = [waiting.popleft() for _ in range(count)]
        try:
            self._worker.post(partial(self._trip_of, batch), partial(self._returned, batch))
        except Exception as error:  # noqa: BLE001  (it belongs to those who wait)
            self._returned(batch, None, error)

    def _trip_of(self, jobs: Sequence[Job[J]], connection: sqlite3.Connection) -> Sequence[Outcome]:
        return self._trip(connection, jobs)

    def _returned(
        self,
        batch: Sequence[Job[J]],
        outcomes: Sequence[Outcome] | None,
        error: BaseException | None,
    ) -> None:
        if outcomes is None:
            outcomes = [(None, error)] * len(batch)
        try:
            if self._arrived is not None:
                self._arrived()  # before the next trip: the thread must leave alone what it reads
        finally:
            if self._waiting:
                self._leave()
            else:
                self._under_way = False
            for job, (result, failure) in zip(batch, outcomes, strict=True):
                tell(job, result, failure)
            if not self._under_way:
                self._rest()

    def _rest(self) -> None:
        for idle in self._idle:
            if not idle.done():
                idle.set_result(None)
        self._idle.clear()

    async def close(self) -> None:
        """Finish what waits, then close the connection."""
        while self._under_way:
            idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._idle.append(idle)
            await idle
        await self._worker.close()
