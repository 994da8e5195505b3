"""The machine: what Linux says of its cores and of a process."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cores:
    """The core that the servers share, and the one of the load."""

    server: int
    load: int

    @classmethod
    def of_this_machine(cls) -> "Cores":
        """The first and the last one that this process may run on."""
        allowed = sorted(os.sched_getaffinity(0))
        return cls(allowed[0], allowed[-1])


def core_seconds(core: int) -> float:
    """How long a core has been working, or was taken away, since the machine was started."""
    line = Path("/proc/stat").read_text("ascii").split(f"cpu{core} ")[1].split()
    user, nice, system, _idle, _waiting, _irq, _softirq, steal = map(int, line[:8])
    return (user + nice + system + steal) / _TICKS


def process_seconds(pid: int) -> float:
    """How long a process's threads have been working since it was started."""
    after_name = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS


@dataclass(frozen=True, slots=True)
class Memory:
    """How many megabytes a process holds."""

    own: float
    resident: float
    """With the parts of files that it looks at in place, such as the database's."""

    @classmethod
    def of(cls, pid: int) -> "Memory":
        """What a process holds now."""
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
        kilobytes = {name: int(size) for name, size in re.findall(r"(\w+):\s+(\d+) kB", status)}
        return cls(kilobytes["RssAnon"] * 1024 / 1e6, kilobytes["VmRSS"] * 1024 / 1e6)

    def __str__(self) -> str:
        return f"{self.own:.0f} MB of its own, {self.resident:.0f} MB resident"
