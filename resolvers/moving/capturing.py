"""Capturing: taking the money that Klarna guarantees, all at once or in parts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from resolvers.context import Context
from resolvers.errors import RefusalCode, Refused
from resolvers.identity.permissions import INTEGRATIONS, done_by
from resolvers.klarna.client import Klarna
from resolvers.moving.movements import Movement, id_by_reference, move
from resolvers.moving.transactions import next_number
from resolvers.operations import promise
from resolvers.seeing import seen
from store.changes import Change
from store.line_items import line_items_by_order
from store.operations import Operation, OperationKind, OperationState, operations_by_payment
from store.orders import Order, OrderFulfillmentStatus, OrderStatus, orders_by_id
from store.payment_methods import payment_methods_by_id
from store.scope import EVERYTHING
from store.transactions import TransactionKind


@done_by(INTEGRATIONS)
async def capture_order(
    context: Context, order_id: str, amount: int | None, line_ids: Sequence[str] | None
) -> Order:
    """Take `amount` minor units of an order, or its lines', or all that is left.

    Raises Forbidden, NotFound, Refused and Unavailable.
    """
    order = await seen(context, context.database, orders_by_id, order_id)
    capturing = Capturing(context, order.id, amount=amount, line_ids=line_ids)
    return await move(context, capturing)


async def promise_capture(context: Context, change: Change, order: Order) -> Operation | None:
    """Write down that a placed order is to be captured, if its payment method says so.

    Orders above the method's ceiling are left to the shop.
    """
    if order.payment_method_id is None:
        return None
    method = await payment_methods_by_id.known(change.transaction, order.payment_method_id)
    ceiling = method.auto_capture_max_amount_cents
    total = order.total_amount_with_taxes_cents
    if not method.auto_capture or (ceiling is not None and total > ceiling):
        return None
    try:
        operation = await Capturing(context, order.id).intend(change)
    except Refused:
        return None  # nothing is left to be captured, as of an order that costs nothing
    await promise(change, operation)
    return operation


class Capturing(Movement):
    """Captures money, under a number by which Klarna's books and ours tell it from others."""

    guaranteed = True
    mutation = "captureOrder"
    kinds = (OperationKind.capture,)
    recorded = TransactionKind.captures
    event = "captured"

    def __init__(
        self,
        context: Context,
        order_id: str,
        resumed: Operation | None = None,
        *,
        amount: int | None = None,
        line_ids: Sequence[str] | None = None,
    ) -> None:
        super().__init__(context, order_id, resumed)
        self._amount = amount
        self._line_ids = line_ids

    async def request(self, change: Change, order: Order) -> tuple[OperationKind, dict[str, Any]]:
        """Return what is to be captured: exactly the lines that were placed, where lines are."""
        left = self.books.left
        chosen: dict[str, Any] = {}
        amount = self._amount
        if self._line_ids is not None:
            chosen = await self._lines(change, order, self._line_ids)
            whole = sum(line["total_amount"] for line in chosen["order_lines"])
            if amount not in (None, whole):
                raise Refused(
                    RefusalCode.AMOUNTS_DIFFER,
                    f"These lines cost {whole}, not {amount}.",
                    path=["amount_cents"],
                    hint="Call captureOrder with the lines or the amount, not both.",
                )
            amount = whole
        elif amount in (None, self.books.authorized) and not self.books.captures:
            chosen = {"order_lines": self.payment.snapshot["order_lines"]}
        wanted = left if amount is None else amount
        amount = self.enough(wanted, left, "captured", "refundOrder to give money back")
        number = await next_number(change.transaction, order, self.recorded)
        return OperationKind.capture, {"amount": amount, "reference": number, **chosen}

    async def _lines(self, change: Change, order: Order, wanted: Sequence[str]) -> dict[str, Any]:
        """Return lines as they were placed. Their tax comes with them where it is a line apart."""
        placed = self.payment.snapshot["order_lines"]
        lines = await line_items_by_order(change.transaction, [order.id], EVERYTHING)
        chosen = [
            (line, body) for line, body in zip(lines, placed, strict=False) if line.id in wanted
        ]
        if len(chosen) < len(set(wanted)) or not wanted:
            raise Refused(
                RefusalCode.FIELD_INVALID,
                "These are not all lines of the order.",
                path=["line_item_ids"],
                hint="Call captureOrder with ids of the order's `lineItems`.",
            )
        await self._must_be_new(change, wanted)
        bodies = [body for _, body in chosen]
        apart = placed[len(lines) :]
        tax = sum(line.tax_amount_cents for line, _ in chosen)
        taxes = [body | {"unit_price": tax, "total_amount": tax} for body in apart if tax]
        return {"line_item_ids": [line.id for line, _ in chosen], "order_lines": bodies + taxes}

    async def _must_be_new(self, change: Change, wanted: Sequence[str]) -> None:
        """Raise Refused for lines that were captured before: their money would be another's."""
        found = await operations_by_payment(change.transaction, [self.payment.id], EVERYTHING)
        for one in found:
            captured = one.kind in self.kinds and one.state is OperationState.succeeded
            again = set(wanted) & set(one.request.get("line_item_ids", ())) if captured else None
            if again:
                raise Refused(
                    RefusalCode.NOTHING_LEFT,
                    f"These lines were captured before, on {one.created_at}: "
                    f"{', '.join(sorted(again))}.",
                    path=["line_item_ids"],
                    hint="Call captureOrder with the other lines, or with an amount.",
                )

    async def send(self, klarna: Klarna, operation: Operation) -> str:
        """Capture."""
        request = operation.request
        return await klarna.capture(
            self.placed_id,
            request["amount"],
            lines=request.get("order_lines", ()),
            reference=request["reference"],
            key=operation.key,
        )

    async def brought(self, klarna: Klarna, operation: Operation) -> str:
        """Find the capture by its number in Klarna's books."""
        order = await klarna.order(self.placed_id)
        return id_by_reference(order.captures, operation, "capture_id")

    def reference_of(self, operation: Operation) -> dict[str, str]:
        """Return the authorization that it draws on."""
        return {"reference_authorization_id": self.authorization.id}

    def moved(self, order: Order, change: Change) -> Order:
        """Take a captured order for approved, and for on its way."""
        fulfillment = order.fulfillment_status
        if fulfillment is OrderFulfillmentStatus.unfulfilled:
            fulfillment = OrderFulfillmentStatus.in_progress
        return replace(
            order,
            status=OrderStatus.approved,
            approved_at=order.approved_at or change.at,
            fulfillment_status=fulfillment,
        )
