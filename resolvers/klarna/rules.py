"""Klarna's arithmetic: what the amounts of a session or an order must add up to.

All amounts are integers in minor units and include tax, except that in the Americas tax is a
line of its own. The functions are pure and read bodies in Klarna's own shape, so that the
gateway asks them before it calls and the sandbox asks them when it is called.
Source: Klarna's pages on tax handling and the `order_line` schema; where the two disagree, the
schema's formula is the one implemented.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SALES_TAX = "sales_tax"
"""The type of a line that is tax and nothing else."""
BASIS = 10_000
"""Tax rates are basis points: 2500 is 25 %."""

Line = Mapping[str, Any]
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One amount that is not what the others make it."""

    path: tuple[str | int, ...]
    """Where, in Klarna's field names: `("order_lines", 0, "total_amount")`."""
    expected: int
    actual: int
    message: str

    @property
    def field(self) -> str:
        """The path as Klarna writes it: `order_lines[0].total_amount`."""
        return dotted(self.path)


def dotted(path: Sequence[str | int]) -> str:
    """Write a path as Klarna's errors do: `order_lines[0].total_amount`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def tax_within(amount: int, rate: int) -> int:
    """Return the tax that `amount` contains at `rate` basis points, rounded half away from zero."""
    divisor = BASIS + rate
    tax = (2 * abs(amount) * rate + divisor) // (2 * divisor)
    return tax if amount >= 0 else -tax


def findings(body: Body, *, strict: bool = True) -> list[Finding]:
    """Return everything in a session or order that Klarna would refuse, first line first.

    `strict` demands that the order's tax is exactly the sum of its lines' tax, which is what the
    gateway always sends; otherwise it may be off by one minor unit an item, as Klarna allows.
    """
    lines: Sequence[Line] = body["order_lines"]
    found = list(_line_totals(lines))
    found += _order_total(body, lines)
    if any(line.get("type") == SALES_TAX for line in lines):
        found += _separate_tax(body, lines)
    else:
        found += _included_tax(body, lines, strict=strict)
    return found


def _line_totals(lines: Sequence[Line]) -> Iterator[Finding]:
    for index, line in enumerate(lines):
        discount = line.get("total_discount_amount", 0)
        expected = line["quantity"] * line["unit_price"] - discount
        if line["total_amount"] != expected:
            yield Finding(
                ("order_lines", index, "total_amount"),
                expected,
                line["total_amount"],
                "A line's total is quantity x unit price - discount.",
            )


def _order_total(body: Body, lines: Sequence[Line]) -> Iterator[Finding]:
    expected = sum(line["total_amount"] for line in lines)
    if body["order_amount"] != expected:
        yield Finding(
            ("order_amount",),
            expected,
            body["order_amount"],
            "The order's amount is the sum of its lines' totals.",
        )


def _included_tax(body: Body, lines: Sequence[Line], *, strict: bool) -> Iterator[Finding]:
    for index, line in enumerate(lines):
        if "total_tax_amount" not in line:
            continue
        rate, total, tax = line.get("tax_rate", 0), line["total_amount"], line["total_tax_amount"]
        # |tax - (total - total * 10000 / (10000 + rate))| <= 1, without leaving the integers
        if abs(tax * (BASIS + rate) - total * rate) > BASIS + rate:
            yield Finding(
                ("order_lines", index, "total_tax_amount"),
                tax_within(total, rate),
                tax,
                f"A line's tax is the part of its total that {rate / 100:g} % makes, within 1.",
            )
    taxed = [line for line in lines if "total_tax_amount" in line]
    stated = body.get("order_tax_amount")
    if stated is None:
        return
    expected = sum(line["total_tax_amount"] for line in taxed)
    tolerance = 0 if strict else sum(line["quantity"] for line in lines)
    if abs(stated - expected) > tolerance:
        yield Finding(
            ("order_tax_amount",),
            expected,
            stated,
            "The order's tax is the sum of its lines' tax.",
        )


def _separate_tax(body: Body, lines: Sequence[Line]) -> Iterator[Finding]:
    for index, line in enumerate(lines):
        for name in ("tax_rate", "total_tax_amount"):
            if line.get(name):
                yield Finding(
                    ("order_lines", index, name),
                    0,
                    line[name],
                    "Where tax is a line of its own, no other line carries tax.",
                )
    expected = sum(line["total_amount"] for line in lines if line.get("type") == SALES_TAX)
    stated = body.get("order_tax_amount", expected)
    if stated != expected:
        yield Finding(
            ("order_tax_amount",),
            expected,
            stated,
            "The order's tax is the sum of its sales tax lines.",
        )
