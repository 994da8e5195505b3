"""Applications: making and revoking the clients that ask for tokens, and telling who they are.

A secret is 256 bits drawn at random, so nobody can guess it from its digest: a plain SHA-256 is
right for it, and the slow digests that protect the passwords people choose would protect nothing.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from typing_extensions import Doc

from resolvers.context import Context, Services
from resolvers.errors import RefusalCode, Refused
from resolvers.idempotency.answers import fleeting, kept
from resolvers.identity.callers import CallerKind
from resolvers.identity.permissions import INTEGRATIONS, OPERATORS, done_by
from resolvers.seeing import seen
from resolvers.texts import MAX_TEXT, invalid, named
from store import applications as store
from store.applications import (
    Application,
    ApplicationKind,
    ApplicationSettings,
    applications_by_client_id,
    applications_by_id,
)
from store.changes import Change
from store.fields import Mark
from store.instants import Instant, instant
from store.orders import orders_by_id
from store.scope import EVERYTHING, Scope

LIFE = timedelta(hours=2)
"""How long a token is good."""
SECRET_BYTES = 32
_NO_DIGEST = "-" * 64


class InvalidClient(Exception):
    """No application of this name and secret, or it was revoked: nobody is told which."""


@kept
@dataclass(kw_only=True)
class NewApplication(Application):
    """An application that was just made, with its secret."""

    client_secret: Annotated[str | None, Doc("Its secret, shown this once only."), Mark.SECRET]


@fleeting
@dataclass(kw_only=True)
class CheckoutToken:
    """An access token for one order's checkout."""

    token: Annotated[
        str,
        Doc("What the browser sends as `Authorization: Bearer <token>`. It sees this order only."),
        Mark.SECRET,
    ]
    expires_at: Annotated[Instant, Doc("When it ends, two hours after it was made.")]


@done_by(OPERATORS)
async def create_application(context: Context, settings: ApplicationSettings) -> NewApplication:
    """Make an application in the caller's mode. Raises Forbidden and Refused.

    Its secret is returned and only a digest of it kept; a sales channel has none.
    """
    named(settings.name, "name")
    if len(settings.name) > MAX_TEXT or not settings.name.isprintable():
        raise invalid(("name",), f"A name has up to {MAX_TEXT} characters that can be printed.")
    public = settings.kind is ApplicationKind.sales_channel
    secret = None if public else secrets.token_urlsafe(SECRET_BYTES)

    async def create(change: Change) -> NewApplication:
        made = Application(
            id=change.new_id(),
            mode=context.caller.mode,
            kind=settings.kind,
            name=settings.name,
            client_id=secrets.token_urlsafe(SECRET_BYTES),
            secret_digest=secret and _digest(secret),
            created_at=change.at,
            created_by=change.who,
        )
        await store.add(change.transaction, made)
        return NewApplication(**vars(made), client_secret=secret)

    return await context.change(create)


@done_by(OPERATORS)
async def revoke_application(context: Context, application_id: str) -> Application:
    """Give an application no more tokens, and take none of those it has, from now on.

    Revoking it again changes nothing. Raises Forbidden and NotFound.
    """

    async def revoke(change: Change) -> Application:
        application = await seen(context, change.transaction, applications_by_id, application_id)
        if application.revoked_at is not None:
            return application
        revoked = replace(application, revoked_at=change.at, revoked_by=change.who)
        await store.revoke(change.transaction, revoked)
        return revoked

    revoked = await context.change(revoke)
    context.services.access.revoke(revoked.id)
    return revoked


async def authenticated(
    services: Services, client_id: str, client_secret: str | None
) -> Application:
    """Return the application that a client is. Raises InvalidClient.

    One that does not exist costs as many steps as one whose secret is another.
    """
    found = await applications_by_client_id.one(services.database, client_id, EVERYTHING)
    expected = _NO_DIGEST if found is None else found.secret_digest or _digest("")
    right = hmac.compare_digest(_digest(client_secret or ""), expected)
    if found is None or not right or found.revoked_at is not None:
        raise InvalidClient
    return found


def token_of(services: Services, application: Application) -> str:
    """Return a new access token for an application."""
    kind = CallerKind(application.kind)
    return services.access.tokens.issue(
        kind, application.mode, application_id=application.id, life=LIFE
    )


@done_by(INTEGRATIONS)
async def create_checkout_token(context: Context, order_id: str) -> CheckoutToken:
    """Return a token by which a browser sees one order only, and pays it.

    Raises Forbidden, NotFound, and Refused for an order that no checkout sees any more.
    """
    order = await seen(context, context.database, orders_by_id, order_id)
    checkout = Scope(context.caller.mode, order_id=order.id)
    if await orders_by_id.one(context.database, order.id, checkout) is None:
        raise Refused(
            RefusalCode.ORDER_NOT_EDITABLE,
            f"The order is {order.status}: no checkout sees it any more.",
            hint="Show the shopper what your own systems know of it.",
        )
    caller, now = context.caller, context.services.clock.now()
    token = context.services.access.tokens.issue(
        CallerKind.sales_channel,
        caller.mode,
        application_id=caller.application_id,
        life=LIFE,
        order_id=order.id,
    )
    return CheckoutToken(token=token, expires_at=instant(now.replace(microsecond=0) + LIFE))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
