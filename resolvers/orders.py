"""Orders: taking the shop's snapshots in."""

import re
import secrets
from dataclasses import replace

from resolvers.context import Context
from resolvers.errors import RefusalCode, Refused
from resolvers.identity.permissions import INTEGRATIONS, done_by
from resolvers.moving.releasing import promise_release, release
from resolvers.order_parts import NO_PARTS, parts_of, put_parts
from resolvers.purchases import must_be_editable
from resolvers.snapshots import Snapshot, check_snapshot
from store.addresses import AddressContent
from store.changes import Change, same
from store.database import Reader
from store.nodes import kinds_by_id
from store.orders import (
    Order,
    OrderFulfillmentStatus,
    OrderPaymentStatus,
    OrderStatus,
    orders_by_id,
    orders_by_reference,
)
from store.payment_methods import payment_methods_by_id
from store.payments import KlarnaPayment
from store.scope import EVERYTHING

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UNPLACED = (OrderStatus.draft, OrderStatus.pending)


@done_by(INTEGRATIONS)
async def put_order(context: Context, snapshot: Snapshot) -> Order:
    """Take in an order as the shop has it now, whole: what is not in the snapshot is gone.

    It is found by its id or by its reference, and made where there is none. Pushing the same
    again changes nothing. Raises Forbidden and Refused.
    """
    check_snapshot(snapshot)

    given_up: list[KlarnaPayment]

    async def put(change: Change) -> Order:
        nonlocal given_up
        given_up = []
        await must_exist(context, change.transaction, snapshot.payment_method_id)
        before = await _find(context, change.transaction, snapshot)
        if before is None:
            return await _make(context, change, snapshot)
        after = await _replace(change, before, snapshot)
        if before.payment_source_id is not None and after.payment_source_id is None:
            given_up = await promise_release(change, after.id)
        return after

    order = await context.change(put)
    await release(context, given_up)
    return order


async def must_exist(context: Context, reader: Reader, method_id: str | None) -> None:
    """Raise Refused for a payment method that the caller does not see."""
    if method_id is None or await payment_methods_by_id.one(reader, method_id, context.scope):
        return
    raise Refused(
        RefusalCode.FIELD_INVALID,
        f"There is no payment method {method_id}.",
        path=["payment_method_id"],
        hint="Make one with createPaymentMethod.",
    )


async def _find(context: Context, reader: Reader, snapshot: Snapshot) -> Order | None:
    """Return the order that a snapshot is of, if there is one already."""
    if snapshot.order_id is not None:
        order = await orders_by_id.one(reader, snapshot.order_id, context.scope)
        taken = await kinds_by_id(reader, [snapshot.order_id], EVERYTHING)
        if order is not None or not taken:
            return order
        raise Refused(
            RefusalCode.FIELD_INVALID,
            f"The id {snapshot.order_id} is taken.",
            path=["id"],
            hint="Call putOrder with another id, or with none.",
        )
    wanted = snapshot.order
    if wanted.reference is None:
        return None
    found = [
        order
        for order in await orders_by_reference(reader, [wanted.reference], context.scope)
        if order.reference_origin == wanted.reference_origin
    ]
    if len(found) > 1:
        raise Refused(
            RefusalCode.REFERENCE_AMBIGUOUS,
            f"{len(found)} orders have the reference {snapshot.order.reference}.",
            path=["reference"],
            hint="Call putOrder with the id of one of them.",
        )
    return found[0] if found else None


async def _make(context: Context, change: Change, snapshot: Snapshot) -> Order:
    order = Order(
        **vars(snapshot.order),
        id=_own_id(snapshot.order_id) or change.new_id(),
        mode=context.caller.mode,
        created_at=change.at,
        updated_at=change.at,
        status=_status(snapshot),
        payment_status=_payment_status(snapshot),
        fulfillment_status=OrderFulfillmentStatus.unfulfilled,
        token=secrets.token_hex(16),
        payment_method_id=snapshot.payment_method_id,
        billing_address_id=change.new_id() if snapshot.billing_address else None,
        shipping_address_id=change.new_id() if snapshot.shipping_address else None,
    )
    order = await change.save(None, order, "created")
    await put_parts(change, order, snapshot, NO_PARTS)
    return order


async def _replace(change: Change, before: Order, snapshot: Snapshot) -> Order:
    parts = await parts_of(change.transaction, before)
    method_id = snapshot.payment_method_id or before.payment_method_id
    after = replace(before, **vars(snapshot.order), payment_method_id=method_id)
    if same(after, before) and parts.say_the_same(snapshot):
        return before
    await must_be_editable(change.transaction, before)
    if before.status in _UNPLACED:
        after = replace(after, status=_status(snapshot), payment_status=_payment_status(snapshot))
    if method_id != before.payment_method_id:
        after = replace(after, payment_source_id=None)
    after = replace(
        after,
        billing_address_id=_kept(change, before.billing_address_id, snapshot.billing_address),
        shipping_address_id=_kept(change, before.shipping_address_id, snapshot.shipping_address),
    )
    order = await change.save(before, after, "updated")
    await put_parts(change, order, snapshot, parts)
    return order


def _kept(change: Change, address_id: str | None, address: AddressContent | None) -> str | None:
    """Return the id of an address that is to be there: the one it has, or a new one."""
    return None if address is None else address_id or change.new_id()


def _own_id(order_id: str | None) -> str | None:
    if order_id is None or _ID.fullmatch(order_id):
        return order_id
    raise Refused(
        RefusalCode.FIELD_INVALID,
        "An order's own id has 1 to 64 letters, digits, hyphens and underscores.",
        path=["id"],
        hint="Keep your own number in `reference`, and leave the id to the gateway.",
    )


def _status(snapshot: Snapshot) -> OrderStatus:
    ready = snapshot.goods and snapshot.order.customer_email
    return OrderStatus.pending if ready else OrderStatus.draft


def _payment_status(snapshot: Snapshot) -> OrderPaymentStatus:
    costs = snapshot.order.total_amount_with_taxes_cents > 0 or not snapshot.goods
    return OrderPaymentStatus.unpaid if costs else OrderPaymentStatus.free
