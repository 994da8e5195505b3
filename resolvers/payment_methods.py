"""Payment methods: how orders may be paid."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from resolvers.context import Context
from resolvers.identity.permissions import INTEGRATIONS, done_by
from resolvers.seeing import seen
from resolvers.texts import check_texts, invalid, named
from resolvers.uses import must_be_unused
from store.changes import Change
from store.gateways import gateways_by_id
from store.orders import orders_by_payment_method
from store.payment_methods import PaymentMethod, PaymentMethodSettings, payment_methods_by_id


@done_by(INTEGRATIONS)
async def create_payment_method(
    context: Context, gateway_id: str, settings: PaymentMethodSettings
) -> PaymentMethod:
    """Make a payment method that goes through one of the caller's gateways.

    Raises Forbidden and Refused.
    """
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


@done_by(INTEGRATIONS)
async def update_payment_method(
    context: Context, method_id: str, said: Mapping[str, Any]
) -> PaymentMethod:
    """Change what is `said` of a payment method. Raises Forbidden, NotFound and Refused."""

    async def update(change: Change) -> PaymentMethod:
        method = await seen(context, change.transaction, payment_methods_by_id, method_id)
        after = replace(method, **said)
        _check(after)
        return await change.save(method, after, "updated")

    return await context.change(update)


@done_by(INTEGRATIONS)
async def delete_payment_method(context: Context, method_id: str) -> PaymentMethod:
    """Delete a payment method that no order has chosen, and return it as it was.

    Raises Forbidden, NotFound and Refused.
    """

    async def delete(change: Change) -> PaymentMethod:
        method = await seen(context, change.transaction, payment_methods_by_id, method_id)
        uses = {"orders": orders_by_payment_method}
        hint = "Call disablePaymentMethod instead."
        await must_be_unused(change.transaction, method.id, uses, hint=hint)
        await change.save(method, None, "deleted")
        return method

    return await context.change(delete)


def _check(settings: PaymentMethodSettings) -> None:
    check_texts(settings)
    named(settings.name, "name")
    if settings.price_amount_cents < 0:
        raise invalid(("price_amount_cents",), "A price is not negative.")
    if (settings.auto_capture_max_amount_cents or 0) < 0:
        raise invalid(("auto_capture_max_amount_cents",), "A limit is not negative.")
