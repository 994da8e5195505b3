"""The command `klarna-graph`, also run as `python -m graph`."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer

from graph.collecting import freeze, freeze_if_many
from graph.commands.application_group import applications
from graph.commands.console import JsonFlag, fail, run, say, settings_or_end, stop_signal
from graph.commands.key_group import keys
from graph.commands.streams import open_streams
from graph.logs.setup import configure_logs
from graph.settings import HalfConfigured, read_settings, throwaway_settings
from resolvers.identity.callers import CallerKind
from resolvers.identity.tokens import Tokens
from store.instants import SystemClock
from store.locking import StoreInUse, StoreUnusable, lock
from store.scope import Mode

cli = typer.Typer(
    help="A self-hosted GraphQL gateway for Klarna payments.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(applications, name="applications")
cli.add_typer(keys, name="keys")


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
        stopped = stop_signal()
        async with demonstration(port) as running:
            say(orjson.dumps(running.as_json()).decode() if as_json else running.as_text())
            await stopped.wait()

    run(show())


@cli.command()
def serve() -> None:
    """Run the gateway, configured by the environment's KLARNA_GRAPH_* variables."""
    from graph.app import serving  # noqa: PLC0415  (likewise)

    settings = settings_or_end()

    async def show() -> None:
        stopped = stop_signal()
        async with serving(settings, SystemClock(), settle=freeze_if_many) as (url, _):
            freeze()
            say(f"klarna-graph listens on {url}")
            await stopped.wait()

    run(show())


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
        stopped = stop_signal()
        async with alone.sandbox(host, port) as served:
            say(orjson.dumps(served.as_json()).decode() if as_json else alone.as_text(served))
            await stopped.wait()

    run(show())


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
        fail(f"--variables is not JSON: {error}")
    if not isinstance(given, dict):
        fail("--variables must be a JSON object.")
    for line in explained(served, document.read(), kind, given):
        say(line)


@cli.command()
def errors() -> None:
    """Print what each code of a refusal or an error means, and what to do about it."""
    from graph.commands.catalogue import errors_text  # noqa: PLC0415  (likewise)

    say(errors_text())


@cli.command()
def migrate(
    database: Annotated[Path | None, typer.Option(help="The database file to migrate.")] = None,
) -> None:
    """Bring the database to the newest schema; `serve` does so too when it starts."""
    from store.migrate import migrate as bring_forward  # noqa: PLC0415  (likewise)

    path = database or settings_or_end().database
    try:
        with lock(path):
            bring_forward(path)
    except (StoreInUse, StoreUnusable) as error:
        fail(str(error))
    say(f"{path} has the newest schema.")


@cli.command()
def reconcile() -> None:
    """Settle the calls to Klarna that have no answer; a running gateway does so by itself."""
    from graph.app import services_of  # noqa: PLC0415  (likewise)
    from resolvers.background.reconcile import reconcile as settle  # noqa: PLC0415  (likewise)

    settings = settings_or_end()

    async def settling() -> None:
        async with services_of(settings, SystemClock()) as services:
            told = await settle(services)
        say(f"{told.settled} settled, {told.open} still open.")

    run(settling())


@cli.command()
def doctor(*, as_json: JsonFlag = False) -> None:
    """Say what is wrong and what to do: settings, database, keys, and each gateway at Klarna."""
    from graph.commands import doctor as surgery  # noqa: PLC0415  (likewise)

    async def checking() -> surgery.Checkup:
        try:
            settings = read_settings()
        except HalfConfigured as error:
            return surgery.misconfigured(str(error))
        configure_logs(settings.log_level)
        return await surgery.check_up(settings, SystemClock())

    told = asyncio.run(checking())
    say(orjson.dumps(told.as_json()).decode() if as_json else told.as_text())
    raise SystemExit(0 if told.well else 1)


@cli.command()
def export() -> None:
    """Print every record as a line of JSON, without secrets; also beside a running gateway."""
    from graph.commands.exporting import exporting  # noqa: PLC0415  (likewise)

    settings = settings_or_end()

    async def printing() -> None:
        async for line in exporting(settings.database):
            sys.stdout.buffer.write(line)
        sys.stdout.flush()

    run(printing())


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
        fail("--order needs the order's id.")
    if operator and order is not None:
        fail("--operator and --order are two kinds of token: give one of them.")
    tokens = Tokens(settings_or_end().token_secret.get_secret_value(), SystemClock())
    kind = CallerKind.operator if operator else CallerKind.integration
    if order is not None:
        kind = CallerKind.sales_channel
    life = timedelta(hours=hours)
    say(tokens.issue(kind, mode, application_id=application, life=life, order_id=order))


def main() -> None:
    """Run the command."""
    open_streams()
    cli()


if __name__ == "__main__":
    main()
