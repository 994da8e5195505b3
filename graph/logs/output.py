"""Where the log goes: standard error, many lines at a time."""

import asyncio
import atexit
import sys
from collections.abc import Callable
from contextlib import suppress

PATIENCE = 0.05
"""How long a routine line may wait to be written together with others, in seconds."""
MANY = 100
"""How many lines wait at the most: so many fit into a pipe that somebody reads from."""


class Output:
    """Standard error. Routine lines are written together: a write costs more than a line.

    Warnings and worse are written at once, with all that waits, so that no crash takes them along.
    """

    def __init__(self) -> None:
        self.plain = False
        """Whether routine lines are written as JSON, so that one may be made by hand."""
        self._waiting: list[bytes | Callable[[], bytes]] = []

    def info(self, line: bytes | Callable[[], bytes]) -> None:
        """Write a line soon, or what makes one then."""
        self._waiting.append(line)
        if len(self._waiting) == 1:
            self._flush_soon()
        elif len(self._waiting) >= MANY:
            self.flush()

    debug = info

    def error(self, line: bytes) -> None:
        """Write a line now."""
        self._waiting.append(line)
        self.flush()

    warning = critical = error

    def flush(self) -> None:
        """Write what waits. Where it cannot be written it is lost: the gateway goes on."""
        waiting, self._waiting = self._waiting, []
        lines = [line if isinstance(line, bytes) else line() for line in waiting]
        with suppress(OSError, ValueError):  # no room, nobody reads, or it is closed
            sys.stderr.buffer.write(b"\n".join([*lines, b""]))
            sys.stderr.buffer.flush()

    def _flush_soon(self) -> None:
        try:
            asyncio.get_running_loop().call_later(PATIENCE, self.flush)
        except RuntimeError:  # there is no loop, or no more
            self.flush()


OUTPUT = Output()
flush_logs = OUTPUT.flush
"""Write what waits to be written, as is done at the end of the program."""
atexit.register(flush_logs)
