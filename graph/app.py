"""The gateway put together: settings, store, Klarna and routes, built once and closed in order."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import cast

import aiohttp
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy import text

from graph.compiler.compiled import Compiler
from graph.execution.documents import Documents
from graph.execution.executor import Executor
from graph.execution.manifest import documents_of
from graph.execution.rates import BAD_TOKENS, Buckets
from graph.http import oauth
from graph.http.addresses import PROXIES
from graph.http.answers import as_json, json_errors, turning_away
from graph.http.auth import guard
from graph.http.bodies import MAX_BODY
from graph.http.callbacks import ROUTES, add_callbacks
from graph.http.headers import Cors, dressing
from graph.http.heads import Heads
from graph.http.lane import Lane
from graph.http.listening import listen
from graph.http.server import Runner
from graph.http.view import GraphQLView
from graph.live.open_lines import LINES, Lines
from graph.live.sockets import Sockets, asks_for_socket
from graph.logs.access import access
from graph.logs.output import flush_logs
from graph.logs.setup import log_unhandled
from graph.pages.graphiql import add_graphiql
from graph.schema import schema
from graph.settings import Settings, shown
from resolvers.background.reconcile import reconcile
from resolvers.context import Services
from resolvers.cursors import Cursors
from resolvers.identity.access import Access
from resolvers.identity.issuers import Issuers
from resolvers.identity.key_sets import fetching
from resolvers.identity.tokens import Tokens
from resolvers.klarna.accounts import Accounts
from resolvers.klarna.countries import Region
from resolvers.klarna.lanes import Pace
from resolvers.klarna.transport import HttpTransport
from resolvers.secrets.credentials import Credentials
from resolvers.secrets.resealing import keep_resealing
from resolvers.secrets.sealing import KeyRing
from store.applications import revoked_ids
from store.database import StoreUnavailable
from store.ids import new_id, random_id
from store.instants import Clock
from store.sqlite import open_sqlite
from store.statements import Statement

log = structlog.get_logger()

_ALIVE = Statement(text("SELECT 1"))
PUBLIC = frozenset(
    {"/healthz", "/readyz", oauth.PATH, "/graphiql", "/graphiql/assets/{name}", *ROUTES.values()}
)
"""The routes that need no token; every other one does."""


@asynccontextmanager
async def services_of(settings: Settings, clock: Clock) -> AsyncIterator[Services]:
    """Open the store and the way to Klarna, and close them when what was begun has ended."""
    timeout = aiohttp.ClientTimeout(total=settings.klarna_timeout)
    database = await open_sqlite(settings.database, settings.statement_timeout)
    try:
        # How many calls are under way is each account's own matter: one must not starve another
        connections = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            connector=connections, cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            keys = KeyRing(settings.keys)
            guests = settings.guest_access == "order-id"
            ids = random_id if guests else new_id  # a guest sees whatever it knows the id of
            credentials = Credentials(database, keys, clock, ids)
            urls = cast("Mapping[Region, str]", settings.klarna_test_urls)
            issuers = Issuers(settings.issuers, settings.audience, fetching(session), clock)
            services = Services(
                database=database,
                clock=clock,
                new_id=ids,
                accounts=Accounts(
                    HttpTransport(session, timeout), credentials, urls, _pace(settings)
                ),
                keys=keys,
                cursors=Cursors(settings.token_secret.get_secret_value().encode()),
                access=Access(
                    Tokens(settings.token_secret.get_secret_value(), clock),
                    clock,
                    issuers,
                    guests=guests,
                    revoked=await revoked_ids(database),
                ),
                public_url=settings.public_url,
            )
            try:
                yield services
            finally:
                await services.turns.finish()
                await issuers.close()
    finally:
        await database.close()


def _pace(settings: Settings) -> Pace:
    return Pace(settings.klarna_attempts, settings.klarna_at_once, settings.klarna_timeout)


def create_app(
    settings: Settings,
    services: Services,
    executor: Executor,
    documents: Documents,
    cors: Cors,
) -> web.Application:
    """Return the gateway's application over services that somebody else opens and closes."""
    rate, seconds = BAD_TOKENS
    addresses, clients = (
        Buckets(name, rate=rate, seconds=seconds, now=time.monotonic)
        for name in ("address", "client")
    )
    app = web.Application(
        middlewares=[
            access,
            json_errors,
            guard(services.access, PUBLIC, turning_away(addresses), asks_for_socket),
        ],
        client_max_size=MAX_BODY,
    )
    app.on_response_prepare.append(dressing(cors))
    app[PROXIES] = settings.trusted_proxies
    app[LINES] = Lines(settings.open_lines, settings.open_lines_of_one)
    app.on_shutdown.append(app[LINES].hang_up)
    services.access.on_revoked = app[LINES].revoked
    sockets = Sockets(services, executor, documents, cors.welcomes, addresses)
    view = GraphQLView(services, executor, documents, sockets, body_timeout=settings.body_timeout)
    app.router.add_route("*", "/graphql", view.handle)
    add_callbacks(app, services, settings.callback_networks, settings.body_timeout)
    guesses = oauth.Guesses(addresses, clients)
    oauth.add_oauth(app, services, settings.body_timeout, guesses)
    app.router.add_get("/healthz", _alive)
    app.router.add_get("/readyz", _ready(services))
    if settings.serves_graphiql:
        add_graphiql(app)
    return app


def executor_of(settings: Settings, settle: Callable[[], None] | None = None) -> Executor:
    """Return what executes operations."""
    mode = settings.compiler
    compiler = None
    if mode != "off":
        compiler = Compiler(schema, eager=mode == "eager", settle=settle)
    return Executor(schema, settings.limits, closed=settings.production, compiler=compiler)


async def _alive(_: web.Request) -> web.Response:
    """Say that the process runs."""
    return as_json({"status": "ok"})


def _ready(services: Services) -> Handler:
    async def ready(_: web.Request) -> web.Response:
        """Say whether questions can be answered."""
        try:
            await services.database.rows(_ALIVE)
        except StoreUnavailable:
            return as_json({"status": "unavailable"}, status=503)
        return as_json({"status": "ok"})

    return ready


@asynccontextmanager
async def serving(
    settings: Settings, clock: Clock, *, settle: Callable[[], None] | None = None
) -> AsyncIterator[tuple[str, Services]]:
    """Run the gateway, and give the address it listens on and what it works with.

    `settle` is called whenever something new is kept for long.
    """
    log_unhandled(asyncio.get_running_loop())
    documents, cors = documents_of(settings), Cors(settings.cors_origins)
    async with services_of(settings, clock) as services:
        executor = executor_of(settings, settle)
        app = create_app(settings, services, executor, documents, cors)
        seconds = settings.limits.operation_timeout
        heads, proxies = Heads(cors, services.access), settings.trusted_proxies
        lane = Lane(services, executor, documents, heads, proxies, seconds=seconds)
        runner = Runner(app, cors, seconds=settings.body_timeout, lane=lane)
        await runner.setup()
        try:
            await listen(runner, settings.host, settings.port)
            host, port, *_ = runner.addresses[0]
            log.info("started", version=_version(), host=host, port=port, settings=shown(settings))
            async with resealing(services), reconciling(services, settings.reconcile_interval):
                yield f"http://{host}:{port}", services
        finally:
            log.info("stopping")
            await runner.cleanup()
    log.info("stopped")
    flush_logs()  # nothing waits for a loop that has no more turns


def _version() -> str:
    try:
        return version("klarna-graph")
    except PackageNotFoundError:
        return "not installed"


@asynccontextmanager
async def resealing(services: Services) -> AsyncIterator[None]:
    """Seal anew what an older key has sealed, beside everything else, once for each start."""
    task = asyncio.create_task(keep_resealing(services.database, services.keys))
    try:
        yield
    finally:
        await _stopped(task)


async def _stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()):
        log.error("background_failed", exc_info=error)


@asynccontextmanager
async def reconciling(services: Services, interval: float) -> AsyncIterator[None]:
    """Look after what is not settled at once and every `interval` seconds; 0 is never."""

    async def rounds() -> None:
        while True:
            try:
                await reconcile(services)
            except Exception:  # whatever it was, the next round may do better
                log.exception("reconcile_failed")
            await asyncio.sleep(interval)

    task = asyncio.create_task(rounds()) if interval else None
    try:
        yield
    finally:
        if task is not None:
            await _stopped(task)
