"""The server between the sockets and the application, which answers in JSON throughout."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from graph.http.answers import instead
from graph.http.connections import GRACE, Connection
from graph.http.headers import Cors
from graph.http.lane import Lane

KEPT_ALIVE = 75.0
"""How long a connection is kept that asks for nothing, in s; longer than proxies keep theirs."""
LINGERING = 2.0
"""How long the rest of a refused body is read away, in s, so that its sender reads the refusal."""


class Server(web.Server):
    """Makes a Connection of each that is opened."""

    def __call__(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application behind this server.

    `seconds` is what a request's head may take, and `grace` what is begun when the server stops.
    Usual requests are answered on the `lane`, where there is one.
    """

    def __init__(
        self,
        app: web.Application,
        cors: Cors,
        *,
        seconds: float,
        grace: float = GRACE,
        lane: Lane | None = None,
    ) -> None:
        super().__init__(
            app,
            access_log=None,
            auto_decompress=False,  # graph/http/bodies.py does, within its limits
            head_seconds=seconds,
            keepalive_timeout=KEPT_ALIVE,
            lane=lane,
            lingering_time=LINGERING,
            shutdown_timeout=grace,
        )
        self._cors = cors

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        handler = answering(made.request_handler, self._cors)
        options = made._kwargs  # noqa: SLF001  (nothing else says how connections are made)
        return Server(handler, request_factory=made.request_factory, **options)


Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def answering(handler: Answering, cors: Cors) -> Answering:
    """Return a handler that answers browsers' preflights, and every exception in JSON.

    What a router raises, or an expectation that is not met, passes by the middlewares.
    """

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if (asked := cors.preflight(request)) is not None:
            return asked
        try:
            return await handler(request)
        except Exception as error:  # noqa: BLE001  (the last one to catch it)
            return instead(request, error)

    return answer
