"""Claims: which requests under callers' keys this process works on, and when old keys go."""

from datetime import timedelta

from store.instants import Instant, after

KEYS_KEPT = timedelta(days=7)
"""How long a caller's key stands for its request."""
TIDIED = timedelta(minutes=1)
"""How long may pass before keys that stand for nothing any more are looked for again."""


class Claims(set[str]):
    """The requests that are being worked on, each by what tells it from all others."""

    _tidied: Instant | None = None

    def tidying(self, at: Instant) -> bool:
        """Whether it is time to look for old keys; it is not again for a while, then."""
        if self._tidied is not None and self._tidied <= at < after(self._tidied, TIDIED):
            return False
        self._tidied = at
        return True
