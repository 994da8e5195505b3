"""Klarna gateways: making, changing and deleting them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from resolvers.context import Context
from resolvers.identity.permissions import INTEGRATIONS, done_by
from resolvers.klarna.logins import Login
from resolvers.secrets.credentials import present, with_login
from resolvers.seeing import seen
from resolvers.texts import check_texts, invalid, named
from resolvers.uses import must_be_unused
from store.changes import Change
from store.gateways import KlarnaGateway, KlarnaGatewaySettings, gateways_by_id
from store.operations import operations_by_gateway
from store.payment_methods import payment_methods_by_gateway
from store.payments import payments_by_gateway

MAX_CREDENTIAL = 1000
_USES = {
    "payment methods": payment_methods_by_gateway,
    "payments": payments_by_gateway,
    "calls to Klarna": operations_by_gateway,
}
_PAID = {"payments": payments_by_gateway}
_ROTATE = (
    "Call rotateKlarnaCredentials, which asks Klarna whether the pair is of the same merchant; or "
    "createKlarnaGateway for another merchant."
)
_DISABLE = "Call disableKlarnaGateway instead."


@done_by(INTEGRATIONS)
async def create_klarna_gateway(
    context: Context, settings: KlarnaGatewaySettings, login: Mapping[str, str]
) -> KlarnaGateway:
    """Make a gateway in the caller's mode. `login` is its `api_key` and `api_secret`.

    They are sealed and never read again. Raises Forbidden and Refused.
    """
    _check(settings)
    check_login(login)

    async def create(change: Change) -> KlarnaGateway:
        gateway = KlarnaGateway(
            **vars(settings),
            id=change.new_id(),
            mode=context.caller.mode,
            created_at=change.at,
            updated_at=change.at,
            credentials="",
            credential_keys={},
        )
        made = with_login(context.services.keys, gateway, Login(**login))
        return await change.save(None, made, "created")

    return await context.change(create)


@done_by(INTEGRATIONS)
async def update_klarna_gateway(
    context: Context, gateway_id: str, said: Mapping[str, Any], login: Mapping[str, str]
) -> KlarnaGateway:
    """Change what is `said` of a gateway, and its credentials if `login` has both.

    Its region stays once anything refers to it, and so does its pair once it has payments: these
    are a merchant's, and only a rotation proves that another pair is the same one's. Raises
    Forbidden, NotFound and Refused.
    """
    check_login(login)
    if len(login) == 1:
        raise invalid(tuple(login), "Klarna's API key and secret belong together: give both.")

    async def update(change: Change) -> KlarnaGateway:
        gateway = await seen(context, change.transaction, gateways_by_id, gateway_id)
        after = replace(gateway, **said)
        _check(after)
        if after.country_code is not gateway.country_code:
            hint = "Make another one for the other region with createKlarnaGateway."
            await must_be_unused(change.transaction, gateway.id, _USES, hint=hint)
        if login:
            given, keys = Login(**login), context.services.keys
            if given != present(keys, gateway):
                await must_be_unused(change.transaction, gateway.id, _PAID, hint=_ROTATE)
            after = with_login(keys, after, given)
        return await change.save(gateway, after, "updated")

    return await context.change(update)


@done_by(INTEGRATIONS)
async def delete_klarna_gateway(context: Context, gateway_id: str) -> KlarnaGateway:
    """Delete a gateway that was never used, and return it as it was.

    Raises Forbidden, NotFound and Refused.
    """

    async def delete(change: Change) -> KlarnaGateway:
        gateway = await seen(context, change.transaction, gateways_by_id, gateway_id)
        await must_be_unused(change.transaction, gateway.id, _USES, hint=_DISABLE)
        await change.save(gateway, None, "deleted")
        return gateway

    return await context.change(delete)


def _check(settings: KlarnaGatewaySettings) -> None:
    check_texts(settings)
    named(settings.name, "name")


def check_login(login: Mapping[str, str]) -> None:
    """Raise Refused for what cannot be a credential of Klarna's."""
    for name, value in login.items():
        if not value.strip() or len(value) > MAX_CREDENTIAL or not value.isprintable():
            raise invalid((name,), "This is no credential of Klarna's.")
