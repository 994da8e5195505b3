"""Switching what new payments go through on and off."""

from dataclasses import replace
from typing import TypeVar

from resolvers.context import Context
from resolvers.identity.permissions import INTEGRATIONS, SWITCHERS, done_by
from resolvers.seeing import seen
from store.changes import Change
from store.gateways import KlarnaGateway, gateways_by_id
from store.lookups import Lookup
from store.payment_methods import PaymentMethod, payment_methods_by_id

S = TypeVar("S", KlarnaGateway, PaymentMethod)


@done_by(SWITCHERS)
async def enable_klarna_gateway(context: Context, gateway_id: str) -> KlarnaGateway:
    """Let a gateway take new payments again. Raises Forbidden and NotFound."""
    return await _enable(context, gateways_by_id, gateway_id)


@done_by(SWITCHERS)
async def disable_klarna_gateway(context: Context, gateway_id: str) -> KlarnaGateway:
    """Have a gateway refuse new payments; those it has go on. Raises Forbidden and NotFound."""
    return await _disable(context, gateways_by_id, gateway_id)


@done_by(INTEGRATIONS)
async def enable_payment_method(context: Context, method_id: str) -> PaymentMethod:
    """Let orders be paid this way again. Raises Forbidden and NotFound."""
    return await _enable(context, payment_methods_by_id, method_id)


@done_by(INTEGRATIONS)
async def disable_payment_method(context: Context, method_id: str) -> PaymentMethod:
    """Have no new payment made this way; those there are go on. Raises Forbidden and NotFound."""
    return await _disable(context, payment_methods_by_id, method_id)


async def _enable(context: Context, lookup: Lookup[S], record_id: str) -> S:
    async def work(change: Change) -> S:
        record = await seen(context, change.transaction, lookup, record_id)
        return await change.save(record, replace(record, disabled_at=None), "enabled")

    return await context.change(work)


async def _disable(context: Context, lookup: Lookup[S], record_id: str) -> S:
    async def work(change: Change) -> S:
        record = await seen(context, change.transaction, lookup, record_id)
        if record.disabled_at is not None:
            return record
        return await change.save(record, replace(record, disabled_at=change.at), "disabled")

    return await context.change(work)
