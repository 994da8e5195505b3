"""A soak: documents that no cache has seen, then a heavy workload for long, and the memory."""

import time
from collections.abc import Iterator

from tests.benchmarks.machine import Memory
from tests.benchmarks.measuring import Bench
from tests.benchmarks.workloads import WORKLOADS, Json

CONNECTIONS = 16
HEAVY = WORKLOADS["w4"]


def soak(bench: Bench, documents: int, minutes: float) -> Iterator[tuple[str, Memory]]:
    """Yield what was done so far, and the memory that the server then holds."""
    server = bench.servers[0]
    yield "its start", server.memory
    id = bench.data.shop.read[0]
    for number in range(1, documents + 1):
        assert server.ask(_document(number, id)) == {f"p{number}": {"id": id}}
        if number % max(1, documents // 10) == 0:
            yield f"{number:,} documents", server.memory
    bench.prepare(HEAVY)
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < 60 * minutes:
        bench.load(server, HEAVY, CONNECTIONS, min(30, 60 * minutes - passed))
        yield f"{time.monotonic() - begun:.0f} s of {HEAVY.name}", server.memory


def _document(number: int, id: str) -> Json:
    query = f"query Q{number}($id: ID!) {{ p{number}: klarnaPayment(id: $id) {{ id }} }}"
    return {"query": query, "variables": {"id": id}}
