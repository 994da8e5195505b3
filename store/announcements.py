"""Announcements: waking whoever waits for changes, once they are committed.

They say that there is something new, and never what: that is read from the store. So whoever is
slow misses nothing and keeps nothing waiting. An engine of many processes announces here what the
others committed, too.
"""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager


class Listener:
    """Somebody who waits for news; at most one piece of it is kept while nobody looks."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Say that there is something new."""
        self._woken.set()

    async def news(self, within: float | None = None) -> None:
        """Wait until there was something new since the last call, or for so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()


class Announcements:
    """Tells listeners of commits, on the event loop's own thread."""

    def __init__(self) -> None:
        self._listeners: dict[str | None, set[Listener]] = {}

    @property
    def listeners(self) -> int:
        """How many listen at this moment."""
        return sum(map(len, self._listeners.values()))

    @contextmanager
    def listen(self, order_id: str | None = None) -> Iterator[Listener]:
        """Listen to what is committed from here on: about one order, or about anything."""
        listener = Listener()
        self._listeners.setdefault(order_id, set()).add(listener)
        try:
            yield listener
        finally:
            self._listeners[order_id].remove(listener)
            if not self._listeners[order_id]:
                del self._listeners[order_id]

    def announce(self, changed: Collection[str | None]) -> None:
        """Tell that events were committed: the orders they are about, and None for any at all."""
        if self._listeners:
            for order_id in changed:
                for listener in self._listeners.get(order_id, ()):
                    listener.wake()
