"""Klarna gateways: making them, and switching them on and off."""

from dataclasses import replace

from resolvers.callers import CallerKind
from resolvers.context import Context
from resolvers.errors import NotFound
from resolvers.sealing import masked
from resolvers.texts import check_texts, invalid, named
from store.changes import Change
from store.gateways import KlarnaGateway, KlarnaGatewaySettings, gateways_by_id

MAX_CREDENTIAL = 1000


async def create_klarna_gateway(
    context: Context, settings: KlarnaGatewaySettings, *, api_key: str, api_secret: str
) -> KlarnaGateway:
    """Make a gateway in the caller's mode. Its credentials are sealed and never read again.

    Raises Forbidden and Refused.
    """
    context.caller.must_be(CallerKind.integration)
    check_texts(settings)
    named(settings.name, "name")
    for name, value in (("api_key", api_key), ("api_secret", api_secret)):
        if not value.strip() or len(value) > MAX_CREDENTIAL or not value.isprintable():
            raise invalid((name,), "This is no credential of Klarna's.")

    async def create(change: Change) -> KlarnaGateway:
        gateway_id = change.new_id()
        login = {"api_key": api_key, "api_secret": api_secret}
        gateway = KlarnaGateway(
            **vars(settings),
            id=gateway_id,
            mode=context.caller.mode,
            created_at=change.at,
            updated_at=change.at,
            credentials=context.services.keys.seal(login, gateway_id),
            credential_keys={name: masked(value) for name, value in login.items()},
        )
        return await change.save(None, gateway, "created")

    return await context.change(create)


async def enable_klarna_gateway(context: Context, gateway_id: str) -> KlarnaGateway:
    """Let a gateway take new payments again. Raises Forbidden and NotFound."""
    return await _switch(context, gateway_id, enabled=True)


async def disable_klarna_gateway(context: Context, gateway_id: str) -> KlarnaGateway:
    """Have a gateway refuse new payments; those it has go on. Raises Forbidden and NotFound."""
    return await _switch(context, gateway_id, enabled=False)


async def _switch(context: Context, gateway_id: str, *, enabled: bool) -> KlarnaGateway:
    context.caller.must_be(CallerKind.integration)

    async def switch(change: Change) -> KlarnaGateway:
        gateway = await gateways_by_id.one(change.transaction, gateway_id, context.scope)
        if gateway is None:
            raise NotFound(f"There is no Klarna gateway {gateway_id}.", {"path": ["id"]})
        if enabled:
            return await change.save(gateway, replace(gateway, disabled_at=None), "enabled")
        if gateway.disabled_at is not None:
            return gateway
        return await change.save(gateway, replace(gateway, disabled_at=change.at), "disabled")

    return await context.change(switch)
