"""Measuring: every variant in turn under the same load, in as many rounds as are wanted."""

import itertools
import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from tests.benchmarks import load
from tests.benchmarks.data import Data
from tests.benchmarks.load import Job, Outcome
from tests.benchmarks.machine import Cores, core_seconds
from tests.benchmarks.quiet import settle, wait_for_quiet
from tests.benchmarks.servers import (
    ROOT,
    VARIANTS,
    Server,
    Variant,
    pinned,
    post,
    running,
    started,
    token,
)
from tests.benchmarks.workloads import Workload, fields_of

CHECKED = 5
"""How many answers of each workload are looked at before it is measured."""
_ANSWERED = "SELECT count(*) FROM requests WHERE answer IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured, and how patiently."""

    workloads: Sequence[Workload]
    connections: Sequence[int] = (1, 16, 64)
    seconds: float = 2
    repetitions: int = 3
    warming: float = 1
    patience: float | None = 60
    """How many seconds to wait for a quiet machine; None measures on a busy one as well."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One variant under one load."""

    workload: str
    connections: int
    variant: str
    repetition: int
    outcome: Outcome
    cpu: float
    """How many milliseconds of the core an answer took the server."""
    others: float
    """How much of the busier one of the two cores went elsewhere meanwhile."""

    @property
    def per_second(self) -> float:
        return self.outcome.per_second


@dataclass
class Bench:
    """The servers side by side, with what each of them is asked."""

    servers: Sequence[Server]
    cores: Cores
    folder: Path
    data: Data
    sizes: dict[str, int] = field(default_factory=dict)
    """How many bytes an answer to a workload has."""
    _sent: dict[str, int] = field(default_factory=dict)

    def prepare(self, workload: Workload) -> None:
        """Write down what is asked, and see that everyone answers it rightly, and alike."""
        bodies = workload.bodies(self.data.shop, self.servers[0].ask)
        (self.folder / workload.name).write_bytes(b"\n".join(bodies) + b"\n")
        first = None
        for server in self.answering(workload) if not workload.changes else ():
            if server.variant.is_graphql:
                answers = [post(server.url, body) for body in bodies[:CHECKED]]
                first = first or answers
                said = f"{server.variant.name} answers {workload.name}"
                assert answers == first, f"{said} otherwise"
                for answer in answers:
                    count = fields_of(orjson.loads(answer)["data"])
                    assert count == workload.fields, f"{said} with {count} fields"
                self.sizes[workload.name] = len(answers[0])

    def answering(self, workload: Workload) -> list[Server]:
        """The servers that take a workload."""
        return [one for one in self.servers if workload.name in one.variant.workloads]

    def load(
        self, server: Server, workload: Workload, connections: int, seconds: float
    ) -> tuple[Outcome, float]:
        """Put a server under load; what came of it, and the milliseconds an answer took it."""
        name = server.variant.name
        job = Job(
            url=server.url,
            token=token(),
            bodies=str(self.folder / workload.name),
            connections=connections,
            seconds=seconds,
            expects=server.variant.expects or workload.expects,
            answers=3 * connections,
            first=self._sent.get(name, 0),
        )
        before = server.seconds
        outcome = loaded(job, self.cores.load)
        settle(self.servers)
        if workload.changes and server.variant.expects is None:
            self._sent[name] = self._sent.get(name, 0) + outcome.answered
        return outcome, 1000 * (server.seconds - before) / outcome.answered

    def measure(
        self, server: Server, workload: Workload, connections: int, seconds: float, repetition: int
    ) -> Measurement:
        """Measure one variant under one load."""
        cores = {self.cores.server, self.cores.load}
        before = {core: core_seconds(core) for core in cores}
        worked, begun = server.seconds, time.monotonic()
        outcome, cpu = self.load(server, workload, connections, seconds)
        took = time.monotonic() - begun
        elsewhere = {core: core_seconds(core) - before[core] for core in cores}
        elsewhere[self.cores.server] -= server.seconds - worked
        elsewhere[self.cores.load] -= outcome.busy * outcome.window
        others = max(0.0, max(elsewhere.values()) / took)
        return Measurement(
            workload.name,
            connections,
            server.variant.name,
            repetition,
            outcome,
            cpu,
            others,
        )

    def check_books(self) -> None:
        """See that every change that was acknowledged is in the database, once."""
        acknowledged = Counter[Path]()
        for server in self.servers:
            acknowledged[server.file] += self._sent.get(server.variant.name, 0)
        for file, count in acknowledged.items():
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
                ((written,),) = connection.execute(_ANSWERED)
            assert written == count, f"{count} changes acknowledged, {written} written: {file.stem}"


def loaded(job: Job, core: int) -> Outcome:
    """Run a job on the load's core. Raises AssertionError for a wrong answer."""
    with pinned(core):
        process = subprocess.Popen(
            [sys.executable, "-S", load.__file__],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    said, _ = process.communicate(json.dumps(asdict(job)))
    assert process.returncode == 0, f"The load on {job.url} failed."
    outcome = Outcome(**json.loads(said))
    assert outcome.wrong == 0, f"{outcome.wrong} of {outcome.answered} wrong: {outcome.example}"
    return outcome


@contextmanager
def running_bench(
    data: Data, folder: Path, variants: Sequence[Variant] = VARIANTS
) -> Iterator[Bench]:
    """Run every variant there is, each over its own copy of the data."""
    cores = Cores.of_this_machine()
    existing = [variant for variant in variants if variant.exists]
    with running(existing, data, folder, cores.server) as servers:
        yield Bench(servers, cores, folder, data)


def measured(bench: Bench, plan: Plan) -> Iterator[Measurement]:
    """Measure all that a plan has, one variant right after the other. Raises Busy."""
    for workload in plan.workloads:
        bench.prepare(workload)
        for server in bench.answering(workload) if plan.warming else ():
            bench.load(server, workload, 8, plan.warming)
    loads = list(itertools.product(plan.workloads, plan.connections))
    for repetition in range(plan.repetitions):
        for workload, connections in loads:
            servers = bench.answering(workload)
            turn = repetition % len(servers)
            for server in servers[turn:] + servers[:turn]:
                if plan.patience is not None:
                    wait_for_quiet(bench.cores, plan.patience)
                yield bench.measure(server, workload, connections, plan.seconds, repetition)
    bench.check_books()


def ceiling(cores: Cores, folder: Path, connections: int, seconds: float) -> Outcome:
    """Measure the load itself, against a server that does nothing."""
    bodies = folder / "trivial"
    bodies.write_bytes(b'{"query":"{ __typename }"}' + b" " * 200)
    with started(("-m", "tests.benchmarks.trivial"), cores.server, folder) as (url, _):
        job = Job(f"{url}/graphql", token(), str(bodies), connections, seconds, '"one":1')
        return loaded(job, cores.load)
