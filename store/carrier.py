"""Carries jobs to a connection's thread; those that arrive meanwhile share the next trip."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from store.worker import Worker

J = TypeVar("J")


@dataclass(frozen=True, slots=True)
class Job(Generic[J]):
    """Something that was asked for, and where its outcome goes."""

    asked: J
    future: "asyncio.Future[Any]"

    @property
    def withdrawn(self) -> bool:
        """Whether nobody waits for it any more; it may be asked on any thread."""
        return self.future.cancelled()


Outcome = tuple[Any, Exception | None]
"""What became of a job: its result, or the exception it raised."""
Trip = Callable[[sqlite3.Connection, Sequence[Job[J]]], Sequence[Outcome]]
"""Does jobs on the connection's thread and returns what became of each."""

BATCH = 64
"""How many jobs share a trip at the most."""


class Carrier(Generic[J]):
    """A queue before one connection."""

    def __init__(
        self, worker: Worker, trip: Trip[J], arrived: Callable[[], None] | None = None
    ) -> None:
        self._worker = worker
        self._trip = trip
        self._arrived = arrived
        """Called after each trip, whatever came of its jobs and of those who asked for them."""
        self._waiting: deque[Job[J]] = deque()
        self._driver: asyncio.Task[None] | None = None

    async def carry(self, asked: J) -> Any:
        """Do a job and return its result, or raise its exception.

        A caller that is cancelled stops waiting; what it asked for may still be done.
        """
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(Job(asked, future))
        if self._driver is None:
            self._driver = asyncio.create_task(self._drive())
        return await future

    async def _drive(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), BATCH)
                await self._travel([self._waiting.popleft() for _ in range(count)])
        finally:
            self._driver = None

    async def _travel(self, batch: Sequence[Job[J]]) -> None:
        outcomes: Sequence[Outcome]
        try:
            trip = partial(self._trip_of, batch)
            outcomes = await self._worker.hop(trip)
        except Exception as error:  # noqa: BLE001  (it belongs to those who wait)
            outcomes = [(None, error)] * len(batch)
        if self._arrived is not None:
            self._arrived()
        for job, (result, failure) in zip(batch, outcomes, strict=True):
            if job.future.done():
                continue
            if failure is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(failure)

    def _trip_of(self, jobs: Sequence[Job[J]], connection: sqlite3.Connection) -> Sequence[Outcome]:
        return self._trip(connection, jobs)

    async def close(self) -> None:
        """Finish what waits, then close the connection."""
        while self._driver is not None:
            await asyncio.wait([self._driver])
        await self._worker.close()
