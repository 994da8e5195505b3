"""Rotating a gateway's credentials: from one pair to the next, with no call failing in between.

Klarna lets a merchant have several pairs. Sessions, authorizations and orders are the merchant's,
not the pair's, so what was begun with one goes on with the other; a call that is under way goes on
with the pair it was sent with, and if that was disabled meanwhile, Klarna's 401 had no effect and
the call is made again with the pair of the moment.
"""

from collections.abc import Mapping
from contextlib import suppress

import structlog

from resolvers.context import Context, Services
from resolvers.errors import RefusalCode, Refused
from resolvers.gateways import check_login
from resolvers.identity.permissions import INTEGRATIONS, done_by
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.accounts import OtherMerchant
from resolvers.klarna.logins import Login
from resolvers.refusals import refusal
from resolvers.secrets.credentials import opened_next, present, with_login, with_next
from resolvers.secrets.sealing import Unreadable
from resolvers.seeing import seen
from store.changes import Change
from store.gateways import KlarnaGateway, gateways_awaiting, gateways_by_id

log = structlog.get_logger()


@done_by(INTEGRATIONS)
async def rotate_klarna_credentials(
    context: Context, gateway_id: str, given: Mapping[str, str]
) -> KlarnaGateway:
    """Have a gateway call with another pair of its merchant's, once Klarna has answered to it.

    If Klarna cannot be asked now, the pair is kept as the next one and tried again: by the
    reconciler, and by the first call whose present pair is refused. The present pair given again
    lets go of a next one. Raises Forbidden, NotFound and Refused.
    """
    check_login(given)
    login, keys = Login(**given), context.services.keys
    gateway = await seen(context, context.database, gateways_by_id, gateway_id)
    _must_be_named_alike(context, gateway, login)
    proven = await _proven(context.services, gateway, login)

    async def rotate(change: Change) -> KlarnaGateway:
        now = await seen(context, change.transaction, gateways_by_id, gateway_id)
        if present(keys, now) == login:
            kept = now if now.next_credentials is None else with_next(keys, now, None)
            return await change.save(now, kept, "next_credentials_withdrawn")
        if proven:
            return await change.save(now, with_login(keys, now, login), "credentials_rotated")
        return await change.save(now, with_next(keys, now, login), "next_credentials_kept")

    return await context.change(rotate)


async def finish_rotations(services: Services) -> None:
    """Change over to the next pairs that Klarna answers to by now, and forget those it refuses."""
    for gateway in await gateways_awaiting(services.database):
        with suppress(Unreadable):
            await _finish(services, gateway)


async def _finish(services: Services, gateway: KlarnaGateway) -> None:
    credentials = services.accounts.credentials
    login = opened_next(services.keys, gateway)
    if login is None:
        return
    try:
        await services.accounts.prove(gateway, login)
    except OtherMerchant:
        await credentials.withdraw(gateway.id, login, "The next pair is another merchant's.")
    except klarna_errors.Refused as no:
        await credentials.withdraw(gateway.id, login, no.message)
    except klarna_errors.KlarnaProblem as problem:
        log.info("next_credentials_wait", gateway=gateway.id, reason=problem.message)
    else:
        await credentials.switch(gateway.id, login)


async def _proven(services: Services, gateway: KlarnaGateway, login: Login) -> bool:
    """Whether Klarna answers to a login; False if it cannot be asked. Raises Refused."""
    try:
        await services.accounts.prove(gateway, login)
    except OtherMerchant:
        raise _other_merchant(
            "This pair does not know what the gateway's merchant has made."
        ) from None
    except klarna_errors.Refused as no:
        raise refusal(no) from no
    except klarna_errors.KlarnaProblem as problem:
        log.info("next_credentials_wait", gateway=gateway.id, reason=problem.message)
        return False
    return True


def _must_be_named_alike(context: Context, gateway: KlarnaGateway, login: Login) -> None:
    """Raise Refused if the usernames already tell that the login is another merchant's."""
    held = present(context.services.keys, gateway)
    ours, theirs = held and held.merchant_id, login.merchant_id
    if ours and theirs and ours != theirs:
        raise _other_merchant(f"This pair is of the merchant {theirs}, and the gateway of {ours}.")


def _other_merchant(message: str) -> Refused:
    return Refused(
        RefusalCode.FIELD_INVALID,
        message,
        path=["api_key"],
        hint="Its payments stay with its merchant: call createKlarnaGateway for another one.",
    )
