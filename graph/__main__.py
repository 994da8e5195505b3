"""The command `klarna-graph`, also run as `python -m graph`."""

import asyncio
import gc
import signal
import sys
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer

from graph.logs import configure_logs
from graph.settings import HalfConfigured, Settings, read_settings, throwaway_settings
from resolvers.callers import CallerKind
from resolvers.errors import Problem
from resolvers.tokens import Tokens
from store.applications import ApplicationKind
from store.instants import SystemClock
from store.locking import StoreInUse, StoreUnusable, lock
from store.scope import Mode

cli = typer.Typer(
    help="A self-hosted GraphQL gateway for Klarna payments.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
applications = typer.Typer(help="The clients that may ask for tokens.", no_args_is_help=True)
cli.add_typer(applications, name="applications")
keys = typer.Typer(help="The keys that secrets are sealed with.", no_args_is_help=True)
cli.add_typer(keys, name="keys")
JsonFlag = Annotated[
    bool, typer.Option("--json", help="Print one JSON object as the first line, for scripts.")
]


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="The port to listen on; 0 picks a free one.")] = 8000,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Run the gateway with Klarna's sandbox and a shop's orders: no account, no network."""
    from graph.demo.run import demo as demonstration  # noqa: PLC0415  (only this command needs it)

    configure_logs(throwaway_settings().log_level, "text")

    async def show() -> None:
        stopped = _stop_signal()
        async with demonstration(port) as running:
            _say(orjson.dumps(running.as_json()).decode() if as_json else running.as_text())
            await stopped.wait()

    _run(show())


@cli.command()
def serve() -> None:
    """Run the gateway, configured by the environment's KLARNA_GRAPH_* variables."""
    from graph.app import serving  # noqa: PLC0415  (likewise)

    settings = _settings()

    async def show() -> None:
        stopped = _stop_signal()
        async with serving(settings, SystemClock()) as (url, _):
            gc.collect()
            gc.freeze()  # what was built once is looked through no more, which took 80 ms a time
            _say(f"klarna-graph listens on {url}")
            await stopped.wait()

    _run(show())


@cli.command()
def sandbox(
    port: Annotated[int, typer.Option(help="The port to listen on; 0 picks a free one.")] = 8090,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Run Klarna's sandbox alone, for any integration's own tests."""
    from graph.demo import sandbox as alone  # noqa: PLC0415  (likewise)

    async def show() -> None:
        stopped = _stop_signal()
        async with alone.sandbox(host, port) as served:
            _say(orjson.dumps(served.as_json()).decode() if as_json else alone.as_text(served))
            await stopped.wait()

    _run(show())


@cli.command()
def schema(
    *,
    federation: Annotated[
        bool, typer.Option("--federation", help="Print it as a federation composes it.")
    ] = False,
) -> None:
    """Print the GraphQL schema."""
    from graph import schema as served  # noqa: PLC0415  (likewise)

    sys.stdout.write(served.federated() if federation else served.printed())


@cli.command()
def explain(
    document: Annotated[typer.FileText, typer.Argument(help="A GraphQL document; - is stdin.")],
    kind: Annotated[CallerKind, typer.Option(help="Who asks.")] = CallerKind.integration,
    variables: Annotated[str, typer.Option(help="Its variables, as JSON.")] = "{}",
) -> None:
    """Print the SQL statement that a question is compiled to, or why it is not."""
    from graph.compiler.explaining import explained  # noqa: PLC0415  (likewise)
    from graph.schema import schema as served  # noqa: PLC0415  (likewise)

    try:
        given = orjson.loads(variables)
    except orjson.JSONDecodeError as error:
        _fail(f"--variables is not JSON: {error}")
    if not isinstance(given, dict):
        _fail("--variables must be a JSON object.")
    for line in explained(served, document.read(), kind, given):
        _say(line)


@cli.command()
def errors() -> None:
    """Print what each code of a refusal or an error means, and what to do about it."""
    from graph.catalogue import errors_text  # noqa: PLC0415  (likewise)

    _say(errors_text())


@cli.command()
def migrate(
    database: Annotated[Path | None, typer.Option(help="The database file to migrate.")] = None,
) -> None:
    """Bring the database to the newest schema; `serve` does so too when it starts."""
    from store.migrate import migrate as bring_forward  # noqa: PLC0415  (likewise)

    path = database or _settings().database
    try:
        with lock(path):
            bring_forward(path)
    except (StoreInUse, StoreUnusable) as error:
        _fail(str(error))
    _say(f"{path} has the newest schema.")


@cli.command()
def reconcile() -> None:
    """Settle the calls to Klarna that have no answer; a running gateway does so by itself."""
    from graph.app import services_of  # noqa: PLC0415  (likewise)
    from resolvers.reconcile import reconcile as settle  # noqa: PLC0415  (likewise)

    settings = _settings()

    async def settling() -> None:
        async with services_of(settings, SystemClock()) as services:
            told = await settle(services)
        _say(f"{told.settled} settled, {told.open} still open.")

    _run(settling())


@cli.command()
def doctor(*, as_json: JsonFlag = False) -> None:
    """Say what is wrong and what to do: settings, database, keys, and each gateway at Klarna."""
    from graph import doctor as surgery  # noqa: PLC0415  (likewise)

    async def checking() -> surgery.Checkup:
        try:
            settings = read_settings()
        except HalfConfigured as error:
            return surgery.misconfigured(str(error))
        configure_logs(settings.log_level)
        return await surgery.check_up(settings, SystemClock())

    told = asyncio.run(checking())
    _say(orjson.dumps(told.as_json()).decode() if as_json else told.as_text())
    raise SystemExit(0 if told.well else 1)


@cli.command()
def export() -> None:
    """Print every record as a line of JSON, without secrets; also beside a running gateway."""
    from graph.exporting import exporting  # noqa: PLC0415  (likewise)

    settings = _settings()

    async def printing() -> None:
        async for line in exporting(settings.database):
            sys.stdout.buffer.write(line)
        sys.stdout.flush()

    _run(printing())


@keys.command("list")
def list_keys(*, as_json: JsonFlag = False) -> None:
    """Say which keys there are and what they have sealed; also beside a running gateway."""
    from graph import keys as sealing  # noqa: PLC0415  (likewise)

    settings = _settings()

    async def listing() -> None:
        ring = await sealing.ring_of(settings)
        _say(orjson.dumps(ring.as_json()).decode() if as_json else ring.as_text())

    _run(listing())


@keys.command("rotate")
def rotate_keys() -> None:
    """Seal everything anew with the newest key; a gateway does so when it starts."""
    from graph import keys as sealing  # noqa: PLC0415  (likewise)

    settings = _settings()

    async def rotating() -> None:
        _say(await sealing.rotate(settings))

    _run(rotating())


@keys.command("make")
def make_key() -> None:
    """Print a new key, and on standard error what to do with it."""
    from graph import keys as sealing  # noqa: PLC0415  (likewise)

    try:
        taken = list(read_settings().sealing_keys)
    except HalfConfigured:
        taken = []
    _say(sealing.new_key(SystemClock().now().date(), taken))
    sys.stderr.write(f"{sealing.HOW_TO}\n")


@cli.command()
def token(
    order: Annotated[str | None, typer.Option(help="The order a checkout's token is for.")] = None,
    mode: Annotated[Mode, typer.Option(help="The Klarna environment it sees.")] = Mode.test,
    application: Annotated[str, typer.Option(help="Who holds it; versions say so.")] = "cli",
    hours: Annotated[float, typer.Option(min=0.01, max=8760, help="How long it is good.")] = 2,
    *,
    operator: Annotated[
        bool, typer.Option("--operator", help="For whoever runs the gateway, not the shop.")
    ] = False,
) -> None:
    """Print an access token: an integration's, an operator's, or with --order a checkout's."""
    if order == "":
        _fail("--order needs the order's id.")
    if operator and order is not None:
        _fail("--operator and --order are two kinds of token: give one of them.")
    tokens = Tokens(_settings().token_secret.get_secret_value(), SystemClock())
    kind = CallerKind.operator if operator else CallerKind.integration
    if order is not None:
        kind = CallerKind.sales_channel
    life = timedelta(hours=hours)
    _say(tokens.issue(kind, mode, application_id=application, life=life, order_id=order))


@applications.command("create")
def create_application(
    name: Annotated[str, typer.Option(help="What people call it.")],
    kind: Annotated[ApplicationKind, typer.Option(help="What its tokens may do.")],
    mode: Annotated[Mode, typer.Option(help="The Klarna environment they see.")] = Mode.test,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Make a client, and print its secret: it is shown this once only."""
    from graph import enrolling  # noqa: PLC0415  (likewise)

    settings = _settings()

    async def creating() -> None:
        made = await enrolling.create(settings, mode, name, kind)
        shown = orjson.dumps(enrolling.as_json(made)).decode()
        _say(shown if as_json else enrolling.as_text(made))

    _run(creating())


@applications.command("list")
def list_applications(*, as_json: JsonFlag = False) -> None:
    """Print the clients there are, the revoked ones too."""
    from graph import enrolling  # noqa: PLC0415  (likewise)

    settings = _settings()

    async def listing() -> None:
        found = await enrolling.listed(settings)
        shown = orjson.dumps([enrolling.as_json(one) for one in found]).decode()
        _say(shown if as_json else "\n".join(map(enrolling.as_text, found)))

    _run(listing())


@applications.command("revoke")
def revoke_application(
    application_id: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    mode: Annotated[Mode, typer.Option(help="Its Klarna environment.")] = Mode.test,
) -> None:
    """Give a client no more tokens, and take none of those it has."""
    from graph import enrolling  # noqa: PLC0415  (likewise)

    settings = _settings()

    async def revoking() -> None:
        _say(enrolling.as_text(await enrolling.revoke(settings, mode, application_id)))

    _run(revoking())


def _settings() -> Settings:
    try:
        settings = read_settings()
    except HalfConfigured as error:
        _fail(f"klarna-graph is not configured yet.\n{error}")
    configure_logs(settings.log_level, settings.log_format)
    return settings


def _stop_signal() -> asyncio.Event:
    """Return what is set by Ctrl-C, or by whoever runs the process and wants it to end."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    return stopped


def _run(main: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(main)
    except KeyboardInterrupt:
        return
    except (HalfConfigured, StoreInUse, StoreUnusable, Problem, OSError) as error:
        _fail(str(error))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _fail(text: str) -> NoReturn:
    sys.stderr.write(f"{text}\n")
    raise SystemExit(1)


def main() -> None:
    """Run the command."""
    cli()


if __name__ == "__main__":
    main()
