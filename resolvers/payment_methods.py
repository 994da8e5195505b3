"""Payment methods: how orders may be paid."""

from resolvers.callers import CallerKind
from resolvers.context import Context
from resolvers.texts import check_texts, invalid, named
from store.changes import Change
from store.gateways import gateways_by_id
from store.payment_methods import PaymentMethod, PaymentMethodSettings


async def create_payment_method(context: Context, settings: PaymentMethodSettings) -> PaymentMethod:
    """Make a payment method that goes through one of the caller's gateways.

    Raises Forbidden and Refused.
    """
    context.caller.must_be(CallerKind.integration)
    check_texts(settings)
    named(settings.name, "name")
    if settings.price_amount_cents < 0:
        raise invalid(("price_amount_cents",), "A price is not negative.")
    if (settings.auto_capture_max_amount_cents or 0) < 0:
        raise invalid(("auto_capture_max_amount_cents",), "A limit is not negative.")

    async def create(change: Change) -> PaymentMethod:
        gateway_id = settings.payment_gateway_id
        if await gateways_by_id.one(change.transaction, gateway_id, context.scope) is None:
            raise invalid(("payment_gateway_id",), f"There is no Klarna gateway {gateway_id}.")
        method = PaymentMethod(
            **vars(settings),
            id=change.new_id(),
            mode=context.caller.mode,
            created_at=change.at,
            updated_at=change.at,
        )
        return await change.save(None, method, "created")

    return await context.change(create)
