"""Due dates: giving a shopper who pays later more time, at the merchant's expense.

Source: Klarna's Order Management contract. The offered periods and their prices are inferred.
"""

from resolvers.klarna.sandbox.calls import Call
from resolvers.klarna.sandbox.captures import index_of_capture
from resolvers.klarna.sandbox.contract import order_management
from resolvers.klarna.sandbox.errors import not_allowed
from resolvers.klarna.sandbox.messages import Reply, json_reply
from resolvers.klarna.sandbox.order_book import OrderBook
from resolvers.klarna.sandbox.orders import Order
from resolvers.klarna.sandbox.world import World

_PRICES = {10: 1_00, 20: 2_00, 30: 3_00}
"""What an extension by so many days costs, in minor units."""


class DueDates:
    """The calls about the due date of a capture."""

    def __init__(self, world: World, orders: OrderBook) -> None:
        self._world = world
        self._orders = orders

    def options(self, call: Call) -> Reply:
        """Show what can be had: GET .../captures/{capture_id}/extend-due-date-options."""
        order = self._orders.find(call)
        index_of_capture(order, call)
        options = [
            {"number_of_days": days, "amount": price} for days, price in _offered(order).items()
        ]
        currency = order.purchase["purchase_currency"].upper()
        return json_reply(200, {"currency": currency, "options": options})

    def extend(self, call: Call) -> Reply:
        """Move the due date: PATCH .../captures/{capture_id}/extend-due-date."""
        order = self._orders.find(call)
        capture = order.captures[index_of_capture(order, call)]
        days = call.order_body(order_management("ExtendDueDateRequest"))["number_of_days"]
        if days not in _offered(order):
            raise not_allowed("Due date cannot be extended.")
        self._world.ledger.note_call(
            "due_date_extended", call, order_id=order.id, capture_id=capture.id, days=days
        )
        return Reply(204)


def _offered(order: Order) -> dict[int, int]:
    return _PRICES if order.method.paid_later and order.status != "CLOSED" else {}
