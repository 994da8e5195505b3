"""An order as Klarna wants to hear of it: sessions, lines and addresses in its own words.

Nothing here calls anyone. The bodies must agree to the last cent with what is later placed, so
one function makes them for opening, refreshing, authorizing and placing alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resolvers.klarna.countries import Country
from resolvers.klarna.rules import BASIS, SALES_TAX
from store.addresses import Address
from store.line_items import ItemType, LineItem
from store.orders import Order

Body = dict[str, Any]

NAME_LENGTH = 255
REFERENCE_LENGTH = 255
URL_LENGTH = 1024
"""Klarna's limits on the texts of a line; longer ones are cut, or left out if they are links."""

_GOODS = (ItemType.skus, ItemType.bundles)


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order with all that Klarna must know of it."""

    order: Order
    lines: Sequence[LineItem]
    country: Country
    billing_address: Address | None
    shipping_address: Address | None

    @property
    def amount(self) -> int:
        """What the shopper pays, in minor units."""
        return self.order.total_amount_with_taxes_cents

    @property
    def separate_tax(self) -> bool:
        """Whether tax is a line of its own, as it is in the Americas."""
        return self.country.region == "US"


def purchase_body(purchase: Purchase) -> Body:
    """Return what is compared with the authorization when the order is placed."""
    lines = list(order_lines(purchase))
    return {
        "purchase_country": purchase.country.code,
        "purchase_currency": purchase.order.currency_code,
        "locale": purchase.country.locale_for(purchase.order.language_code),
        "order_amount": purchase.amount,
        "order_tax_amount": _order_tax(lines),
        "order_lines": lines,
    }


def authorize_payload(
    snapshot: Mapping[str, Any], order: Order, billing: Address | None, shipping: Address | None
) -> Body:
    """Return what the browser passes to `Klarna.Payments.authorize()`: snapshot and addresses."""
    payload = dict(snapshot)
    email = {"email": order.customer_email} if order.customer_email else {}
    if billing is not None or email:
        payload["billing_address"] = email | (address_body(billing) if billing else {})
    if shipping is not None:
        payload["shipping_address"] = email | address_body(shipping)
    return payload


def address_body(address: Address) -> Body:
    """Return an address in Klarna's words, without what it does not know."""
    body = {
        "organization_name": address.company,
        "given_name": address.first_name,
        "family_name": address.last_name,
        "email": address.email,
        "phone": address.phone,
        "street_address": address.line_1,
        "street_address2": address.line_2,
        "postal_code": address.zip_code,
        "city": address.city,
        "region": address.state_code,
        "country": address.country_code,
    }
    return {name: value for name, value in body.items() if value}


def order_lines(purchase: Purchase) -> Iterator[Body]:
    """Yield the order's lines, and the tax as a line where the country wants it."""
    for line in purchase.lines:
        yield _line(line, purchase)
    if purchase.separate_tax and not purchase.order.tax_included:
        tax = purchase.order.total_tax_amount_cents
        yield {
            "type": SALES_TAX,
            "name": "Tax",
            "quantity": 1,
            "unit_price": tax,
            "total_amount": tax,
        }


def _line(line: LineItem, purchase: Purchase) -> Body:
    body: Body = {"type": line_type(line), "name": line.name[:NAME_LENGTH]}
    if reference := line.sku_code or line.reference:
        body["reference"] = reference[:REFERENCE_LENGTH]
    body |= _amounts(line, purchase)
    for name, url in (("image_url", line.image_url), ("product_url", line.product_url)):
        if url and len(url) <= URL_LENGTH:
            body[name] = url
    return body


def _amounts(line: LineItem, purchase: Purchase) -> Body:
    if purchase.separate_tax:
        return _priced(line.quantity, line.unit_amount_cents, line.total_amount_cents)
    tax = {
        "tax_rate": round((line.tax_rate or 0) * BASIS),
        "total_tax_amount": line.tax_amount_cents,
    }
    if purchase.order.tax_included:
        return _priced(line.quantity, line.unit_amount_cents, line.total_amount_cents) | tax
    return _gross(line) | tax


def _priced(quantity: int, unit_price: int, total: int) -> Body:
    body = {"quantity": quantity, "unit_price": unit_price, "total_amount": total}
    if discount := quantity * unit_price - total:
        body["total_discount_amount"] = discount
    return body


def _gross(line: LineItem) -> Body:
    """Return a net line's amounts with its tax: as one piece if that does not divide evenly."""
    total = line.total_amount_cents + line.tax_amount_cents
    if line.quantity and total % line.quantity == 0:
        return _priced(line.quantity, total // line.quantity, total)
    return _priced(1, total, total)


def line_type(line: LineItem) -> str:
    """Return Klarna's type for a line; the sign decides between a discount and a surcharge."""
    negative = line.total_amount_cents < 0
    if line.item_type in _GOODS:
        return "discount" if negative else "physical"
    if line.item_type is ItemType.shipments:
        return "discount" if negative else "shipping_fee"
    if line.item_type is ItemType.gift_cards:
        return "gift_card" if negative else "digital"
    return "discount" if negative else "surcharge"


def _order_tax(lines: Sequence[Body]) -> int:
    """Return the tax as the sum of what the lines say, never computed apart from them."""
    return sum(
        line["total_amount"] if line["type"] == SALES_TAX else line.get("total_tax_amount", 0)
        for line in lines
    )
