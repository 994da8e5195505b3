"""How an authorization ends or goes on: cancelled, released, extended, closed.

Source: Klarna's pages on cancelling orders, on releasing the remaining authorization and on
extending the authorization time. What a repeated cancellation gets is not documented; that it is
refused is inferred, as are the messages that the pages do not show.
"""

from dataclasses import replace
from datetime import timedelta

from resolvers.klarna.sandbox.calls import Call
from resolvers.klarna.sandbox.clock import instant, midnight
from resolvers.klarna.sandbox.errors import KlarnaError, not_allowed
from resolvers.klarna.sandbox.messages import Reply
from resolvers.klarna.sandbox.order_book import OrderBook
from resolvers.klarna.sandbox.orders import OPEN, Order
from resolvers.klarna.sandbox.world import World

LONGEST = timedelta(days=180)
"""How long after it was placed an order can be extended to."""

_CONDITION = {
    "AUTHORIZED": "not captured",
    "PART_CAPTURED": "partly captured",
    "CAPTURED": "fully captured",
    "CANCELLED": "cancelled",
    "EXPIRED": "expired",
    "CLOSED": "closed",
}


class Endings:
    """The calls that end an authorization, or put its end off."""

    def __init__(self, world: World, orders: OrderBook) -> None:
        self._world = world
        self._orders = orders

    def cancel(self, call: Call) -> Reply:
        """Cancel an order of which nothing was captured: POST .../cancel."""
        order = self._orders.find(call)
        if order.captures:
            raise KlarnaError(
                403, "CANCEL_NOT_ALLOWED", "Order has previous captures. Cancel not possible."
            )
        if order.status != "AUTHORIZED":
            message = f"Order is {_CONDITION[order.status]}. Cancel not possible."
            raise KlarnaError(403, "CANCEL_NOT_ALLOWED", message)
        self._orders.save(replace(order, status="CANCELLED"))
        self._world.ledger.note_call("cancelled", call, order_id=order.id, amount=order.remaining)
        return Reply(204)

    def release(self, call: Call) -> Reply:
        """Give up what was not captured: POST .../release-remaining-authorization."""
        order = self._orders.find(call)
        if order.status != "PART_CAPTURED":
            raise not_allowed(
                f"Order is {_CONDITION[order.status]}. Remaining authorization cannot be released."
            )
        self._orders.save(replace(order, status="CAPTURED"))
        self._world.ledger.note_call("released", call, order_id=order.id, amount=order.remaining)
        return Reply(204)

    def extend(self, call: Call) -> Reply:
        """Put the end off to a full period from today: POST .../extend-authorization-time."""
        order = self._orders.find(call)
        if order.status not in OPEN:
            raise not_allowed(
                f"Order is {_CONDITION[order.status]}. Authorization time cannot be extended."
            )
        if not order.method.extendable:
            raise not_allowed("Authorization time cannot be extended.")
        period = timedelta(days=self._world.options.authorization_days)
        end = min(midnight(call.at) + period, midnight(order.created_at) + LONGEST)
        extended = replace(order, expires_at=max(end, order.expires_at))
        self._orders.save_until(extended)
        self._world.ledger.note_call(
            "extended", call, order_id=order.id, expires_at=instant(extended.expires_at)
        )
        return Reply(204)

    def close(self, order_id: str) -> Order:
        """Close a captured order, as Klarna does by itself. Raises KeyError or NOT_ALLOWED."""
        order = self._orders.get(order_id)
        if order.status != "CAPTURED":
            raise not_allowed(f"Order is {_CONDITION[order.status]}. Close not possible.")
        self._world.ledger.note("closed", order.account, self._world.clock(), order_id=order.id)
        return self._orders.save(replace(order, status="CLOSED"))
