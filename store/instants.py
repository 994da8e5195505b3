"""Points in time, as text that sorts: `2026-01-31T09:30:00.000Z`."""

from datetime import UTC, datetime, timedelta
from typing import NewType, Protocol

Instant = NewType("Instant", str)
"""ISO 8601, UTC, milliseconds and `Z`: stored, compared and answered as this very text."""


class Clock(Protocol):
    """Where the time comes from; tests and simulations bring their own."""

    def now(self) -> datetime:
        """Return the present, aware and in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present, aware and in UTC."""
        return datetime.now(UTC)


def instant(moment: datetime) -> Instant:
    """Write a moment down, cut to milliseconds."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return Instant(f"{text[:-6]}Z")  # in the place of +00:00


def moment(written: Instant) -> datetime:
    """Read a moment that `instant` wrote."""
    return datetime.fromisoformat(written)


def after(written: Instant, span: timedelta) -> Instant:
    """Return the instant that lies `span` later."""
    return instant(moment(written) + span)


def epoch_milliseconds(written: Instant) -> int:
    """Return the milliseconds since 1970."""
    return int(moment(written).timestamp() * 1000 + 0.5)
