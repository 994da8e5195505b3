"""Changes to an order that move no money: its amount and lines, its references, its shopper.

Source: Klarna's pages on changing orders. Which statuses allow a change is partly inferred.
"""

import re
from dataclasses import replace

from resolvers.klarna.sandbox.calls import Call
from resolvers.klarna.sandbox.contract import order_management
from resolvers.klarna.sandbox.errors import KlarnaError, not_allowed
from resolvers.klarna.sandbox.messages import Json, Reply
from resolvers.klarna.sandbox.order_book import OrderBook
from resolvers.klarna.sandbox.orders import OPEN, Order
from resolvers.klarna.sandbox.world import World

_COUNTRY = re.compile("[A-Za-z]{2}")


class Changes:
    """The calls that change what is known about an order."""

    def __init__(self, world: World, orders: OrderBook) -> None:
        self._world = world
        self._orders = orders

    def authorization(self, call: Call) -> Reply:
        """Change the amount and the lines: PATCH .../authorization.

        Leaving the lines out deletes them. Not every payment method lets the amount grow.
        """
        order = self._orders.find(call)
        body = call.order_body(order_management("UpdateAuthorization"))
        amount = body["order_amount"]
        if order.status not in OPEN or order.fraud_status == "PENDING" or amount < order.captured:
            raise not_allowed()
        if amount > order.amount and not order.method.increasable:
            raise not_allowed()
        changed = replace(
            order,
            amount=amount,
            purchase=order.purchase | {"order_lines": body.get("order_lines", [])},
        )
        if order.captures and not changed.remaining:
            changed = replace(changed, status="CAPTURED")
        self._orders.save(changed)
        self._note("authorization_updated", call, order, amount=amount)
        return Reply(204)

    def references(self, call: Call) -> Reply:
        """Change the merchant's references: PATCH .../merchant-references. "" clears one."""
        order = self._orders.find(call)
        body = call.order_body(order_management("UpdateMerchantReferences"))
        if order.status in {"CANCELLED", "CLOSED"}:
            raise not_allowed()
        self._orders.save(replace(order, purchase=_merged(order.purchase, body)))
        self._note("references_updated", call, order, **body)
        return Reply(204)

    def customer(self, call: Call) -> Reply:
        """Change the shipping address: PATCH .../customer-details. "" clears a field.

        The billing address can no longer change and is ignored. What makes an address invalid
        is inferred: a country that is none, or an email without an @.
        """
        order = self._orders.find(call)
        body = call.order_body(order_management("UpdateConsumer"))
        if order.status not in OPEN:
            raise not_allowed()
        before = order.purchase.get("shipping_address", {})
        address = _merged(before, body.get("shipping_address", {}))
        wrong = [
            *(["country"] if not _COUNTRY.fullmatch(address.get("country", "XX")) else []),
            *(["email"] if "@" not in address.get("email", "@") else []),
        ]
        if wrong:
            messages = (f"Bad value: shipping_address.{field}" for field in wrong)
            raise KlarnaError(422, "INVALID_ADDRESS", *messages)
        self._orders.save(replace(order, purchase=order.purchase | {"shipping_address": address}))
        self._note("customer_updated", call, order)
        return Reply(204)

    def add_shipping_info(self, call: Call) -> Reply:
        """Add parcels to the order: POST .../shipping-info."""
        order = self._orders.find(call)
        body = call.order_body(order_management("UpdateShippingInfo"))
        if order.status in {"CANCELLED", "CLOSED"}:
            raise not_allowed()
        parcels = [*order.shipping_info, *body["shipping_info"]]
        self._orders.save(replace(order, shipping_info=parcels))
        self._note("shipping_info_added", call, order)
        return Reply(204)

    def acknowledge(self, call: Call) -> Reply:
        """Confirm that the order arrived: POST .../acknowledge. Doing so again is no error."""
        order = self._orders.find(call)
        if order.status == "CANCELLED":
            raise not_allowed("Order is cancelled. Acknowledge not possible.")
        self._note("acknowledged", call, order)
        return Reply(204)

    def _note(self, effect: str, call: Call, order: Order, **details: object) -> None:
        self._world.ledger.note_call(effect, call, order_id=order.id, **details)


def _merged(before: Json, sent: Json) -> Json:
    """Return fields with others in their place; empty ones vanish."""
    return {name: value for name, value in (before | sent).items() if value != ""}
