"""The sandbox on a port: HTTP in, callbacks out, and nothing of its own to say.

    async with running(Sandbox(clock=running_clock(), credentials=[credential])) as served:
        served.base_urls["EU"]

`running` opens the port and closes it; `create_app` is for a server of one's own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from resolvers.klarna.sandbox.clock import AdjustableClock
from resolvers.klarna.sandbox.control import PREFIX
from resolvers.klarna.sandbox.delivery import delivering
from resolvers.klarna.sandbox.limits import MAX_BODY
from resolvers.klarna.sandbox.merchants import REGIONS, Credential
from resolvers.klarna.sandbox.messages import Json, Reply, Request
from resolvers.klarna.sandbox.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Served:
    """A sandbox that can be reached, and how."""

    origin: str
    """Scheme, host and port: `http://127.0.0.1:8090`."""
    credential: Credential

    @property
    def base_urls(self) -> dict[str, str]:
        """The URL that takes the place of Klarna's host, for each region."""
        return {region: f"{self.origin}/{prefix}" for prefix, region in REGIONS.items()}

    @property
    def control(self) -> str:
        """The control API's URL."""
        return f"{self.origin}/{PREFIX}"

    @property
    def sdk(self) -> str:
        """The URL that takes the place of Klarna's browser SDK."""
        return f"{self.control}/sdk.js"

    def as_json(self) -> Json:
        """Return what a client needs to know: `base_urls`, `username` and `password`."""
        return {
            "base_urls": self.base_urls,
            "username": self.credential.username,
            "password": self.credential.password,
        }


def running_clock() -> AdjustableClock:
    """Return a clock that keeps the time of day, and can be moved ahead of it."""
    return AdjustableClock(lambda: datetime.now(UTC))


def create_app(sandbox: Sandbox) -> web.Application:
    """Put a sandbox behind HTTP, and send its callbacks as they become due."""
    app = web.Application()
    stopping = asyncio.Event()

    async def stop(_: web.Application) -> None:
        stopping.set()

    async def deliver(_: web.Application) -> AsyncIterator[None]:
        async with delivering(sandbox):
            yield

    app.router.add_route("*", "/{path:.*}", _handler(sandbox, stopping))
    app.on_shutdown.append(stop)
    app.cleanup_ctx.append(deliver)
    return app


@asynccontextmanager
async def running(
    sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Served]:
    """Run a sandbox on a port, 0 for any free one, until the context ends."""
    runner = web.AppRunner(create_app(sandbox), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound: int = runner.addresses[0][1]
        yield Served(f"http://{_reachable(host)}:{bound}", sandbox.credential)
    finally:
        await runner.cleanup()


def _handler(
    sandbox: Sandbox, stopping: asyncio.Event
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        reply = sandbox.handle(await _received(request))
        if reply.delay:
            await _pass(reply.delay, stopping)
            sandbox.arrived(reply)
        if reply.close and request.transport:
            request.transport.close()
        return _response(reply)

    return handle


async def _received(request: web.Request) -> Request:
    """Read a request, of its body no more than shows that it is too large."""
    body = b""
    while len(body) <= MAX_BODY:
        part = await request.content.read(MAX_BODY + 1 - len(body))
        if not part:
            break
        body += part
    return Request(request.method, request.raw_path, request.headers, body)


def _response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body or None, headers=reply.headers)


async def _pass(seconds: float, stopping: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        pass


def _reachable(host: str) -> str:
    """Return how to call a host that the sandbox listens on."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104  # recognized, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
