"""`klarna-graph applications`: the clients that may ask for tokens."""

from typing import Annotated

import orjson
import typer

from graph.commands.console import JsonFlag, run, say, settings_or_end
from store.applications import ApplicationKind
from store.scope import Mode

applications = typer.Typer(help="The clients that may ask for tokens.", no_args_is_help=True)


@applications.command("create")
def create_application(
    name: Annotated[str, typer.Option(help="What people call it.")],
    kind: Annotated[ApplicationKind, typer.Option(help="What its tokens may do.")],
    mode: Annotated[Mode, typer.Option(help="The Klarna environment they see.")] = Mode.test,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Make a client, and print its secret: it is shown this once only."""
    from graph.commands import enrolling  # noqa: PLC0415  (likewise)

    settings = settings_or_end()

    async def creating() -> None:
        made = await enrolling.create(settings, mode, name, kind)
        shown = orjson.dumps(enrolling.as_json(made)).decode()
        say(shown if as_json else enrolling.as_text(made))

    run(creating())


@applications.command("list")
def list_applications(*, as_json: JsonFlag = False) -> None:
    """Print the clients there are, the revoked ones too."""
    from graph.commands import enrolling  # noqa: PLC0415  (likewise)

    settings = settings_or_end()

    async def listing() -> None:
        found = await enrolling.listed(settings)
        shown = orjson.dumps([enrolling.as_json(one) for one in found]).decode()
        say(shown if as_json else "\n".join(map(enrolling.as_text, found)))

    run(listing())


@applications.command("revoke")
def revoke_application(
    application_id: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    mode: Annotated[Mode, typer.Option(help="Its Klarna environment.")] = Mode.test,
) -> None:
    """Give a client no more tokens, and take none of those it has."""
    from graph.commands import enrolling  # noqa: PLC0415  (likewise)

    settings = settings_or_end()

    async def revoking() -> None:
        say(enrolling.as_text(await enrolling.revoke(settings, mode, application_id)))

    run(revoking())
