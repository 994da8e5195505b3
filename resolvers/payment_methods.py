"""Payment methods: how orders may be paid."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from resolvers.callers import CallerKind
from resolvers.context import Context
from resolvers.errors import NotFound
from resolvers.switching import switch
from resolvers.texts import check_texts, invalid, named
from resolvers.uses import must_be_unused
from store.changes import Change
from store.gateways import gateways_by_id
from store.orders import orders_by_payment_method
from store.payment_methods import PaymentMethod, PaymentMethodSettings, payment_methods_by_id


async def create_payment_method(
    context: Context, gateway_id: str, settings: PaymentMethodSettings
) -> PaymentMethod:
    """Make a payment method that goes through one of the caller's gateways.

    Raises Forbidden and Refused.
    """
    context.caller.must_be(CallerKind.integration)
    _check(settings)

    async def create(change: Change) -> PaymentMethod:
        if await gateways_by_id.one(change.transaction, gateway_id, context.scope) is None:
            raise invalid(("payment_gateway_id",), f"There is no Klarna gateway {gateway_id}.")
        method = PaymentMethod(
            **vars(settings),
            payment_gateway_id=gateway_id,
            id=change.new_id(),
            mode=context.caller.mode,
            created_at=change.at,
            updated_at=change.at,
        )
        return await change.save(None, method, "created")

    return await context.change(create)


async def update_payment_method(
    context: Context, method_id: str, said: Mapping[str, Any]
) -> PaymentMethod:
    """Change what is `said` of a payment method. Raises Forbidden, NotFound and Refused."""
    context.caller.must_be(CallerKind.integration)

    async def update(change: Change) -> PaymentMethod:
        method = await _seen(context, change, method_id)
        after = replace(method, **said)
        _check(after)
        return await change.save(method, after, "updated")

    return await context.change(update)


async def delete_payment_method(context: Context, method_id: str) -> PaymentMethod:
    """Delete a payment method that no order has chosen, and return it as it was.

    Raises Forbidden, NotFound and Refused.
    """
    context.caller.must_be(CallerKind.integration)

    async def delete(change: Change) -> PaymentMethod:
        method = await _seen(context, change, method_id)
        uses = {"orders": orders_by_payment_method}
        hint = "Call disablePaymentMethod instead."
        await must_be_unused(change.transaction, method.id, uses, hint=hint)
        await change.save(method, None, "deleted")
        return method

    return await context.change(delete)


async def enable_payment_method(context: Context, method_id: str) -> PaymentMethod:
    """Let orders be paid this way again. Raises Forbidden and NotFound."""
    return await _switch(context, method_id, enabled=True)


async def disable_payment_method(context: Context, method_id: str) -> PaymentMethod:
    """Have no new payment made this way; those there are go on. Raises Forbidden and NotFound."""
    return await _switch(context, method_id, enabled=False)


async def _switch(context: Context, method_id: str, *, enabled: bool) -> PaymentMethod:
    context.caller.must_be(CallerKind.integration)

    async def turn(change: Change) -> PaymentMethod:
        method = await _seen(context, change, method_id)
        return await switch(change, method, enabled=enabled)

    return await context.change(turn)


async def _seen(context: Context, change: Change, method_id: str) -> PaymentMethod:
    method = await payment_methods_by_id.one(change.transaction, method_id, context.scope)
    if method is None:
        raise NotFound(f"There is no payment method {method_id}.", {"path": ["id"]})
    return method


def _check(settings: PaymentMethodSettings) -> None:
    check_texts(settings)
    named(settings.name, "name")
    if settings.price_amount_cents < 0:
        raise invalid(("price_amount_cents",), "A price is not negative.")
    if (settings.auto_capture_max_amount_cents or 0) < 0:
        raise invalid(("auto_capture_max_amount_cents",), "A limit is not negative.")
