"""Claims: which requests under callers' keys this process works on, and when old keys go."""

from datetime import timedelta

from store.instants import Instant, after

KEYS_KEPT = timedelta(days=7)
"""How long a caller's key stands for its request."""
TIDIED = timedelta(minutes=1)
"""How long may pass before keys that stand for nothing any more are looked for again."""


class Claims(set[str]):
    """The requests that are being worked on, each by what tells it from all others."""

    _tidy: tuple[Instant, Instant] | None = None
    """From when until when nobody needs to look for old keys."""

    def untidy(self, at: Instant) -> bool:
        """Whether it is time to look for old keys."""
        return self._tidy is None or not self._tidy[0] <= at < self._tidy[1]

    def tidied(self, at: Instant) -> None:
        """Take note that there are no old keys, so that nobody looks for them for a while."""
        self._tidy = at, after(at, TIDIED)
