"""Captures: taking the money of an order, at once or parcel by parcel.

Source: Klarna's pages on capturing an order and on shipping info.
"""

from dataclasses import replace
from datetime import datetime

from resolvers.klarna.sandbox.calls import Call
from resolvers.klarna.sandbox.contract import order_management
from resolvers.klarna.sandbox.errors import KlarnaError, not_allowed
from resolvers.klarna.sandbox.messages import Json, Reply, json_reply
from resolvers.klarna.sandbox.order_book import OrderBook
from resolvers.klarna.sandbox.orders import Capture, Order, captures_as_json
from resolvers.klarna.sandbox.world import World

_TOO_MUCH = "Captured amount is higher than the remaining authorized amount. Capture not possible."
_ADDRESSES = ("billing_address", "shipping_address")


class Captures:
    """The calls about an order's captures."""

    def __init__(self, world: World, orders: OrderBook) -> None:
        self._world = world
        self._orders = orders

    def create(self, call: Call) -> Reply:
        """Capture an amount: POST .../captures. Its id comes in the `Capture-Id` header."""
        order = self._orders.find(call)
        body = call.order_body(order_management("CaptureObject"))
        amount = body.pop("captured_amount")
        body.pop("shipping_delay", None)
        _check(order, amount)
        capture = self._take(order, amount, body, call.at)
        self._world.ledger.note_call(
            "captured", call, order_id=order.id, capture_id=capture.id, amount=amount
        )
        url = f"{call.origin}{call.prefix}/ordermanagement/v1/orders/{order.id}/captures"
        return Reply(201, headers={"Location": f"{url}/{capture.id}", "Capture-Id": capture.id})

    def capture_all(self, order: Order, at: datetime) -> None:
        """Capture an order in full because it was placed with `auto_capture`."""
        if not order.amount:
            self._orders.save(replace(order, status="CAPTURED"))
            return
        capture = self._take(order, order.amount, {}, at)
        self._world.ledger.note(
            "captured",
            order.account,
            at,
            order_id=order.id,
            capture_id=capture.id,
            amount=order.amount,
        )

    def read_all(self, call: Call) -> Reply:
        """List an order's captures: GET .../captures."""
        return json_reply(200, captures_as_json(self._orders.find(call)))

    def read(self, call: Call) -> Reply:
        """Show one capture: GET .../captures/{capture_id}."""
        order = self._orders.find(call)
        return json_reply(200, captures_as_json(order)[index_of_capture(order, call)])

    def add_shipping_info(self, call: Call) -> Reply:
        """Add parcels to a capture: POST .../captures/{capture_id}/shipping-info."""
        order = self._orders.find(call)
        index = index_of_capture(order, call)
        body = call.order_body(order_management("UpdateShippingInfo"))
        if order.status == "CLOSED":
            raise not_allowed()
        capture = order.captures[index]
        parcels = capture.facts.get("shipping_info", []) + body["shipping_info"]
        shipped = replace(capture, facts=capture.facts | {"shipping_info": parcels})
        captures = (*order.captures[:index], shipped, *order.captures[index + 1 :])
        self._orders.save(replace(order, captures=captures))
        self._world.ledger.note_call(
            "shipping_info_added", call, order_id=order.id, capture_id=capture.id
        )
        return Reply(204)

    def send_out(self, call: Call) -> Reply:
        """Mail the shopper again: POST .../captures/{capture_id}/trigger-send-out."""
        order = self._orders.find(call)
        capture = order.captures[index_of_capture(order, call)]
        if order.status == "CLOSED":
            raise not_allowed("Send out not allowed.")
        self._world.ledger.note_call(
            "send_out_triggered", call, order_id=order.id, capture_id=capture.id
        )
        return Reply(204)

    def _take(self, order: Order, amount: int, facts: Json, at: datetime) -> Capture:
        capture = Capture(
            id=self._world.fresh_id(),
            reference=f"{order.reference}-{len(order.captures) + 1}",
            amount=amount,
            at=at,
            facts={n: order.purchase[n] for n in _ADDRESSES if n in order.purchase} | facts,
        )
        self._orders.save(
            replace(
                order,
                captures=(*order.captures, capture),
                status="CAPTURED" if amount == order.remaining else "PART_CAPTURED",
            )
        )
        return capture


def index_of_capture(order: Order, call: Call) -> int:
    """Return where in an order the capture that a call names is. Raises NO_SUCH_CAPTURE."""
    wanted = call.parts["capture_id"].lower()
    for index, capture in enumerate(order.captures):
        if capture.id == wanted:
            return index
    raise KlarnaError(404, "NO_SUCH_CAPTURE", "No such capture")


def _check(order: Order, amount: int) -> None:
    """Raise CAPTURE_NOT_ALLOWED unless the amount may be captured.

    A rejected order may still be, at the merchant's risk, until Klarna cancels it. That nothing
    can be captured as 0 is inferred.
    """
    if order.status not in {"AUTHORIZED", "PART_CAPTURED", "CAPTURED"}:
        raise KlarnaError(403, "CAPTURE_NOT_ALLOWED", "Capture not allowed")
    if order.fraud_status == "PENDING" or not amount:
        raise KlarnaError(403, "CAPTURE_NOT_ALLOWED", "Capture not allowed")
    if amount > order.remaining:
        raise KlarnaError(403, "CAPTURE_NOT_ALLOWED", _TOO_MUCH)
