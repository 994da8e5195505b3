"""What a session or an order must satisfy beyond its schema: place, money and URLs.

Source: Klarna's pages on supported countries, on tax handling, and on the Payments error codes.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from resolvers.klarna.countries import COUNTRIES, Region
from resolvers.klarna.rules import findings
from resolvers.klarna.sandbox.callbacks import may_call
from resolvers.klarna.sandbox.errors import BadValue
from resolvers.klarna.sandbox.messages import Json, parse
from resolvers.klarna.sandbox.options import Options

_EXTRA_DATA = "application/vnd.klarna.internal.emd-v2+json"


def country_of(purchase: Json) -> str:
    """Return the country whose terms count: the billing address's, else the purchase's."""
    billing = purchase.get("billing_address", {}).get("country")
    country: str = billing or purchase["purchase_country"]
    return country.upper()


def check(purchase: Json, region: Region, options: Options, country: str | None = None) -> None:
    """Raise BadValue with everything wrong with a purchase whose schema is in order.

    `country` is the one whose terms count, if the purchase itself does not say so.
    """
    paths = [
        *_place(purchase, region, country or country_of(purchase)),
        *_urls(purchase, options.callback_hosts),
        *_attachment(purchase),
        *(finding.field for finding in findings(purchase, strict=options.strict_tax)),
    ]
    if paths:
        raise BadValue(list(dict.fromkeys(paths)))


def _place(purchase: Json, region: Region, code: str) -> Iterator[str]:
    """Find a country, currency or locale that do not belong together, or not to the region.

    Which field is blamed for an unknown country is inferred.
    """
    if purchase["purchase_country"].upper() not in COUNTRIES:
        yield "purchase_country"
        return
    country = COUNTRIES.get(code)
    if country is None:
        yield "billing_address.country"
        return
    if country.currency != purchase["purchase_currency"].upper() or country.region != region:
        yield "purchase_currency"
    locale = purchase.get("locale")
    if locale and locale.lower() not in {known.lower() for known in country.locales}:
        yield "locale"


def _urls(purchase: Json, hosts: tuple[str, ...]) -> Iterator[str]:
    """Find URLs that are not https. Loopback and configured hosts need not be: that is ours."""
    for name, url in purchase.get("merchant_urls", {}).items():
        if url and not (_is_https(url) or may_call(url, hosts)):
            yield f"merchant_urls.{name}"


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False


def _attachment(purchase: Json) -> Iterator[str]:
    """Find an attachment that Klarna cannot read. What it checks of one is inferred."""
    attachment = purchase.get("attachment")
    if attachment is None:
        return
    try:
        readable = isinstance(parse(attachment["body"].encode("utf-8", "replace")), dict)
    except ValueError:
        readable = False
    if not readable or attachment["content_type"] != _EXTRA_DATA:
        yield "attachment.attachment"
