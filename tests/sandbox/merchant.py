"""A merchant's server, which the sandbox calls back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from resolvers.klarna.sandbox.messages import Json
from resolvers.klarna.sandbox.sandbox import Sandbox


class Merchant:
    """A merchant's server, which records what it is told and answers as it likes."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[Json] = asyncio.Queue()
        self.answer: Callable[[], Awaitable[web.Response]] = self.answer_with(200)
        self.url = ""

    def answer_with(self, status: int, **headers: str) -> Callable[[], Awaitable[web.Response]]:
        async def answer() -> web.Response:
            return web.Response(status=status, headers=headers)

        return answer

    async def hear(self, request: web.Request) -> web.Response:
        await self.told.put(await request.json())
        return await self.answer()

    async def next(self) -> Json:
        async with asyncio.timeout(5):
            return await self.told.get()


@asynccontextmanager
async def opened() -> AsyncIterator[Merchant]:
    merchant = Merchant()
    app = web.Application()
    app.router.add_post("/{path:.*}", merchant.hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    merchant.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield merchant
    finally:
        await runner.cleanup()


async def until(sandbox: Sandbox, condition: Callable[[], bool]) -> None:
    """Wait until something is true of a sandbox."""
    news = asyncio.Event()
    sandbox.watch(news.set)
    async with asyncio.timeout(8):
        while not condition():
            await news.wait()
            news.clear()
    sandbox.unwatch(news.set)


async def settled(sandbox: Sandbox, attempts: int) -> list[int | None]:
    """Wait until a callback was tried so many times, and return what it was answered."""
    await until(sandbox, lambda: len(sandbox.deliveries[0].attempts) >= attempts)
    return [attempt.status for attempt in sandbox.deliveries[0].attempts]
