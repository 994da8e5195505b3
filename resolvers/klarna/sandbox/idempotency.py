"""The first answer to a key, given again to whoever repeats it.

Only the key counts: neither path nor body is looked at again, and a key lives for 24 hours.
Source: Klarna's page on idempotency. That refusals are repeated too, and that a repetition gets
409 while the first call is still being answered, is inferred.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from resolvers.klarna.sandbox.errors import KlarnaError
from resolvers.klarna.sandbox.merchants import Account
from resolvers.klarna.sandbox.messages import Reply

LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _First:
    reply: Reply
    at: datetime
    busy_until: datetime


class Replays:
    """The first answers by account and key."""

    def __init__(self) -> None:
        self._firsts: dict[tuple[Account, str], _First] = {}

    def find(self, account: Account, key: str, now: datetime) -> Reply | None:
        """Return the first answer to a key, or None. Raises CONFLICT while it is on its way."""
        first = self._firsts.get((account, key))
        if first is None or now > first.at + LIFE:
            return None
        if now < first.busy_until:
            raise KlarnaError(409, "CONFLICT")
        return first.reply

    def keep(self, account: Account, key: str, reply: Reply, now: datetime) -> None:
        """Remember an answer."""
        self._firsts[account, key] = _First(reply, now, now)

    def hold(self, account: Account, key: str, until: datetime) -> None:
        """Note that the answer to a key is still on its way."""
        self._firsts[account, key] = replace(self._firsts[account, key], busy_until=until)

    def release(self, account: Account, key: str) -> None:
        """Note that the answer to a key has arrived, whatever the clock says."""
        first = self._firsts.get((account, key))
        if first:
            self._firsts[account, key] = replace(first, busy_until=first.at)
