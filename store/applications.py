"""Applications: the clients that may ask for access tokens."""

from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Index, bindparam, insert, select, update
from typing_extensions import Doc

from store.database import Reader, Transaction
from store.fields import Json, Mark
from store.instants import Instant
from store.lookups import Lookup
from store.rows import json_text, rows_of
from store.scope import Mode
from store.statements import Statement
from store.tables import derive
from store.words import Word


class ApplicationKind(Word):
    """What an application is to the shop, and so what its tokens may do."""

    sales_channel = (
        "sales_channel",
        "A storefront in a browser: it keeps no secret, and sees an order it knows the id of.",
    )
    integration = "integration", "The shop's own systems: they see and do everything of a mode."
    operator = "operator", "Whoever runs the gateway: sees all but tokens, and moves no money."


@dataclass(kw_only=True)
class ApplicationSettings:
    """What an operator decides about an application."""

    name: Annotated[str, Doc("What people call it, for example `Back office`.")]
    kind: Annotated[ApplicationKind, Doc("What its tokens may do.")]


@dataclass(kw_only=True)
class Application(ApplicationSettings):
    """A client that gets access tokens of one kind and one mode."""

    id: Annotated[str, Doc("Ten letters, stable and opaque; its tokens name it.")]
    mode: Annotated[Mode, Doc("The Klarna environment that its tokens see.")]
    client_id: Annotated[str, Doc("What it calls itself when it asks for a token. Public.")]
    secret_digest: Annotated[
        str | None,
        Doc("The digest of its secret; null for one that keeps none."),
        Mark.INTERNAL,
        Mark.SECRET,
    ]
    created_at: Annotated[Instant, Doc("When it was made.")]
    created_by: Annotated[Json, Doc("Who made it, as in a version.")]
    revoked_at: Annotated[
        Instant | None, Doc("When it was revoked, and its tokens with it; null while it is good.")
    ] = None
    revoked_by: Annotated[Json | None, Doc("Who revoked it, as in a version.")] = None


applications = derive(
    "applications",
    Application,
    Index(None, "client_id", unique=True),
    Index(None, "mode", "created_at", "id"),
)

applications_by_id = Lookup(Application, applications.c.id)
applications_by_client_id = Lookup(Application, applications.c.client_id)

_INSERT = Statement(insert(applications))
_REVOKE = Statement(
    update(applications)
    .where(
        applications.c.id == bindparam("_id", required=True), applications.c.revoked_at.is_(None)
    )
    .values(revoked_at=bindparam("new_revoked_at"), revoked_by=bindparam("new_revoked_by"))
)
_REVOKED = Statement(select(applications.c.id).where(applications.c.revoked_at.is_not(None)))


async def add(transaction: Transaction, application: Application) -> None:
    """Write a new application down."""
    await transaction.run(_INSERT, **rows_of(Application).values(application))


async def revoke(transaction: Transaction, application: Application) -> None:
    """Write down when and by whom an application was revoked; the first time counts."""
    values = {
        "new_revoked_at": application.revoked_at,
        "new_revoked_by": json_text(application.revoked_by),
    }
    await transaction.run(_REVOKE, _id=application.id, **values)


async def revoked_ids(reader: Reader) -> list[str]:
    """Return the ids of the applications that were revoked."""
    return [found for (found,) in await reader.rows(_REVOKED)]
