"""Turns: what must not be torn apart runs to its end, and one at a time for each order."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import structlog

from resolvers.errors import Problem

T = TypeVar("T")
log = structlog.get_logger()


class Turns:
    """Runs the conversations with Klarna about one order one after another.

    A conversation outlives the caller that began it: whoever hangs up leaves it running, so that
    what Klarna answers is always written down.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._shared: dict[str, asyncio.Task[Any]] = {}
        self._running: set[asyncio.Task[Any]] = set()

    async def take(self, order_id: str, conversation: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Have a conversation once it is its turn, and return its result."""
        return await self._attend(self._begin(order_id, conversation))

    async def join(
        self, what: str, order_id: str, conversation: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        """Have a conversation that does the same for all who want it now, and share its result."""
        name = f"{what} {order_id}"
        task = self._shared.get(name)
        if task is None:
            task = self._shared[name] = self._begin(order_id, conversation)
            task.add_done_callback(lambda _: self._shared.pop(name))
        return await self._attend(task)

    def see_through(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Do something to its end, whether or not its caller stays for the result."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._over)
        return task

    def begin(self, work: Coroutine[Any, Any, object]) -> None:
        """Have something done whose outcome nobody waits for; what it raises is logged."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def _attend(self, task: "asyncio.Task[T]") -> T:
        """Wait for a conversation; what goes wrong in it is logged if its caller hangs up."""
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._ended)
            raise

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._running.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, Problem):
            log.info("background_refused", reason=str(error))
        else:
            log.error("background_failed", exc_info=error)

    def _begin(
        self, order_id: str, conversation: Callable[[], Coroutine[Any, Any, T]]
    ) -> "asyncio.Task[T]":
        lock = self._locks.get(order_id)
        if lock is None:
            lock = self._locks[order_id] = asyncio.Lock()

        async def run() -> T:
            async with lock:
                return await conversation()

        task = asyncio.create_task(run())
        self._running.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: "asyncio.Task[Any]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever began it may have hung up, and then nobody looks

    async def finish(self) -> None:
        """Wait until no conversation is under way."""
        while self._running:
            await asyncio.wait(self._running)
