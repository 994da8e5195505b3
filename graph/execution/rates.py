"""Rates: how much a caller may ask for in a time, measured by the cost of what it asks.

Each caller has a bucket of cost that fills steadily, up to what a burst may take. An operation
takes its cost out, and is refused if that is not there; one that costs more than a whole bucket
waits for a full one, so that nothing that the limits allow is impossible.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from resolvers.errors import RateLimited

KEPT = 10_000
"""How many buckets are kept: those that were used last. Whoever is forgotten has a full one."""
LEAST = 1
"""What an operation takes at least."""
BAD_TOKENS = (10.0, 10.0)
"""How many bad tokens and wrong secrets an address may send in a second, and how many seconds'
worth at once."""


class Policy:
    """How much may be asked for, as HTTP tells it (draft-ietf-httpapi-ratelimit-headers-10)."""

    def __init__(self, name: str, rate: float, seconds: float) -> None:
        """`rate` is cost per second, and a bucket holds that of so many seconds."""
        self.rate = rate
        self.burst = max(math.ceil(rate * seconds), 1)
        self.name = f'"{name}"'
        window = math.ceil(self.burst / rate) if rate else 0
        self.told = f"{self.name};q={self.burst};w={window}"


class Standing(NamedTuple):
    """What is left in a bucket, after an operation took its cost or could not."""

    policy: Policy
    left: float
    cost: int
    wait: int
    """In how many seconds the operation can be had; 0 if it can."""

    def refusal(self) -> RateLimited | None:
        """Return what to tell a caller that must wait."""
        if not self.wait:
            return None
        return RateLimited(
            f"Too much in too short a time: this costs {self.cost:,}, and {int(self.left):,} is "
            f"left of {self.policy.burst:,}. Ask again in {self.wait} s.",
            {"limit": self.policy.burst, "value": self.cost, "retryAfter": self.wait},
        )

    def headers(self) -> dict[str, str]:
        """Return it as HTTP tells it."""
        told = {"RateLimit-Policy": self.policy.told, "RateLimit": self._told()}
        return told | ({"Retry-After": str(self.wait)} if self.wait else {})

    def lines(self) -> str:
        """Return the same headers as lines of an answer's head."""
        later = f"Retry-After: {self.wait}\r\n" if self.wait else ""
        return f"RateLimit-Policy: {self.policy.told}\r\nRateLimit: {self._told()}\r\n{later}"

    def _told(self) -> str:
        policy = self.policy
        filled = math.ceil((policy.burst - self.left) / policy.rate)
        return f"{policy.name};r={int(self.left)};t={filled}"


class Buckets:
    """The buckets of many callers, all of one size."""

    def __init__(
        self,
        name: str,
        *,
        rate: float,
        seconds: float,
        now: Callable[[], float],
        kept: int = KEPT,
    ) -> None:
        """`rate` is cost per second, 0 for no limit; a bucket holds that of so many seconds."""
        self._policy = Policy(name, rate, seconds)
        self._rate = rate
        self._burst = self._policy.burst
        self._now = now
        self._kept = kept
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What was left in each, and when."""

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, caller: str) -> int:
        """Return in how many seconds a caller may take anything again; 0 if it may now."""
        if not self._rate or caller not in self._buckets:
            return 0
        left, at = self._buckets[caller]
        missing = LEAST - left - (self._now() - at) * self._rate
        return math.ceil(missing / self._rate) if missing > 0 else 0

    def take(self, caller: str, cost: int) -> Standing | None:
        """Take a cost out of a caller's bucket, if it is there; None where there is no limit."""
        if not self._rate:
            return None
        now, cost = self._now(), max(cost, LEAST)
        left, at = self._buckets.pop(caller, (float(self._burst), now))
        left = min(left + (now - at) * self._rate, self._burst)
        missing = min(cost, self._burst) - left
        if missing <= 0:
            left = max(left - cost, 0)
        self._buckets[caller] = (left, now)
        if len(self._buckets) > self._kept:
            self._buckets.popitem(last=False)
        wait = math.ceil(missing / self._rate) if missing > 0 else 0
        return Standing(self._policy, left, cost, wait)
