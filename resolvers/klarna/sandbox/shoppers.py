"""What Klarna checks about the person who pays, once the shopper has been asked.

Source: Klarna's pages on addresses and customers in the Payments API. That the checks happen
when the shopper authorizes, not when the merchant opens the session, is inferred.
"""

import unicodedata
from collections.abc import Iterator
from datetime import date

from resolvers.klarna.sandbox.messages import Json

_REGIONAL = frozenset({"US", "AU"})
"""Countries whose addresses name a subdivision: OH, NSW."""
_GENDERS = frozenset({"male", "female"})


def invalid_fields(purchase: Json) -> list[str]:
    """Return the paths of what the shopper would be asked to correct."""
    paths = [
        f"{name}.{field}"
        for name in ("billing_address", "shipping_address")
        if name in purchase
        for field in _in_address(purchase[name])
    ]
    return [*paths, *(f"customer.{field}" for field in _in_customer(purchase.get("customer", {})))]


def _in_address(address: Json) -> Iterator[str]:
    for field in ("given_name", "family_name"):
        name = address.get(field, "")
        if name and not _is_name(name):
            yield field
    if address.get("country", "").upper() in _REGIONAL and not address.get("region"):
        yield "region"


def _in_customer(customer: Json) -> Iterator[str]:
    born = customer.get("date_of_birth")
    if born and not _is_date(born):
        yield "date_of_birth"
    if customer.get("gender", "male") not in _GENDERS:
        yield "gender"


def _is_name(text: str) -> bool:
    letters = all(
        char.isalnum() or char in " -'\u2019" or unicodedata.category(char).startswith("M")
        for char in text
    )
    return letters and len(text) > 1 and not text.replace(" ", "").isdigit()


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
