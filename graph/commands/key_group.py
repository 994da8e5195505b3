"""`klarna-graph keys`: what secrets are sealed with."""

import sys

import orjson
import typer

from graph.commands.console import JsonFlag, run, say, settings_or_end
from graph.settings import HalfConfigured, read_settings
from store.instants import SystemClock

keys = typer.Typer(help="The keys that secrets are sealed with.", no_args_is_help=True)


@keys.command("list")
def list_keys(*, as_json: JsonFlag = False) -> None:
    """Say which keys there are and what they have sealed; also beside a running gateway."""
    from graph.commands import keys as sealing  # noqa: PLC0415  (likewise)

    settings = settings_or_end()

    async def listing() -> None:
        ring = await sealing.ring_of(settings)
        say(orjson.dumps(ring.as_json()).decode() if as_json else ring.as_text())

    run(listing())


@keys.command("rotate")
def rotate_keys() -> None:
    """Seal everything anew with the newest key; a gateway does so when it starts."""
    from graph.commands import keys as sealing  # noqa: PLC0415  (likewise)

    settings = settings_or_end()

    async def rotating() -> None:
        say(await sealing.rotate(settings))

    run(rotating())


@keys.command("make")
def make_key() -> None:
    """Print a new key, and on standard error what to do with it."""
    from graph.commands import keys as sealing  # noqa: PLC0415  (likewise)

    try:
        taken = list(read_settings().sealing_keys)
    except HalfConfigured:
        taken = []
    say(sealing.new_key(SystemClock().now().date(), taken))
    sys.stderr.write(f"{sealing.HOW_TO}\n")
