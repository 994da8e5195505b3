"""Deciding on an order: its payment method, its approval, its end. Klarna need not agree."""

from dataclasses import replace

from resolvers.context import Context
from resolvers.errors import RefusalCode, Refused
from resolvers.identity.permissions import INTEGRATIONS, done_by
from resolvers.moving.books import Books, books_of
from resolvers.moving.releasing import promise_release, release
from resolvers.orders import must_exist
from resolvers.purchases import gateway_for, must_be_editable, must_be_enabled, source_of
from resolvers.seeing import seen
from store.changes import Change
from store.orders import Order, OrderStatus, orders_by_id
from store.payments import KlarnaPayment, PaymentStatus

_PLACED = (OrderStatus.placed, OrderStatus.approved)


@done_by(INTEGRATIONS)
async def set_order_payment_method(context: Context, order_id: str, method_id: str) -> Order:
    """Choose how an order is to be paid. A payment by another method is no longer its source.

    Raises Forbidden, NotFound and Refused.
    """
    given_up: list[KlarnaPayment]

    async def choose(change: Change) -> Order:
        nonlocal given_up
        given_up = []
        order = await seen(context, change.transaction, orders_by_id, order_id)
        await must_exist(context, change.transaction, method_id)
        if order.payment_method_id == method_id:
            return order
        await must_be_editable(change.transaction, order)
        chosen = replace(order, payment_method_id=method_id, payment_source_id=None)
        must_be_enabled(await gateway_for(change.transaction, chosen))
        given_up = await promise_release(change, order.id)
        return await change.save(order, chosen, "payment_method_chosen")

    order = await context.change(choose)
    await release(context, given_up)
    return order


@done_by(INTEGRATIONS)
async def approve_order(context: Context, order_id: str) -> Order:
    """Approve a placed order for fulfilment; approving it again changes nothing.

    Raises Forbidden, NotFound and Refused.
    """

    async def approve(change: Change) -> Order:
        order = await seen(context, change.transaction, orders_by_id, order_id)
        if order.status is OrderStatus.approved:
            return order
        if order.status is not OrderStatus.placed:
            raise Refused(
                RefusalCode.ORDER_NOT_PLACED,
                f"The order is {order.status}.",
                path=["status"],
                hint="Place it with placeOrder first.",
            )
        approved = replace(order, status=OrderStatus.approved, approved_at=change.at)
        return await change.save(order, approved, "approved")

    return await context.change(approve)


@done_by(INTEGRATIONS)
async def cancel_order(context: Context, order_id: str) -> Order:
    """Cancel an order that is not placed, or whose payment Klarna refused in its review.

    What was authorized for it is given up. Cancelling it again changes nothing. Raises Forbidden,
    NotFound and Refused.
    """
    given_up: list[KlarnaPayment]

    async def cancel(change: Change) -> Order:
        nonlocal given_up
        given_up = []
        order = await seen(context, change.transaction, orders_by_id, order_id)
        if order.status is OrderStatus.cancelled:
            return order
        source = await source_of(change.transaction, order)
        if order.status in _PLACED:
            books = await books_of(change.transaction, order)
            _must_be_refused(order, source, books)
        else:
            await must_be_editable(change.transaction, order)
            given_up = await promise_release(change, order.id)
        over = replace(order, status=OrderStatus.cancelled, cancelled_at=change.at)
        return await change.save(order, over, "cancelled")

    order = await context.change(cancel)
    await release(context, given_up)
    return order


def _must_be_refused(order: Order, source: KlarnaPayment | None, books: Books) -> None:
    """Raise Refused unless Klarna has withdrawn its guarantee of a placed order's amount."""
    if source is not None and source.status is PaymentStatus.REFUSED and not books.captured:
        return
    raise Refused(
        RefusalCode.ORDER_NOT_EDITABLE,
        f"The order is {order.status}: Klarna guarantees its amount to the shop.",
        path=["status"],
        hint="Call voidOrder to give that up, or refundOrder for what was captured.",
    )
