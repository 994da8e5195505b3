"""An event loop without clock or sockets: a seed decides who goes first; waiting takes no time."""

import asyncio
import contextvars
import selectors
from dataclasses import dataclass
from random import Random
from typing import Any


@dataclass
class Time:
    """Seconds since the world began. It outlives the processes in it."""

    now: float = 0.0


class Stuck(Exception):
    """Everything waits for something that nobody will do."""


class SeededLoop(asyncio.SelectorEventLoop):
    """Runs what is ready in an order of the seed's, and skips the time in which nothing is."""

    def __init__(self, time: Time, random: Random) -> None:
        self._time = time
        self._random = random
        super().__init__(_NoSelector(time))

    def time(self) -> float:
        return self._time.now

    def _run_once(self) -> None:
        ready: Any = self._ready  # type: ignore[attr-defined]  # asyncio's own queue
        if len(ready) > 1:
            shuffled = list(ready)
            self._random.shuffle(shuffled)
            ready.clear()
            ready.extend(shuffled)
        super()._run_once()  # type: ignore[misc]  # asyncio's own step

    def abandon(self) -> None:
        """End as a killed process does: whatever waits goes no further."""
        for task in asyncio.all_tasks(self):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            try:
                coroutine: Any = task.get_coro()
                # What it had bound for the log's lines it lets go of in a context of its own
                contextvars.copy_context().run(coroutine.close)
            except RuntimeError:
                continue  # it wanted to wait while it was closed
        self.set_exception_handler(lambda *_: None)
        self.close()


class _NoSelector(selectors.SelectSelector):
    """Waits for nothing: time passes instead."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self._time = time

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stuck
        self._time.now += max(timeout, 0)
        return []
