"""The report: one table for each workload, in which every ratio is one of a single repetition."""

from collections.abc import Iterator, Sequence
from statistics import median

from tests.benchmarks.machine import Memory
from tests.benchmarks.measuring import Measurement, Plan
from tests.benchmarks.quiet import TAKEN
from tests.benchmarks.servers import VARIANTS, Server
from tests.benchmarks.workloads import Workload

BASES = ("ordinary", "floor", "naive")
"""What the others are compared with, where it takes the workload."""
HEAD = ("connections", "variant", "req/s", "p50 ms", "p99 ms", "CPU ms", *BASES, "others")


def table(plan: Plan, workload: Workload, size: int, found: Sequence[Measurement]) -> str:
    """Return a workload's table."""
    mine = [one for one in found if one.workload == workload.name]
    title = f"{workload.name}: {workload.title}; {workload.fields:,} fields, {size / 1000:.1f} kB"
    rows: list[tuple[str, ...]] = [HEAD]
    for connections in plan.connections:
        rows += _rows(connections, [one for one in mine if one.connections == connections])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join([title, *lines]) + "\n"


def _rows(connections: int, found: Sequence[Measurement]) -> Iterator[tuple[str, ...]]:
    by_name = {
        variant.name: [one for one in found if one.variant == variant.name] for variant in VARIANTS
    }
    for name, mine in by_name.items():
        if mine:
            yield (
                str(connections),
                name,
                f"{median(one.per_second for one in mine):,.0f}",
                f"{median(one.outcome.p50 for one in mine):.2f}",
                f"{median(one.outcome.p99 for one in mine):.2f}",
                f"{median(one.cpu for one in mine):.3f}",
                *(_ratio(mine, by_name[base]) for base in BASES),
                _others(mine),
            )


def _ratio(mine: Sequence[Measurement], base: Sequence[Measurement]) -> str:
    """Return how much faster than a base, as the median over the repetitions."""
    rates = {one.repetition: one.per_second for one in base}
    ratios = [one.per_second / rates[one.repetition] for one in mine if one.repetition in rates]
    return f"{median(ratios):.2f}" if ratios else ""


def _others(mine: Sequence[Measurement]) -> str:
    """Return how much of a core others took at the worst, marked where that is too much."""
    worst = max(one.others for one in mine)
    return f"{worst:.0%}{' !' if worst > TAKEN else ''}"


def memory(servers: Sequence[Server], before: Sequence[Memory]) -> str:
    """Return the memory of the servers then and now."""
    lines = [
        f"{server.variant.name}: {then} before; {server.memory} after"
        for server, then in zip(servers, before, strict=True)
    ]
    return "Memory\n" + "\n".join(lines) + "\n"
