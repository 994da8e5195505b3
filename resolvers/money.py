"""Money as people read it: in the currency's own symbol, decimal mark and number of decimals.

`€1.234,50` and `$72.00`: the symbol stands before the amount where it is a sign, and where the
currency's own country puts it where it is letters. Source: CLDR, as Babel carries it.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any
from unicodedata import category

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_currency_precision, get_currency_symbol
from sqlalchemy import ColumnElement, case, func, literal_column

from store.building import word

HOMES = {"EUR": "DE", "USD": "US", "GBP": "GB", "CHF": "CH", "AUD": "AU", "NZD": "NZ"}
"""Whose customs a currency of several countries follows; others follow their own country's."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a currency is written."""

    before: str
    after: str
    decimal: str
    group: str
    decimals: int

    def write(self, cents: int) -> str:
        """Write an amount that is given in minor units."""
        whole, part = divmod(abs(cents), 10**self.decimals)
        number = f"{whole:,}".replace(",", self.group)
        if self.decimals:
            number += f"{self.decimal}{part:0{self.decimals}}"
        return f"{'-' if cents < 0 else ''}{self.before}{number}{self.after}"


def written(cents: int, currency: str) -> str:
    """Return an amount in minor units as a person reads it: `€10,00`."""
    return style(currency).write(cents)


def major(cents: int, currency: str) -> float:
    """Return an amount in minor units as a number of the currency's major ones: 10.0."""
    return cents / float(10 ** style(currency).decimals)


def parts_of(currency: ColumnElement[Any]) -> ColumnElement[float]:
    """Return what `major` divides by: how many minor units a major one has, in SQL."""
    unusual = defaultdict(list)
    for code in get_global("currency_fractions"):
        unusual[get_currency_precision(code)].append(code)
    usual = get_currency_precision("DEFAULT")
    cases: list[tuple[ColumnElement[bool], ColumnElement[Any]]] = [
        (_among(currency, codes), literal_column(str(10.0**decimals)))
        for decimals, codes in unusual.items()
        if decimals != usual
    ]
    return case(*cases, else_=literal_column(str(10.0**usual)))


def _among(currency: ColumnElement[Any], codes: list[str]) -> ColumnElement[bool]:
    """Return the condition that a currency is one of several: one text, since there are many."""
    listed = word(f" {' '.join(codes)} ")
    found = func.instr(listed, word(" ").concat(currency).concat(word(" ")))
    return (func.length(currency) == literal_column("3")) & (found > literal_column("0"))


@cache
def style(currency: str) -> Style:
    """Return how a currency is written; one that nobody knows is written with its code."""
    locale = _home(currency)
    symbol = get_currency_symbol(currency, locale)
    symbols = locale.number_symbols["latn"]
    pattern = locale.currency_formats["standard"].pattern
    sign = len(symbol) == 1 and category(symbol) == "Sc"
    leads = sign or pattern.startswith("¤")
    return Style(
        before=("" if not leads else symbol if sign else f"{symbol} "),
        after="" if leads else f" {symbol}",
        decimal=symbols["decimal"],
        group=" " if symbols["group"].isspace() else symbols["group"],
        decimals=get_currency_precision(currency),
    )


@cache
def _home(currency: str) -> Locale:
    territory = HOMES.get(currency, currency[:2])
    try:
        return Locale.parse(f"und_{territory}")
    except UnknownLocaleError:
        return Locale("en")
