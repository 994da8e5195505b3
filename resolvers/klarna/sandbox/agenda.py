"""What will happen by itself when its time has come: reviews decided, orders expired."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

Action = Callable[[datetime], None]
"""Is given the moment it was meant for, which may be long past when it runs."""


class Agenda:
    """Actions in the order of their times; those of one moment in the order they were added."""

    def __init__(self) -> None:
        self._entries: list[tuple[datetime, int, Action]] = []
        self._numbers = count()

    def add(self, at: datetime, action: Action) -> None:
        """Have `action` happen at a moment."""
        heapq.heappush(self._entries, (at, next(self._numbers), action))

    def run(self, now: datetime) -> None:
        """Do what is due, including what becomes due by doing it."""
        while self._entries and self._entries[0][0] <= now:
            at, _, action = heapq.heappop(self._entries)
            action(at)
