"""Quiet: whether a measurement can be trusted on this machine at this moment."""

import time
from collections.abc import Sequence

from tests.benchmarks.machine import Cores, core_seconds
from tests.benchmarks.servers import Server

TAKEN = 0.10
"""How much of a core others may take at most."""
LOOK = 0.25
"""How long one look at the machine takes, in seconds."""


class Busy(Exception):
    """Others are at work on the machine; the message says how much."""


def settle(servers: Sequence[Server], patience: float = 30) -> None:
    """Wait until no server works any more. Raises Busy."""
    end, quiet, last = time.monotonic() + patience, 0, None
    while quiet < 3:
        if time.monotonic() > end:
            raise Busy("A server goes on working though nobody asks it anything.")
        time.sleep(0.04)
        now = [server.seconds for server in servers]
        quiet, last = quiet + 1 if now == last else 0, now


def wait_for_quiet(cores: Cores, patience: float) -> None:
    """Wait until nobody else works on the cores. Raises Busy."""
    end = time.monotonic() + patience
    while True:
        shares = _shares(cores)
        if max(shares) <= TAKEN:
            return
        if time.monotonic() > end:
            taken = " and ".join(f"{share:.0%}" for share in shares)
            raise Busy(
                f"Others take {taken} of the cores {cores.server} and {cores.load}: what would be "
                "measured now is theirs as well. Wait, or measure all the same with --busy."
            )


def _shares(cores: Cores) -> list[float]:
    before = [core_seconds(core) for core in (cores.server, cores.load)]
    begun = time.monotonic()
    time.sleep(LOOK)
    took = time.monotonic() - begun
    after = [core_seconds(core) for core in (cores.server, cores.load)]
    return [(now - then) / took for then, now in zip(before, after, strict=True)]
