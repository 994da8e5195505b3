"""What the shop pushed of an order, and whether it holds together.

Totals are checked and never invented: what the shop says is what the shopper is asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resolvers.errors import RefusalCode, Refused
from resolvers.texts import Path, check_texts, invalid
from store.addresses import AddressContent
from store.line_items import ItemType, LineItemContent
from store.orders import OrderContent

MAX_LINES = 1000
"""As many lines as Klarna takes."""
MAX_ADDRESS_TEXT = 99
MAX_ZIP_CODE = 10
"""Klarna's limits on an address; its widget refuses what is longer."""

_PROMOTIONS = frozenset(
    kind
    for kind in ItemType
    if kind.endswith("_promotions") or kind is ItemType.discount_engine_items
)
_PARTS = (
    ("subtotal_amount_cents", frozenset({ItemType.skus, ItemType.bundles})),
    ("shipping_amount_cents", frozenset({ItemType.shipments})),
    ("payment_method_amount_cents", frozenset({ItemType.payment_methods})),
    ("discount_amount_cents", _PROMOTIONS),
    ("adjustment_amount_cents", frozenset({ItemType.adjustments})),
)
"""The order's partial sums, each with the kinds of lines that it sums up."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An order, whole, as the shop has it."""

    order: OrderContent
    lines: Sequence[LineItemContent]
    billing_address: AddressContent | None
    shipping_address: AddressContent | None
    payment_method_id: str | None
    order_id: str | None = None
    """The caller's own id for it, if it has one."""

    @property
    def goods(self) -> bool:
        """Whether it holds anything that can be bought."""
        return any(_sums_into("subtotal_amount_cents", line) for line in self.lines)


def check_snapshot(snapshot: Snapshot) -> None:
    """Raise Refused for the first thing in a snapshot that cannot be so."""
    order, lines = snapshot.order, snapshot.lines
    if len(lines) > MAX_LINES:
        raise invalid(("line_items",), f"An order has at most {MAX_LINES} lines.")
    check_texts(order)
    for index, line in enumerate(lines):
        _check_line(line, ("line_items", str(index)))
    for name in ("billing_address", "shipping_address"):
        address: AddressContent | None = getattr(snapshot, name)
        if address is not None:
            _check_address(address, (name,))
    for field, expected in _sums(order, lines):
        actual = getattr(order, field)
        if actual != expected:
            raise _differs((field,), actual, expected, "the lines make it")


def _check_line(line: LineItemContent, path: Path) -> None:
    check_texts(line, path)
    if not line.name.strip():
        raise invalid((*path, "name"), "A line needs a name.")
    if line.quantity < 1:
        raise invalid((*path, "quantity"), "A line's quantity is at least 1.")
    if line.tax_rate is not None and not 0 <= line.tax_rate <= 1:
        raise invalid((*path, "tax_rate"), "A tax rate is a fraction from 0 to 1: 0.25 is 25 %.")
    if line.discount_cents > 0:
        raise invalid((*path, "discount_cents"), "A line's discount is negative or 0.")
    gross = line.quantity * line.unit_amount_cents
    # Shops that spread promotions over the lines state the share without taking it off the total
    if line.total_amount_cents not in (gross, gross + line.discount_cents):
        made = "quantity x unit price, less the discount, makes it"
        expected = gross + line.discount_cents
        raise _differs((*path, "total_amount_cents"), line.total_amount_cents, expected, made)


def _check_address(address: AddressContent, path: Path) -> None:
    check_texts(address, path, limit=MAX_ADDRESS_TEXT)
    needed = ["line_1", "city", *(["company"] if address.business else ["first_name", "last_name"])]
    for name in needed:
        if not (getattr(address, name) or "").strip():
            raise invalid((*path, name), "An address needs this.")
    if len(address.zip_code or "") > MAX_ZIP_CODE:
        raise invalid((*path, "zip_code"), f"A postal code has up to {MAX_ZIP_CODE} characters.")


def _sums(order: OrderContent, lines: Sequence[LineItemContent]) -> Iterator[tuple[str, int]]:
    """Yield the order's sums with what the lines make them."""
    for field in (*dict(_PARTS), "gift_card_amount_cents"):
        yield field, sum(line.total_amount_cents for line in lines if _sums_into(field, line))
    tax = sum(line.tax_amount_cents for line in lines)
    total = sum(line.total_amount_cents for line in lines)
    yield "total_tax_amount_cents", tax
    yield "total_amount_cents", total
    yield "total_amount_with_taxes_cents", total if order.tax_included else total + tax


def _sums_into(field: str, line: LineItemContent) -> bool:
    """Whether a line belongs to a partial sum: a gift card is bought, or paid with if negative."""
    if line.item_type is ItemType.gift_cards:
        paid_with = line.total_amount_cents < 0
        return field == ("gift_card_amount_cents" if paid_with else "subtotal_amount_cents")
    return line.item_type in dict(_PARTS).get(field, ())


def _differs(path: Path, actual: int, expected: int, made: str) -> Refused:
    return Refused(
        RefusalCode.AMOUNTS_DIFFER,
        f"This is {actual}, and {expected} as {made}.",
        path=path,
        hint="Push amounts that add up, with putOrder.",
    )
