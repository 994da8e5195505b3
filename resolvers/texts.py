"""What callers may write into a resource: texts of sensible length, links, codes and metadata."""

import re
from urllib.parse import urlsplit

from babel.numbers import list_currencies

from resolvers.errors import RefusalCode, Refused
from store.fields import fields_of
from store.resources import Referable
from store.rows import json_text

MAX_AMOUNT = 200_000_000
"""The largest amount Klarna takes, in minor units, for a line and for an order alike."""
MAX_TEXT = 255
MAX_URL = 2000
MAX_METADATA = 16_384
"""The longest texts, links and metadata, in characters."""

Path = tuple[str, ...]
_PATTERNS = {
    "country_code": (re.compile(r"[A-Z]{2}"), "an ISO 3166-1 code such as `DE`"),
    "language_code": (re.compile(r"[a-z]{2}(-[A-Z]{2})?"), "an ISO 639-1 code such as `de`"),
    "customer_email": (re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "an e-mail address"),
}
_SECURE = ("return_url",)
"""Links that Klarna is given, and takes only as https."""


def check_texts(content: Referable, path: Path = (), *, limit: int = MAX_TEXT) -> None:
    """Raise Refused for the first field of what a caller said that cannot be so."""
    for field in fields_of(type(content)):
        value = getattr(content, field.name)
        here = (*path, field.name)
        if field.money and value is not None and abs(value) > MAX_AMOUNT:
            raise Refused(
                RefusalCode.AMOUNT_OUT_OF_RANGE,
                f"Amounts go up to {MAX_AMOUNT} minor units, which is all that Klarna takes.",
                path=here,
                hint="Split the order, and push its parts with putOrder.",
            )
        if isinstance(value, str) and not field.is_enum:
            _check_text(field.name, value, here, limit)
    if len(json_text(content.metadata)) > MAX_METADATA:
        raise invalid((*path, "metadata"), f"Metadata has up to {MAX_METADATA} characters.")


def _check_text(name: str, value: str, path: Path, limit: int) -> None:
    longest = MAX_URL if name.endswith("_url") else limit
    if len(value) > longest:
        raise invalid(path, f"This has {len(value)} characters, and {longest} is the most.")
    if "\0" in value:
        raise invalid(path, "This holds a NUL character.")
    if name.endswith("_url"):
        _check_link(value, path, secure=name in _SECURE)
    pattern, meaning = _PATTERNS.get(name, (None, ""))
    if pattern is not None and not pattern.fullmatch(value):
        raise invalid(path, f"{value!r} is not {meaning}.")
    if name == "currency_code" and value not in list_currencies():
        raise invalid(path, f"{value!r} is no ISO 4217 currency.")


def _check_link(value: str, path: Path, *, secure: bool) -> None:
    try:
        link = urlsplit(value)
    except ValueError:
        raise invalid(path, "This is no web address.") from None
    if link.scheme not in (("https",) if secure else ("http", "https")) or not link.netloc:
        raise invalid(path, f"This is no {'https' if secure else 'web'} address.")


def named(value: str, name: str) -> None:
    """Raise Refused if a name is blank."""
    if not value.strip():
        raise invalid((name,), "A name is needed.")


def invalid(path: Path, message: str) -> Refused:
    """Return the refusal of a field that holds what it must not."""
    return Refused(
        RefusalCode.FIELD_INVALID, message, path=path, hint="Correct it and send it again."
    )
