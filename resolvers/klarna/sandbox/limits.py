"""How much and how often a merchant may call.

Source: Klarna's pages on rate limits and request limits. The headers' names are documented for
Klarna's newer gateway; that quotas refill every whole second is inferred.
"""

from dataclasses import dataclass
from datetime import datetime

from resolvers.klarna.sandbox.errors import KlarnaError
from resolvers.klarna.sandbox.merchants import Account, Environment

MAX_BODY = 1024 * 1024
"""The largest body Klarna reads, in bytes."""

_PER_SECOND: dict[Environment, tuple[int, int]] = {"production": (40, 200), "playground": (5, 50)}
"""Calls per second: creating sessions, and everything else."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of an account's calls in this second."""

    limit: int
    used: int

    @property
    def exceeded(self) -> bool:
        """Whether this call is one too many."""
        return self.used > self.limit

    @property
    def headers(self) -> dict[str, str]:
        """The quota as response headers; `Reset` counts seconds."""
        return {
            "X-Ratelimit-Limit": str(self.limit),
            "X-Ratelimit-Remaining": str(max(self.limit - self.used, 0)),
            "X-Ratelimit-Reset": "1",
        }


class Limits:
    """Counts calls per account and class of operation, in whole seconds."""

    def __init__(self) -> None:
        self._used: dict[tuple[Account, bool], tuple[datetime, int]] = {}

    def count(self, account: Account, operation: str, now: datetime) -> Quota:
        """Count one call and return what it leaves."""
        creates_session = operation == "create_session"
        second = now.replace(microsecond=0)
        since, used = self._used.get((account, creates_session), (second, 0))
        used = used + 1 if since == second else 1
        self._used[account, creates_session] = (second, used)
        sessions, others = _PER_SECOND[account.environment]
        return Quota(sessions if creates_session else others, used)


def too_many_requests() -> KlarnaError:
    """Make the error for a call beyond its quota; its message is inferred."""
    return KlarnaError(429, "TOO_MANY_REQUESTS", "Too many requests")


def too_large() -> KlarnaError:
    """Make the error for a body over MAX_BODY; its message is inferred."""
    return KlarnaError(413, "REQUEST_TOO_LARGE", "Request too large")
