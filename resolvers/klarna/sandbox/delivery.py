"""Sending callbacks over HTTP, as they become due."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientError, ClientSession, ClientTimeout

from resolvers.klarna.sandbox.callbacks import TIMEOUT, Delivery
from resolvers.klarna.sandbox.sandbox import Sandbox

_LOOK_AGAIN = 1.0
"""Seconds after which the clock is read again, should it have been moved without a word."""


@asynccontextmanager
async def delivering(sandbox: Sandbox) -> AsyncIterator[None]:
    """Send a sandbox's callbacks until the context ends."""
    timeout = ClientTimeout(total=2 * TIMEOUT, sock_connect=TIMEOUT, sock_read=TIMEOUT)
    async with ClientSession(timeout=timeout) as session:
        courier = asyncio.create_task(_Courier(sandbox, session).run())
        try:
            yield
        finally:
            courier.cancel()
            await asyncio.gather(courier, return_exceptions=True)


class _Courier:
    """Sends what is due, each callback on its own, and sleeps until more is."""

    def __init__(self, sandbox: Sandbox, session: ClientSession) -> None:
        self._sandbox = sandbox
        self._session = session
        self._news = asyncio.Event()
        self._under_way: list[Delivery] = []

    async def run(self) -> None:
        """Send until cancelled."""
        self._sandbox.watch(self._news.set)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    self._news.clear()
                    for delivery in self._sandbox.due():
                        if delivery not in self._under_way:
                            self._under_way.append(delivery)
                            group.create_task(self._send(delivery))
                    await self._sleep()
        finally:
            self._sandbox.unwatch(self._news.set)

    async def _send(self, delivery: Delivery) -> None:
        try:
            # a redirect could lead to a host that must not be called
            async with self._session.post(
                delivery.url, json=delivery.body, allow_redirects=False
            ) as response:
                status: int | None = response.status
        except (ClientError, OSError, ValueError):
            status = None
        self._under_way.remove(delivery)
        self._sandbox.settle(delivery, status)

    async def _sleep(self) -> None:
        """Wait for news, or until the next callback is due."""
        present = self._sandbox.clock()
        waiting = (
            (delivery.due_at - present).total_seconds()
            for delivery in self._sandbox.waiting()
            if delivery not in self._under_way
        )
        soonest = next(waiting, None)
        try:
            async with asyncio.timeout(None if soonest is None else min(soonest, _LOOK_AGAIN)):
                await self._news.wait()
        except TimeoutError:
            return
