"""The orders that exist: opened by placements, found by calls, ended by the clock.

Source: Klarna's pages on creating and viewing orders.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from resolvers.klarna.sandbox.calls import Call
from resolvers.klarna.sandbox.clock import midnight
from resolvers.klarna.sandbox.decisions import Review
from resolvers.klarna.sandbox.errors import KlarnaError
from resolvers.klarna.sandbox.messages import Json, Reply, json_reply
from resolvers.klarna.sandbox.methods import PaymentMethod
from resolvers.klarna.sandbox.orders import OPEN, Order, Status
from resolvers.klarna.sandbox.world import World

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class OrderBook:
    """All orders, and what happens to them by the clock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._orders: dict[str, Order] = {}

    def open(
        self,
        call: Call,
        *,
        session_id: str,
        purchase: Json,
        method: PaymentMethod,
        review: Review | None,
    ) -> Order:
        """Open an order for a purchase that was authorized."""
        order_id = self._world.fresh_id()
        billing = purchase.get("billing_address")
        period = timedelta(days=self._world.options.authorization_days)
        order = Order(
            id=order_id,
            account=call.account,
            session_id=session_id,
            reference=_reference(order_id),
            purchase=({"shipping_address": billing} if billing else {}) | purchase,
            amount=purchase["order_amount"],
            original_amount=purchase["order_amount"],
            method=method,
            fraud_status="PENDING" if review and review.pending else "ACCEPTED",
            auto_capture=purchase.get("auto_capture", False),
            created_at=call.at,
            expires_at=midnight(call.at) + period,
        )
        self._world.ledger.note_call(
            "order_placed",
            call,
            order_id=order.id,
            session_id=session_id,
            authorization_token=call.parts["authorization_token"],
            amount=order.amount,
        )
        return self.save_until(order)

    def read(self, call: Call) -> Reply:
        """Show an order: GET /ordermanagement/v1/orders/{order_id}."""
        return json_reply(200, self.find(call).as_json())

    def find(self, call: Call) -> Order:
        """Return the order that a call names. Raises INVALID_ORDER_ID or NO_SUCH_ORDER."""
        order_id = call.parts["order_id"].lower()
        if not _UUID.fullmatch(order_id):
            raise KlarnaError(400, "INVALID_ORDER_ID", "Invalid order id")
        order = self._orders.get(order_id)
        if order is None or order.account != call.account:
            raise KlarnaError(404, "NO_SUCH_ORDER", "No such order")
        return order

    def get(self, order_id: str) -> Order:
        """Return an order. Raises KeyError."""
        return self._orders[order_id]

    def save(self, order: Order) -> Order:
        """Put an order in the place of its former self, and return it."""
        self._orders[order.id] = order
        return order

    def save_until(self, order: Order) -> Order:
        """Save an order whose end has been set, and have it end then."""
        # it is still valid at the very moment that it expires
        end = order.expires_at + timedelta.resolution
        self._world.agenda.add(end, partial(self._expire, order.id))
        return self.save(order)

    def end_authorization(self, order: Order, status: Status, at: datetime, effect: str) -> None:
        """Give up what was not captured: the order gets `status`, or CAPTURED if partly so."""
        left = order.remaining
        status = "CAPTURED" if order.captures else status
        self.save(replace(order, status=status))
        self._world.ledger.note(effect, order.account, at, order_id=order.id, amount=left)

    def _expire(self, order_id: str, at: datetime) -> None:
        order = self._orders[order_id]
        if order.status in OPEN and at > order.expires_at:
            self.end_authorization(order, "EXPIRED", at, "expired")


def _reference(order_id: str) -> str:
    """Derive a short reference for people from an order's id."""
    number = UUID(order_id).int
    return "".join(_LETTERS[number >> 5 * place & 31] for place in range(8))
