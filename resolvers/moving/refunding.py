"""Refunding: giving captured money back, all at once or in parts."""

from typing import Any

from resolvers.context import Context
from resolvers.errors import RefusalCode, Refused
from resolvers.identity.permissions import INTEGRATIONS, done_by
from resolvers.klarna.client import Klarna
from resolvers.moving.movements import Movement, ended, id_by_reference, move
from resolvers.moving.transactions import next_number
from resolvers.seeing import seen
from store.changes import Change
from store.operations import Operation, OperationKind
from store.orders import (
    Order,
    orders_by_id,
)
from store.transactions import Transaction, TransactionKind


@done_by(INTEGRATIONS)
async def refund_order(
    context: Context, order_id: str, capture_id: str | None, amount: int | None
) -> Order:
    """Give `amount` minor units of a capture back, or all that is left of it.

    The capture need not be named where there is one only. Raises Forbidden, NotFound, Refused and
    Unavailable.
    """
    order = await seen(context, context.database, orders_by_id, order_id)
    refunding = Refunding(context, order.id, capture_id=capture_id, amount=amount)
    return await move(context, refunding)


class Refunding(Movement):
    """Refunds money, under a number by which Klarna's books and ours tell it from others."""

    mutation = "refundOrder"
    kinds = (OperationKind.refund,)
    recorded = TransactionKind.refunds
    event = "refunded"

    def __init__(
        self,
        context: Context,
        order_id: str,
        resumed: Operation | None = None,
        *,
        capture_id: str | None = None,
        amount: int | None = None,
    ) -> None:
        super().__init__(context, order_id, resumed)
        self._capture_id = capture_id
        self._amount = amount

    async def request(self, change: Change, order: Order) -> tuple[OperationKind, dict[str, Any]]:
        """Return what is to be given back, and of which capture."""
        capture = self._capture()
        left = self.books.refundable(capture)
        amount = left if self._amount is None else self._amount
        return OperationKind.refund, {
            "amount": self.enough(
                amount, left, "refunded", "refundOrder for another capture, if there is one"
            ),
            "reference": await next_number(change.transaction, order, self.recorded),
            "capture": capture.id,
        }

    def _capture(self) -> Transaction:
        captures = self.books.captures
        if self._capture_id is None and len(captures) == 1:
            return captures[0]
        named = (capture for capture in captures if capture.id == self._capture_id)
        found = next(named, None)
        if found is not None:
            return found
        if not captures:
            raise Refused(
                RefusalCode.NOTHING_LEFT,
                "Nothing of the order was captured, so that nothing can be given back.",
                hint="Call voidOrder to give the authorization up, or captureOrder first.",
            )
        raise Refused(
            RefusalCode.FIELD_INVALID,
            f"The order has no capture {self._capture_id}."
            if self._capture_id
            else f"The order has {len(captures)} captures.",
            path=["capture_id"],
            hint="Call refundOrder with the id of one of the order's `captures`.",
        )

    async def send(self, klarna: Klarna, operation: Operation) -> str:
        """Refund."""
        request = operation.request
        return await klarna.refund(
            self.placed_id, request["amount"], reference=request["reference"], key=operation.key
        )

    async def brought(self, klarna: Klarna, operation: Operation) -> str:
        """Find the refund by its number in Klarna's books."""
        order = await klarna.order(self.placed_id)
        return id_by_reference(order.refunds, operation, "refund_id")

    def reference_of(self, operation: Operation) -> dict[str, str]:
        """Return the capture that it gives back."""
        return {"reference_capture_id": operation.request["capture"]}

    def moved(self, order: Order, change: Change) -> Order:
        """Take an order of which everything was given back for over."""
        return ended(order, self.books, change)
