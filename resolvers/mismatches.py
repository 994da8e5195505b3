"""What of an order is not what Klarna was told: field by field, so that a person sees which."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from resolvers.klarna.wire import purchase_body
from resolvers.purchases import purchase_of
from store.database import Reader
from store.gateways import gateways_by_id
from store.lookups import Finder
from store.orders import Order
from store.payments import KlarnaPayment

_ORDER = ("purchase_country", "purchase_currency", "order_amount", "order_tax_amount")
_LINE = (
    "type",
    "reference",
    "quantity",
    "unit_price",
    "total_discount_amount",
    "total_amount",
    "tax_rate",
    "total_tax_amount",
)
"""What makes a purchase another one. Names and pictures do not."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One field that differs."""

    path: tuple[str, ...]
    """In Klarna's words: `("order_lines", "0", "total_amount")`."""
    expected: str | None
    """What Klarna was told."""
    actual: str | None
    """What the order says now."""


async def mismatches(
    reader: Reader | Finder, order: Order, payment: KlarnaPayment
) -> list[Mismatch]:
    """Return where an order differs from what Klarna was last told of it by its payment.

    Raises Refused if the order is not one that Klarna could be told.
    """
    gateway = await gateways_by_id.known(reader, payment.payment_gateway_id)
    purchase = await purchase_of(reader, order, gateway)
    return differing(payment.snapshot, purchase_body(purchase))


def differing(told: Mapping[str, Any], now: Mapping[str, Any]) -> list[Mismatch]:
    """Return where a purchase now differs from what Klarna was told of it."""
    found = list(_differing((), told, now, _ORDER))
    lines, lines_now = told["order_lines"], now["order_lines"]
    for index in range(max(len(lines), len(lines_now))):
        line = lines[index] if index < len(lines) else {}
        line_now = lines_now[index] if index < len(lines_now) else {}
        found += _differing(("order_lines", str(index)), line, line_now, _LINE)
    return found


def _differing(
    path: tuple[str, ...], told: Mapping[str, Any], now: Mapping[str, Any], names: tuple[str, ...]
) -> Iterator[Mismatch]:
    for name in names:
        expected, actual = told.get(name), now.get(name)
        if expected != actual:
            yield Mismatch((*path, name), _written(expected), _written(actual))


def _written(value: object) -> str | None:
    return None if value is None else str(value)
