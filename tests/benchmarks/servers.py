"""The servers: what is compared, each a process of its own on the one core that all share."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from graph.execution.limits import PREFIX
from graph.settings import Settings
from resolvers.identity.callers import CallerKind
from resolvers.identity.tokens import Tokens
from store.instants import SystemClock
from store.scope import Mode
from tests.benchmarks.data import SEALING_KEY, SEALING_KEY_ID, Data, copied
from tests.benchmarks.machine import Memory, process_seconds
from tests.benchmarks.workloads import WORKLOADS, Json

TOKEN_SECRET = "the benchmarks' own secret: of no use elsewhere"
ROOM = {
    "max_cost": "1000000",
    "rate": "1000000000",
    "operation_timeout": "120",
    "statement_timeout": "120",
}
"""Limits that are looked at for every operation, and that none of these passes."""
ROOT = Path(__file__).parents[2]
GATEWAY = ("-m", "graph", "serve")
YARDSTICKS = ("-m", "tests.benchmarks.yardsticks")
READS = frozenset(name for name, workload in WORKLOADS.items() if not workload.changes)
CHANGES = frozenset(WORKLOADS) - READS


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of answering the workloads."""

    name: str
    about: str
    program: Sequence[str] = GATEWAY
    path: str = "/graphql"
    settings: dict[str, str] = field(default_factory=dict)
    workloads: frozenset[str] = frozenset(WORKLOADS)
    expects: str | None = None
    """What its right answers have in them, if not what the workload says."""
    needs: str | None = None
    """The setting without which there is no such variant."""

    @property
    def exists(self) -> bool:
        return self.needs is None or self.needs in Settings.model_fields

    @property
    def is_graphql(self) -> bool:
        """Whether it answers the operation; a yardstick only takes it."""
        return self.program is GATEWAY


VARIANTS = (
    Variant(
        "ordinary", "every operation as graphql-core executes it", settings={"compiler": "off"}
    ),
    Variant("compiled", "operations as compiled", settings={"compiler": "on"}, needs="compiler"),
    Variant(
        "floor",
        "the same requests and tokens, answered with SELECT 1",
        program=YARDSTICKS,
        path="/floor",
        expects='"one":1',
    ),
    Variant(
        "naive",
        "the same rows by plain statements, a commit for each request",
        program=YARDSTICKS,
        path="/naive",
        workloads=CHANGES,
    ),
)


@dataclass(frozen=True, slots=True)
class Server:
    """A variant that runs."""

    variant: Variant
    url: str
    pid: int
    file: Path

    @property
    def seconds(self) -> float:
        """How long its threads have been working since it was started."""
        return process_seconds(self.pid)

    @property
    def memory(self) -> Memory:
        """How much memory it holds."""
        return Memory.of(self.pid)

    def ask(self, body: Json) -> Json:
        """Return the data of an operation's answer. Raises AssertionError."""
        answer = orjson.loads(post(self.url, orjson.dumps(body)))
        assert "errors" not in answer, f"{self.variant.name}: {answer['errors'][:3]}"
        data: Json = answer["data"]
        return data


def token() -> str:
    """Return an integration's token for as long as a run may take."""
    tokens = Tokens(TOKEN_SECRET, SystemClock())
    return tokens.issue(
        CallerKind.integration, Mode.test, application_id="benchmarks", life=timedelta(days=1)
    )


def post(url: str, body: bytes) -> bytes:
    """Post a document, and return the answer as it came. Raises AssertionError."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=60)
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
    try:
        connection.request("POST", address.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    assert answer.status == http.HTTPStatus.OK, (url, answer.status, content[:1000])
    return content


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Have the processes that are started here run on one core."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextmanager
def started(
    command: Sequence[str], core: int, folder: Path, **environment: str
) -> Iterator[tuple[str, int]]:
    """Run a server on one core; the address that it says it listens on, and its process's id.

    What it logs goes to a file, as it would where a gateway runs.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    log = folder / f"{command[-1]}.log"
    with pinned(core), log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=others | environment,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
        )
    assert process.stdout is not None
    try:
        said = process.stdout.readline().split()
        if not said:
            raise RuntimeError(f"{' '.join(command)} did not start: {log.read_text()}")
        yield said[-1], process.pid
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@contextmanager
def running(
    variants: Sequence[Variant], data: Data, folder: Path, core: int
) -> Iterator[list[Server]]:
    """Run variants, those of the same program and settings as one process over one copy."""
    with ExitStack() as stack:
        known: dict[object, tuple[str, int, Path]] = {}
        servers = []
        for variant in variants:
            key = (variant.program, tuple(variant.settings.items()))
            if key not in known:
                file = folder / f"{variant.name}.sqlite"
                copied(data, file)
                environment = _environment(variant, file)
                url, pid = stack.enter_context(
                    started(variant.program, core, file.parent, **environment)
                )
                known[key] = url, pid, file
            url, pid, file = known[key]
            servers.append(Server(variant, url + variant.path, pid, file))
        yield servers


def _environment(variant: Variant, file: Path) -> dict[str, str]:
    settings = {
        "database": str(file),
        "port": "0",
        "token_secret": TOKEN_SECRET,
        "sealing_keys": f"{SEALING_KEY_ID}:{SEALING_KEY}",
        "reconcile_interval": "0",
        **ROOM,
        **variant.settings,
    }
    return {f"{PREFIX}{name.upper()}": value for name, value in settings.items()}
