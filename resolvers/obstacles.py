"""Obstacles: what stands in the way of placing an order, each with the way around it."""

from collections.abc import Iterator

from resolvers.errors import RefusalCode, Refused
from resolvers.mismatches import mismatches
from resolvers.purchases import source_of
from store.database import Reader
from store.instants import Instant
from store.lookups import Finder
from store.orders import Order, OrderStatus
from store.payments import KlarnaPayment, PaymentStatus, mismatched, status_at


async def obstacles(reader: Reader | Finder, order: Order, now: Instant) -> list[Refused]:
    """Return all that stands in the way of placing an order, the weightiest first.

    An order that is just being placed has none: placing it again tells what came of it.
    """
    if order.status in _OVER:
        return [_over(order)]
    payment = await source_of(reader, order)
    if payment is None:
        no = Refused(
            RefusalCode.ORDER_INCOMPLETE,
            "The order has no payment.",
            path=["payment_source"],
            hint="Call createKlarnaPayment, and have the shopper authorize it.",
        )
        return [no, *_of_order(order)]
    if payment.status is PaymentStatus.PLACING:
        return []
    return [
        *_of_order(order),
        *_of_payment(order, payment, now),
        *await _of_match(reader, order, payment),
    ]


_OVER = {
    OrderStatus.placed: "Nothing is left to do: read its `placedAt`.",
    OrderStatus.approved: "Nothing is left to do: read its `placedAt`.",
    OrderStatus.cancelled: "Push a new order with putOrder.",
}


def _over(order: Order) -> Refused:
    return Refused(
        RefusalCode.ORDER_NOT_PENDING,
        f"The order is {order.status}.",
        path=["status"],
        hint=_OVER[order.status],
    )


def _of_order(order: Order) -> Iterator[Refused]:
    if order.status is not OrderStatus.pending:
        yield Refused(
            RefusalCode.ORDER_NOT_PENDING,
            f"The order is {order.status}.",
            path=["status"],
            hint="A draft becomes pending once putOrder gave it goods and `customerEmail`.",
        )


def _of_payment(order: Order, payment: KlarnaPayment, now: Instant) -> Iterator[Refused]:
    status = status_at(payment, now)
    if status is PaymentStatus.EXPIRED:
        yield Refused(
            RefusalCode.SESSION_EXPIRED,
            "The payment's session has ended, and its authorization with it.",
            hint="Call refreshKlarnaPayment, then authorize again.",
        )
    if mismatched(payment, order):
        yield Refused(
            RefusalCode.AMOUNTS_MISMATCHED,
            f"The order's total is {order.total_amount_with_taxes_cents} {order.currency_code} and "
            f"the session's {payment.intent_amount_cents} {payment.currency_code}.",
            path=["total_amount_with_taxes_cents"],
            hint="Call refreshKlarnaPayment, then authorize again.",
        )
    if status in (PaymentStatus.OPEN, PaymentStatus.REAUTHORIZE):
        yield Refused(
            RefusalCode.NOT_AUTHORIZED,
            "The payment holds no authorization that is still good.",
            path=["auth_token"],
            hint="Have the shopper authorize, then call saveKlarnaAuthToken.",
        )
    elif status not in (PaymentStatus.AUTHORIZED, PaymentStatus.EXPIRED):
        yield Refused(
            RefusalCode.PAYMENT_STATE,
            f"The payment is {status}.",
            hint="Call createKlarnaPayment for a new one.",
        )


async def _of_match(reader: Reader | Finder, order: Order, payment: KlarnaPayment) -> list[Refused]:
    """Say where the order is not what was authorized, though it may cost the same."""
    try:
        found = await mismatches(reader, order, payment)
    except Refused as no:
        return [no]
    return [
        Refused(
            RefusalCode.AMOUNTS_MISMATCHED,
            f"{'.'.join(mismatch.path)} is {mismatch.actual} in the order and was "
            f"{mismatch.expected} when the shopper authorized.",
            path=["mismatches"],
            hint="Call refreshKlarnaPayment, then authorize again.",
        )
        for mismatch in found
    ]
