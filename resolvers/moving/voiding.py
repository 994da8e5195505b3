"""Voiding: giving up what Klarna guarantees and nobody will take."""

from dataclasses import replace
from typing import Any

from resolvers.context import Context
from resolvers.identity.permissions import INTEGRATIONS, done_by
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.client import Klarna
from resolvers.moving.movements import Movement, ended, move
from resolvers.operations import NotDone
from resolvers.seeing import seen
from store.changes import Change
from store.operations import Operation, OperationKind
from store.orders import Order, OrderStatus, orders_by_id
from store.transactions import TransactionKind

ENDED = frozenset({"CANCELLED", "EXPIRED"})
"""Where Klarna guarantees nothing any more, whoever ended it."""


@done_by(INTEGRATIONS)
async def void_order(context: Context, order_id: str) -> Order:
    """Give up an order's authorization, or what captures have left of it.

    Without captures the order is cancelled by that. Raises Forbidden, NotFound, Refused and
    Unavailable.
    """
    order = await seen(context, context.database, orders_by_id, order_id)
    voiding = Voiding(context, order.id)
    return await move(context, voiding)


class Voiding(Movement):
    """Cancels Klarna's order, or releases the rest once something was captured of it."""

    mutation = "voidOrder"
    kinds = (OperationKind.cancel, OperationKind.release)
    recorded = TransactionKind.voids
    event = "voided"

    async def request(self, change: Change, order: Order) -> tuple[OperationKind, dict[str, Any]]:
        """Return what is to be given up: all that is left."""
        left = self.books.left
        kind = OperationKind.release if self.books.captures else OperationKind.cancel
        moved, instead = "captured or given up", "refundOrder to give captured money back"
        return kind, {"amount": self.enough(left, left, moved, instead)}

    async def send(self, klarna: Klarna, operation: Operation) -> None:
        """Give it up. If Klarna has nothing left to give up, that is as good."""
        ask = klarna.cancel if operation.kind is OperationKind.cancel else klarna.release
        try:
            await ask(self.placed_id, key=operation.key)
        except klarna_errors.Unauthorized:
            raise
        except klarna_errors.Refused as no:
            try:
                await self.brought(klarna, operation)
            except NotDone:
                raise no from None

    async def brought(self, klarna: Klarna, operation: Operation) -> None:
        """Tell from Klarna's books whether it is given up."""
        order = await klarna.order(self.placed_id)
        untouched = order.captured_amount == 0
        if operation.kind is OperationKind.cancel:
            given_up = untouched and order.status in ENDED
        else:
            given_up = not untouched and order.remaining_authorized_amount == 0
        if not given_up:
            raise NotDone

    def reference_of(self, operation: Operation) -> dict[str, str]:
        """Return the authorization that it gives up."""
        return {"reference_authorization_id": self.authorization.id}

    def moved(self, order: Order, change: Change) -> Order:
        """Take an order of which nothing was captured for over."""
        if self.books.captures:
            return ended(order, self.books, change)
        return replace(order, status=OrderStatus.cancelled, cancelled_at=change.at)
