"""Extending: having Klarna guarantee an order's money for longer."""

from typing import Any

from resolvers.context import Context
from resolvers.identity.permissions import INTEGRATIONS, done_by
from resolvers.klarna.client import Klarna
from resolvers.moving.movements import Movement, move
from resolvers.operations import NotDone
from resolvers.seeing import seen
from store.changes import Change
from store.operations import Operation, OperationKind
from store.orders import Order, orders_by_id


@done_by(INTEGRATIONS)
async def extend_order_authorization(context: Context, order_id: str) -> Order:
    """Extend an order's authorization by the merchant account's period, usually 28 days.

    Raises Forbidden, NotFound, Refused and Unavailable.
    """
    order = await seen(context, context.database, orders_by_id, order_id)
    extending = Extending(context, order.id)
    return await move(context, extending)


class Extending(Movement):
    """Extends the authorization. Twice on one day is as good as once."""

    guaranteed = True
    mutation = "extendOrderAuthorization"
    kinds = (OperationKind.extend,)
    recorded = None
    event = "authorization_extended"

    async def request(self, change: Change, order: Order) -> tuple[OperationKind, dict[str, Any]]:
        """Return nothing but the amount that it is about."""
        left = self.books.left
        moved, instead = "captured or given up", "createKlarnaPayment for another order"
        return OperationKind.extend, {"amount": self.enough(left, left, moved, instead)}

    async def send(self, klarna: Klarna, operation: Operation) -> None:
        """Extend it."""
        await klarna.extend(self.placed_id, key=operation.key)

    async def brought(self, klarna: Klarna, operation: Operation) -> None:
        """Ask again in any case: it does no harm."""
        raise NotDone

    def moved(self, order: Order, change: Change) -> Order:
        """Leave the order as it is."""
        return order
