"""Lines: the connections that stay open, how many there may be, and how all of them end."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web
from strawberry.utils.str_converters import to_camel_case

from graph.execution.limits import PREFIX
from resolvers.callers import Caller
from resolvers.errors import LimitExceeded


class Line:
    """One connection that stays open: a socket, or an event stream."""

    def __init__(self, lines: "Lines", hang_up: Callable[[], object]) -> None:
        self.hang_up = hang_up
        """Ends it, because the server stops."""
        self._lines = lines
        self._held_by: str | None = None

    def belongs_to(self, caller: Caller) -> None:
        """Say who holds it. Raises LimitExceeded if that one holds too many."""
        self._lines.hold(caller.identity)
        self._held_by = caller.identity

    def close(self) -> None:
        """Make room for another one."""
        self._lines.give_back(self, self._held_by)


class Lines:
    """All lines of the process."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._open: set[Line] = set()
        self._holders: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def opened(self, hang_up: Callable[[], object]) -> Iterator[Line]:
        """Have one more. Raises LimitExceeded if there are too many."""
        if len(self._open) >= self._most:
            raise _too_many("This gateway", "open_lines", self._most)
        line = Line(self, hang_up)
        self._open.add(line)
        try:
            yield line
        finally:
            line.close()

    def hold(self, identity: str) -> None:
        """Count one more of a caller. Raises LimitExceeded."""
        if self._holders[identity] >= self._most_of_one:
            raise _too_many("One caller", "open_lines_of_one", self._most_of_one)
        self._holders[identity] += 1

    def give_back(self, line: Line, identity: str | None) -> None:
        """Count one less."""
        self._open.discard(line)
        if identity is not None:
            self._holders[identity] -= 1
            if not self._holders[identity]:
                del self._holders[identity]

    async def hang_up(self, _: web.Application) -> None:
        """End them all: the server stops."""
        for line in list(self._open):
            line.hang_up()


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
