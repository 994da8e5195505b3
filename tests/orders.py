"""Orders as shops push them. Amounts are in minor units."""

from typing import Any

from graph.demo.shop import orders

Json = dict[str, Any]


def demo(number: str) -> Json:
    """One of the demo's orders."""
    found: Json = next(o["input"] for o in orders() if o["input"]["number"] == number)
    return found


def german() -> Json:
    """Shoes, socks and shipping to Berlin: 163.60 EUR with 19 % VAT inside."""
    return demo("W1001")


def american() -> Json:
    """A jacket, shirts and shipping to Ohio, with sales tax apart."""
    return demo("W1004")


def with_email(suffix: str) -> Json:
    """An order of a shopper for whom the sandbox has a fate."""
    order = demo("W1003")
    address = order["billingAddress"] | {"email": f"customer+{suffix}@email.uk"}
    return order | {"billingAddress": address, "shippingAddress": address}


def one_line(total: int, tax: int, rate: float, **changes: Any) -> Json:
    """An order of a single line."""
    line = {
        "name": "Thing",
        "quantity": 1,
        "unitAmountCents": total,
        "totalAmountCents": total,
        "taxAmountCents": tax,
        "taxRate": rate,
    }
    return {
        "currencyCode": "EUR",
        "countryCode": "DE",
        "customerEmail": "customer@email.de",
        "subtotalAmountCents": total,
        "totalTaxAmountCents": tax,
        "totalAmountCents": total,
        "totalAmountWithTaxesCents": total,
        "lineItems": [line],
    } | changes


def dearer() -> Json:
    """The German order, changed: a single line of 200.00 EUR."""
    return german() | one_line(
        200_00,
        31_93,
        0.19,
        reference="W1001",
        number="W1001",
        shippingAmountCents=0,
    )
