"""Seeing: a record by its id, as far as the caller sees it."""

from typing import TypeVar

from resolvers.context import Context
from resolvers.errors import NotFound
from store.applications import applications_by_id
from store.database import Reader
from store.gateways import gateways_by_id
from store.lookups import Lookup
from store.operations import operations_by_id
from store.orders import orders_by_id
from store.payment_methods import payment_methods_by_id
from store.payments import payments_by_id

R = TypeVar("R")

_CALLED: dict[Lookup[object], str] = {
    applications_by_id: "application",
    gateways_by_id: "Klarna gateway",
    operations_by_id: "operation",
    orders_by_id: "order",
    payment_methods_by_id: "payment method",
    payments_by_id: "Klarna payment",
}


async def seen(context: Context, reader: Reader, lookup: Lookup[R], record_id: str) -> R:
    """Return the record of an id that the caller sees. Raises NotFound."""
    record = await lookup.one(reader, record_id, context.scope)
    if record is None:
        raise unseen(lookup, record_id)
    return record


def unseen(lookup: Lookup[object], record_id: str) -> NotFound:
    """Return what to tell whoever does not see a record."""
    return NotFound(f"There is no {_CALLED[lookup]} {record_id}.", {"path": ["id"]})
