"""The sandbox's time: handed in, in UTC, and movable forwards without sleeping."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns the present as an aware datetime in UTC."""

END = datetime(2200, 1, 1, tzinfo=UTC)
"""No sandbox lives longer, so that every later date it computes exists."""


class AdjustableClock:
    """A clock that follows another one, or stands still, and can be moved forwards."""

    def __init__(self, source: Clock) -> None:
        self._source = source
        self._ahead = timedelta()

    @classmethod
    def standing(cls, at: datetime) -> "AdjustableClock":
        """Make a clock that moves only when it is told to."""
        return cls(lambda: at)

    def __call__(self) -> datetime:
        """Return the present."""
        return self._source() + self._ahead

    def advance(self, by: timedelta) -> datetime:
        """Move forwards and return the new present. Raises ValueError for the past or after END."""
        if by < timedelta():
            raise ValueError("Time only moves forwards.")
        if by > END - self():
            raise ValueError(f"Time ends at {instant(END)}.")
        self._ahead += by
        return self()


def instant(at: datetime) -> str:
    """Write a moment as Klarna does: `2022-07-08T10:00:00.000Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def midnight(at: datetime) -> datetime:
    """Return the start of the same day, UTC."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
