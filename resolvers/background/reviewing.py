"""Reviewing: what Klarna decides on an order after it has placed it."""

from dataclasses import replace

from resolvers.background.errands import NotYet
from resolvers.klarna.answers import KlarnaOrder
from resolvers.moving.books import books_of
from resolvers.moving.movements import unsettled_movement
from resolvers.moving.transactions import add_transaction
from store.changes import Change
from store.orders import Order, OrderStatus, orders_by_id
from store.payments import KlarnaPayment, PaymentStatus, payments_by_id
from store.transactions import TransactionKind

ACCEPTED, REJECTED = "ACCEPTED", "REJECTED"


async def decide(change: Change, payment_id: str, found: KlarnaOrder) -> Order | None:
    """Write Klarna's decision down, and return the order if it may be captured from now on.

    A decision on an order that is over is told in the payment's history and changes nothing.
    Raises NotYet.
    """
    payment = await payments_by_id.known(change.transaction, payment_id)
    order = await orders_by_id.known(change.transaction, payment.order_id)
    if found.fraud_status == payment.fraud_status:
        return None
    if await unsettled_movement(change, payment) is not None:
        raise NotYet("Nobody knows yet what came of the order's last movement of money.")
    if order.status is OrderStatus.cancelled:
        await change.note(payment, "review_too_late", {"fraud_status": found.fraud_status})
        return None
    if found.fraud_status == ACCEPTED and payment.status is PaymentStatus.PENDING_REVIEW:
        placed = replace(payment, status=PaymentStatus.PLACED, fraud_status=ACCEPTED)
        await change.save(payment, placed, "review_accepted")
        return order
    if found.fraud_status == REJECTED and payment.status in _UNDECIDED:
        await _reject(change, payment, order)
    return None


_UNDECIDED = (PaymentStatus.PENDING_REVIEW, PaymentStatus.PLACED)


async def _reject(change: Change, payment: KlarnaPayment, order: Order) -> None:
    """Write down that Klarna guarantees nothing any more: the shop decides on the order."""
    refused = replace(payment, status=PaymentStatus.REFUSED, fraud_status=REJECTED)
    await change.save(payment, refused, "review_refused")
    books = await books_of(change.transaction, order)
    if books.authorization is not None and books.left:
        await add_transaction(
            change,
            order,
            payment,
            TransactionKind.voids,
            amount=books.left,
            reference_authorization_id=books.authorization.id,
        )
    status = (await books_of(change.transaction, order)).payment_status
    voided = replace(order, payment_status=status, payment_updated_at=change.at)
    await change.save(order, voided, "review_refused")
