"""Switching what new payments go through on and off."""

from dataclasses import replace
from typing import TypeVar

from resolvers.callers import CallerKind
from resolvers.context import Context
from resolvers.seeing import seen
from store.changes import Change
from store.gateways import KlarnaGateway
from store.lookups import Lookup
from store.payment_methods import PaymentMethod

S = TypeVar("S", KlarnaGateway, PaymentMethod)


async def enable(context: Context, lookup: Lookup[S], record_id: str) -> S:
    """Let new payments be made by it again. Raises Forbidden and NotFound."""
    context.caller.must_be(CallerKind.integration)

    async def work(change: Change) -> S:
        record = await seen(context, change.transaction, lookup, record_id)
        return await change.save(record, replace(record, disabled_at=None), "enabled")

    return await context.change(work)


async def disable(context: Context, lookup: Lookup[S], record_id: str) -> S:
    """Have no new payment made by it; those there are go on. Raises Forbidden and NotFound."""
    context.caller.must_be(CallerKind.integration)

    async def work(change: Change) -> S:
        record = await seen(context, change.transaction, lookup, record_id)
        if record.disabled_at is not None:
            return record
        return await change.save(record, replace(record, disabled_at=change.at), "disabled")

    return await context.change(work)
