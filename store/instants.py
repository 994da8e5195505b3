"""Points in time, as text that sorts: `2026-01-31T09:30:00.000Z`."""

import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NewType, Protocol

Instant = NewType("Instant", str)
"""ISO 8601, UTC, milliseconds and `Z`: stored, compared and answered as this very text."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Where the time comes from; tests and simulations bring their own."""

    def now(self) -> datetime:
        """Return the present, aware and in UTC."""


class SystemClock:
    """The machine's clock, to the millisecond."""

    def __init__(self) -> None:
        self._known = (0, _EPOCH)
        """The last millisecond since 1970 that was asked for, and the same as a moment."""

    def now(self) -> datetime:
        """Return the present, aware and in UTC. It may be asked on any thread."""
        present = time.time_ns() // 1_000_000
        known, moment = self._known
        if present != known:  # a busy millisecond is asked for a hundred times
            moment = _EPOCH + timedelta(milliseconds=present)
            self._known = present, moment
        return moment


def instant(moment: datetime) -> Instant:
    """Write a moment down, cut to milliseconds."""
    return _instant(moment.astimezone(UTC))


@lru_cache(maxsize=64)
def _instant(at: datetime) -> Instant:
    """Write a moment in UTC down; while it lasts, a millisecond is asked for again and again."""
    second = _second(at.toordinal(), at.hour, at.minute, at.second)
    return Instant(f"{second}.{at.microsecond // 1000:03}Z")


@lru_cache(maxsize=64)
def _second(day: int, hour: int, minute: int, second: int) -> str:
    """Write a second down; most moments are of one that was written before."""
    return f"{date.fromordinal(day)}T{hour:02}:{minute:02}:{second:02}"


def moment(written: Instant) -> datetime:
    """Read a moment that `instant` wrote."""
    return datetime.fromisoformat(written)


def after(written: Instant, span: timedelta) -> Instant:
    """Return the instant that lies `span` later."""
    return instant(moment(written) + span)


def epoch_milliseconds(written: Instant) -> int:
    """Return the milliseconds since 1970."""
    return int(moment(written).timestamp() * 1000 + 0.5)
