"""What `klarna-graph applications` does: it opens the database itself, as one process may."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Any

from graph.app import services_of
from graph.settings import Settings
from resolvers.context import Context
from resolvers.identity.applications import NewApplication, create_application, revoke_application
from resolvers.identity.callers import Caller, CallerKind
from store.applications import Application, ApplicationKind, ApplicationSettings
from store.instants import SystemClock
from store.pages import Key, Page, page
from store.scope import Mode, Scope

MOST = 1000
_SHOWN = tuple(one.name for one in fields(Application) if one.name != "secret_digest")


async def create(
    settings: Settings, mode: Mode, name: str, kind: ApplicationKind
) -> NewApplication:
    """Make an application. Raises Refused and StoreInUse."""
    async with _acting(settings, mode) as context:
        return await create_application(context, ApplicationSettings(name=name, kind=kind))


async def revoke(settings: Settings, mode: Mode, application_id: str) -> Application:
    """Revoke an application. Raises NotFound and StoreInUse."""
    async with _acting(settings, mode) as context:
        return await revoke_application(context, application_id)


async def listed(settings: Settings) -> list[Application]:
    """Return the applications of both modes, the newest first. Raises StoreInUse."""
    newest = Page(MOST, (Key("created_at", descending=True),))
    async with _acting(settings, Mode.test) as context:
        found = [await page(context.database, Application, newest, Scope(mode)) for mode in Mode]
    return [one for records in found for one in records.records]


def as_json(application: Application) -> dict[str, Any]:
    """Return what a script reads of an application: its digest is nobody's business."""
    shown = {name: getattr(application, name) for name in _SHOWN}
    if isinstance(application, NewApplication):
        shown["client_secret"] = application.client_secret
    return shown


def as_text(application: Application) -> str:
    """Return what a person reads of an application, in one line or a few."""
    standing = f"revoked {application.revoked_at}" if application.revoked_at else "good"
    told = [application.id, application.mode, application.kind, standing, application.name]
    lines = ["  ".join(map(str, told)), f"  client id      {application.client_id}"]
    if isinstance(application, NewApplication):
        secret = application.client_secret
        lines.append(f"  client secret  {secret}" if secret else "  it keeps no secret")
    return "\n".join(lines)


@asynccontextmanager
async def _acting(settings: Settings, mode: Mode) -> AsyncIterator[Context]:
    """Act as the operator at the terminal."""
    clock = SystemClock()
    async with services_of(settings, clock) as services:
        yield Context(services, Caller(CallerKind.operator, mode, "cli", clock.now()))
