"""Lines: the connections that stay open, how many there may be, and how all of them end."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum

from aiohttp import web
from strawberry.utils.str_converters import to_camel_case

from graph.execution.limits import PREFIX
from resolvers.errors import LimitExceeded
from resolvers.identity.callers import Caller

MOST_STRANGERS = 100
"""How many sockets may be open at once whose clients have not said yet who they are."""


class Ending(Enum):
    """Why the gateway hangs up, in the words that the client reads."""

    STOPPING = "The gateway stops: connect again."
    CROWDED = "Too many sockets wait for connection_init: connect again, and send it at once."
    REVOKED = "The access token's application is revoked."


class Line:
    """One connection that stays open: a socket, or an event stream."""

    def __init__(self, lines: "Lines", hang_up: Callable[[Ending], object]) -> None:
        self.hang_up = hang_up
        """Ends it."""
        self._lines = lines

    def belongs_to(self, caller: Caller) -> None:
        """Say who holds it. Raises LimitExceeded if there are too many, or of that one."""
        self._lines.hold(self, caller)


class Lines:
    """All lines of the process.

    Only those whose holders are known count for the limits. Strangers have a few places of their
    own, so that nobody without a token can take a caller's; where these are full, whoever has
    been silent for longest gives way, at the address that most of them come from.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._open: set[Line] = set()
        self._holders: dict[Line, Caller] = {}
        self._held: Counter[str] = Counter()
        self._strangers: dict[Line, str] = {}
        """The addresses of those that wait to hear who it is, the oldest first."""

    @contextmanager
    def of_stranger(self, address: str, hang_up: Callable[[Ending], object]) -> Iterator[Line]:
        """Have one more, until it is known whose it is in the place of another stranger's."""
        if len(self._strangers) >= MOST_STRANGERS:
            self._send_one_away()
        line = Line(self, hang_up)
        self._strangers[line] = address
        with self._opened(line):
            yield line

    @contextmanager
    def of_caller(self, caller: Caller, hang_up: Callable[[Ending], object]) -> Iterator[Line]:
        """Have one more. Raises LimitExceeded if there are too many, or of that caller."""
        line = Line(self, hang_up)
        self.hold(line, caller)
        with self._opened(line):
            yield line

    @contextmanager
    def _opened(self, line: Line) -> Iterator[None]:
        self._open.add(line)
        try:
            yield
        finally:
            self._open.discard(line)
            self._strangers.pop(line, None)
            self._give_back(line)

    def hold(self, line: Line, caller: Caller) -> None:
        """Count a line as a caller's. Raises LimitExceeded."""
        if len(self._holders) >= self._most:
            raise _too_many("This gateway", "open_lines", self._most)
        if self._held[caller.counted_as] >= self._most_of_one:
            raise _too_many("One caller", "open_lines_of_one", self._most_of_one)
        self._held[caller.counted_as] += 1
        self._holders[line] = caller
        self._strangers.pop(line, None)

    def _give_back(self, line: Line) -> None:
        caller = self._holders.pop(line, None)
        if caller is not None:
            self._held[caller.counted_as] -= 1
            if not self._held[caller.counted_as]:
                del self._held[caller.counted_as]

    def _send_one_away(self) -> None:
        ((most, _),) = Counter(self._strangers.values()).most_common(1)
        oldest = next(line for line, address in self._strangers.items() if address == most)
        del self._strangers[oldest]
        oldest.hang_up(Ending.CROWDED)

    def revoked(self, application_id: str) -> None:
        """End those of an application's tokens, which are good for nothing any more."""
        for line, caller in list(self._holders.items()):
            if caller.issuer is None and caller.application_id == application_id:
                line.hang_up(Ending.REVOKED)

    async def hang_up(self, _: web.Application) -> None:
        """End them all: the server stops."""
        for line in list(self._open):
            line.hang_up(Ending.STOPPING)


def _too_many(who: str, setting: str, limit: int) -> LimitExceeded:
    return LimitExceeded(
        f"{who} has no more than {limit} sockets and event streams: close one, or try again later.",
        {
            "exceeded": to_camel_case(setting),
            "limit": limit,
            "value": limit + 1,
            "setting": f"{PREFIX}{setting}".upper(),
        },
    )


LINES = web.AppKey("lines", Lines)
