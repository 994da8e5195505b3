"""Calls from Klarna to merchants, as data: what is to be sent, when, and what became of it.

An authorization is announced at least once: after anything but a 2xx again after 1, 2 and 4
seconds. A fraud notification is repeated every 10 minutes until exactly 200, for 24 hours.
Source: Klarna's pages on the authorization callback and on pending orders; where they differ
between three attempts and three retries, these are retries.
"""

import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from resolvers.klarna.sandbox.clock import instant
from resolvers.klarna.sandbox.messages import Json
from resolvers.klarna.sandbox.options import Options

Kind = Literal["authorization", "notification"]
State = Literal["waiting", "delivered", "abandoned", "dropped", "blocked"]

TIMEOUT = 2.0
"""Seconds a merchant has to accept the connection, and again to answer."""

_RETRIES = (timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=4))
_NOTIFY_EVERY = timedelta(minutes=10)
_NOTIFY_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time that a callback was sent."""

    at: datetime
    status: int | None
    """What the merchant answered; None if nothing arrived in time."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One callback: a POST of JSON to a merchant's URL."""

    number: int
    kind: Kind
    url: str
    body: Json
    first_due_at: datetime
    due_at: datetime
    """When it is to be sent, or sent again."""
    state: State
    attempts: tuple[Attempt, ...] = ()

    def as_json(self) -> Json:
        """Return the callback as the control API shows it."""
        return {
            "number": self.number,
            "kind": self.kind,
            "url": self.url,
            "body": self.body,
            "state": self.state,
            "due_at": instant(self.due_at) if self.state == "waiting" else None,
            "attempts": [
                {"at": instant(attempt.at), "status": attempt.status} for attempt in self.attempts
            ],
        }


class Outbox:
    """All callbacks, oldest first."""

    def __init__(self) -> None:
        self._deliveries: dict[int, Delivery] = {}
        self._waiting: set[int] = set()

    @property
    def deliveries(self) -> list[Delivery]:
        """Every callback there was, with what became of it."""
        return list(self._deliveries.values())

    def post(self, kind: Kind, url: str, body: Json, at: datetime, options: Options) -> None:
        """Have a callback sent at a moment, or note why it will not be."""
        state: State = "waiting"
        if not may_call(url, options.callback_hosts):
            state = "blocked"
        elif options.drop_callbacks:
            state = "dropped"
        for _ in range(2 if options.duplicate_callbacks else 1):
            self._keep(Delivery(len(self._deliveries) + 1, kind, url, body, at, at, state))

    def waiting(self) -> list[Delivery]:
        """Return what is still to be sent, in the order in which it is due."""
        return sorted(
            (self._deliveries[number] for number in self._waiting),
            key=lambda delivery: (delivery.due_at, delivery.number),
        )

    def settle(self, delivery: Delivery, status: int | None, now: datetime) -> None:
        """Record what a merchant answered, None for nothing, and plan the next attempt."""
        if delivery.state != "waiting" or self._deliveries.get(delivery.number) != delivery:
            return  # it was settled already, or belongs to a sandbox since reset
        tried = replace(delivery, attempts=(*delivery.attempts, Attempt(now, status)))
        again = _next_attempt(tried, now)
        if _accepted(delivery.kind, status):
            self._keep(replace(tried, state="delivered"))
        elif again is None:
            self._keep(replace(tried, state="abandoned"))
        else:
            self._keep(replace(tried, due_at=again))

    def _keep(self, delivery: Delivery) -> None:
        self._deliveries[delivery.number] = delivery
        if delivery.state == "waiting":
            self._waiting.add(delivery.number)
        else:
            self._waiting.discard(delivery.number)


def may_call(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether a URL's host is a loopback one or among `hosts`, so that calling it is harmless."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host:
        return False
    return host in hosts or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _accepted(kind: Kind, status: int | None) -> bool:
    if kind == "notification":
        return status == 200  # noqa: PLR2004  # exactly this, as Klarna says
    return status is not None and 200 <= status < 300  # noqa: PLR2004  # any success


def _next_attempt(tried: Delivery, now: datetime) -> datetime | None:
    if tried.kind == "notification":
        again = now + _NOTIFY_EVERY
        return again if again <= tried.first_due_at + _NOTIFY_FOR else None
    retry = len(tried.attempts) - 1
    return now + _RETRIES[retry] if retry < len(_RETRIES) else None
