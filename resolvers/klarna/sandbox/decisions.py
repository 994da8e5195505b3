"""What Klarna makes of a shopper: decided by the billing email and phone, never by chance.

A suffix in the email's local part chooses: `customer+denied@email.de`. Suffixes of Klarna's own
playground work as they do there; those that begin with `sbx-` are this sandbox's.
Source: Klarna's pages on sample customer data and on pending orders.
"""

import re
from dataclasses import dataclass
from typing import Literal

from resolvers.klarna.sandbox.messages import Json
from resolvers.klarna.sandbox.purchases import country_of

Outcome = Literal["approved", "declined", "aborted", "invalid"]
Verdict = Literal["accept", "reject", "stop"]

DENIED_PHONES = frozenset(
    {
        "+4306762600745",
        "+32485212123",
        "+420771623691",
        "+4552555348",
        "+642993007712",
    }
)
"""The phone numbers of Klarna's sample customers that are always declined."""

STOPPED_AFTER_MINUTES = 10
"""How long after being accepted an order of `+sbx-stopped` is stopped."""

_PENDING_COUNTRIES = frozenset({"US", "GB"})
_PENDING = re.compile(r"pend-(accept|reject)-([0-9]{2})")
_SIGN_UP = frozenset({"require_signup", "new_user"})
_IDENTIFY = frozenset({"auth_id_scan", "auth_monthio"})


@dataclass(frozen=True, slots=True)
class Review:
    """A second look at an order that was placed."""

    verdict: Verdict
    minutes: int
    """How long after the order was placed."""
    pending: bool
    """Whether the order waits for it, or counts as accepted until then."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to a shopper at each step of the way."""

    outcome: Outcome = "approved"
    form: bool = True
    """Whether Klarna offers itself at all."""
    steps: tuple[str, ...] = ()
    """What the shopper is asked to do before being approved: `sign_up`, `identify`."""
    finalize: bool = False
    """Whether the shopper approves the purchase in a step of its own."""
    placeable: bool = True
    """Whether Klarna stands by its approval when the order is placed."""
    review: Review | None = None


def decide(purchase: Json) -> Decision:
    """Return what becomes of a purchase. The same purchase always has the same fate."""
    billing = purchase.get("billing_address", {})
    local_part = billing.get("email", "").lower().partition("@")[0]
    _, *suffixes = local_part.split("+")
    identify = bool(_IDENTIFY & set(suffixes))
    return Decision(
        outcome=_outcome(set(suffixes), _digits(billing.get("phone", "")), identify=identify),
        form="red" not in suffixes,
        steps=("sign_up",) * bool(_SIGN_UP & set(suffixes)) + ("identify",) * identify,
        finalize="sbx-finalize" in suffixes,
        placeable="sbx-rejectplace" not in suffixes,
        review=_review(suffixes, country_of(purchase)),
    )


def _outcome(suffixes: set[str], phone: str, *, identify: bool) -> Outcome:
    """Choose the outcome. That extra identification ends in approval is inferred."""
    if phone in DENIED_PHONES or "red" in suffixes or ("denied" in suffixes and not identify):
        return "declined"
    if "sbx-invalid" in suffixes:
        return "invalid"
    return "aborted" if "sbx-abort" in suffixes else "approved"


def _review(suffixes: list[str], country: str) -> Review | None:
    if "sbx-stopped" in suffixes:
        return Review("stop", STOPPED_AFTER_MINUTES, pending=False)
    pending = next(filter(None, map(_PENDING.fullmatch, suffixes)), None)
    if pending is None or country not in _PENDING_COUNTRIES:
        return None
    verdict: Verdict = "accept" if pending[1] == "accept" else "reject"
    return Review(verdict, int(pending[2]), pending=True)


def _digits(phone: str) -> str:
    return re.sub(r"[\s().\-/]", "", phone)
