"""Refunds: giving back what was captured, never more.

Source: Klarna's page on refunds and the Order Management error codes.
"""

from dataclasses import replace

from resolvers.klarna.sandbox.calls import Call
from resolvers.klarna.sandbox.contract import order_management
from resolvers.klarna.sandbox.errors import KlarnaError
from resolvers.klarna.sandbox.messages import Reply, json_reply
from resolvers.klarna.sandbox.order_book import OrderBook
from resolvers.klarna.sandbox.orders import Order, Refund, refund_as_json
from resolvers.klarna.sandbox.world import World


class Refunds:
    """The calls about an order's refunds."""

    def __init__(self, world: World, orders: OrderBook) -> None:
        self._world = world
        self._orders = orders

    def create(self, call: Call) -> Reply:
        """Refund an amount: POST .../refunds. Its id comes in the `Refund-Id` header."""
        order = self._orders.find(call)
        body = call.order_body(order_management("RefundObject"))
        amount = body.pop("refunded_amount")
        _check(order, amount)
        refund = Refund(self._world.fresh_id(), amount, call.at, body)
        self._orders.save(replace(order, refunds=(*order.refunds, refund)))
        self._world.ledger.note_call(
            "refunded", call, order_id=order.id, refund_id=refund.id, amount=amount
        )
        url = f"{call.origin}{call.prefix}/ordermanagement/v1/orders/{order.id}/refunds"
        return Reply(201, headers={"Location": f"{url}/{refund.id}", "Refund-Id": refund.id})

    def read(self, call: Call) -> Reply:
        """Show one refund: GET .../refunds/{refund_id}."""
        wanted = call.parts["refund_id"].lower()
        for refund in self._orders.find(call).refunds:
            if refund.id == wanted:
                return json_reply(200, refund_as_json(refund))
        raise KlarnaError(404, "NOT_FOUND", "Refund not found for order")


def _check(order: Order, amount: int) -> None:
    """Raise REFUND_NOT_ALLOWED unless the amount may be refunded.

    That neither 0 nor anything of a closed order can be refunded is inferred.
    """
    if not order.captures:
        raise KlarnaError(403, "REFUND_NOT_ALLOWED", "Order has no captures. Refund not possible")
    if order.status == "CLOSED" or not amount:
        raise KlarnaError(403, "REFUND_NOT_ALLOWED", "Refund not allowed")
    if order.refunded + amount > order.captured:
        raise KlarnaError(
            403, "REFUND_NOT_ALLOWED", "Over refund is not allowed. Refund not possible."
        )
