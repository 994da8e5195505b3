"""How the order that a merchant places differs from what the shopper authorized.

Source: Klarna's page on the Payments error codes. That all of a line's fields are compared, and
that an address which is sent is compared whole, is inferred.
"""

from collections.abc import Iterator

from resolvers.klarna.sandbox.messages import Json

_LINE_DEFAULTS: Json = {
    "type": "physical",
    "total_discount_amount": 0,
    "tax_rate": 0,
    "total_tax_amount": 0,
}


def differences(placed: Json, authorized: Json) -> list[str]:
    """Return the fields that do not match, in Klarna's words."""
    expected, actual = len(authorized["order_lines"]), len(placed["order_lines"])
    if expected != actual:
        return [f"Incorrect number of items in the cart. Expected: {expected}, Actual: {actual}"]
    return [
        *_terms(placed, authorized),
        *_lines(placed, authorized),
        *_addresses(placed, authorized),
    ]


def _terms(placed: Json, authorized: Json) -> Iterator[str]:
    for name in ("purchase_country", "purchase_currency"):
        if placed[name].upper() != authorized[name].upper():
            yield name
    for name in ("order_amount", "order_tax_amount"):
        if placed.get(name, 0) != authorized.get(name, 0):
            yield name


def _lines(placed: Json, authorized: Json) -> Iterator[str]:
    pairs = zip(placed["order_lines"], authorized["order_lines"], strict=True)
    for index, (ours, theirs) in enumerate(pairs):
        for name in sorted(ours.keys() | theirs.keys()):
            default = _LINE_DEFAULTS.get(name)
            if ours.get(name, default) != theirs.get(name, default):
                yield f"order_lines[{index}].{name}"


def _addresses(placed: Json, authorized: Json) -> Iterator[str]:
    billing = authorized.get("billing_address", {})
    known = {
        "billing_address": billing,
        "shipping_address": authorized.get("shipping_address", billing),
    }
    for address, theirs in known.items():
        ours = placed.get(address)
        if ours is None:
            continue
        for name in sorted(ours.keys() | theirs.keys()):
            if _written(name, ours) != _written(name, theirs):
                yield f"{address}.{name}"


def _written(name: str, address: Json) -> str:
    text: str = address.get(name, "")
    return text.upper() if name == "country" else text
