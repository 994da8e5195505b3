"""Every effect that the sandbox ever committed, so that another's books can be compared."""

from dataclasses import dataclass
from datetime import datetime

from resolvers.klarna.sandbox.calls import Call
from resolvers.klarna.sandbox.clock import instant
from resolvers.klarna.sandbox.merchants import Account
from resolvers.klarna.sandbox.messages import Json


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, once."""

    number: int
    """Counts from 1 without gaps."""
    effect: str
    """In the past tense: `order_placed`, `captured`."""
    at: datetime
    account: Account
    idempotency_key: str | None
    correlation_id: str | None
    """Of the call that caused it; None if the shopper or time did."""
    details: Json
    """The ids and amounts it is about: `session_id`, `order_id`, `capture_id`, `amount`."""

    def as_json(self) -> Json:
        """Return the entry as the control API shows it."""
        return {
            "number": self.number,
            "effect": self.effect,
            "at": instant(self.at),
            "merchant": self.account.merchant,
            "region": self.account.region,
            "environment": self.account.environment,
            "idempotency_key": self.idempotency_key,
            "correlation_id": self.correlation_id,
            **self.details,
        }


class Ledger:
    """The effects in the order in which they happened."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def note(self, effect: str, account: Account, at: datetime, **details: object) -> None:
        """Write down what the shopper or time did."""
        number = len(self.entries) + 1
        self.entries.append(Entry(number, effect, at, account, None, None, details))

    def note_call(self, effect: str, call: Call, **details: object) -> None:
        """Write down what a merchant's call did."""
        number = len(self.entries) + 1
        self.entries.append(
            Entry(number, effect, call.at, call.account, call.key, call.correlation_id, details)
        )
