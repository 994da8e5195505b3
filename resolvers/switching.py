"""Switching what new payments go through on and off."""

from dataclasses import replace
from typing import TypeVar

from store.changes import Change
from store.gateways import KlarnaGateway
from store.payment_methods import PaymentMethod

S = TypeVar("S", KlarnaGateway, PaymentMethod)


async def switch(change: Change, record: S, *, enabled: bool) -> S:
    """Have a record enabled or disabled; what is so already stays as it is."""
    if enabled:
        return await change.save(record, replace(record, disabled_at=None), "enabled")
    if record.disabled_at is not None:
        return record
    return await change.save(record, replace(record, disabled_at=change.at), "disabled")
