"""The benchmarks run: every workload is answered rightly by everyone it is put to."""

import re
import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.benchmarks import quiet
from tests.benchmarks.data import FILE, SHOP, data_of, make
from tests.benchmarks.load import Job
from tests.benchmarks.machine import Cores
from tests.benchmarks.measuring import Plan, loaded, measured, running_bench
from tests.benchmarks.quiet import Busy, wait_for_quiet
from tests.benchmarks.report import memory, table
from tests.benchmarks.servers import CHANGES, VARIANTS, started, token
from tests.benchmarks.soak import soak
from tests.benchmarks.workloads import WORKLOADS

PAYMENTS = 300
VARIANTS_FOR_A_MOMENT = [
    variant if variant.is_graphql else replace(variant, workloads=CHANGES) for variant in VARIANTS
]


def rows(file: Path, table_name: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(f"SELECT * FROM {table_name} ORDER BY id").fetchall()


def test_every_workload_is_answered_rightly_and_every_change_is_in_the_books(
    tmp_path: Path,
) -> None:
    data = data_of(PAYMENTS)
    plan = Plan([*WORKLOADS.values()], [1], 0.05, repetitions=1, warming=0, patience=None)

    with running_bench(data, tmp_path, VARIANTS_FOR_A_MOMENT) as bench:
        soaked = [done for done, _ in soak(bench, documents=10, minutes=0.001)]
        found = list(measured(bench, plan))
        held = memory(bench.servers, [server.memory for server in bench.servers])

    assert len(re.findall(r": \d+ MB of its own, \d+ MB resident before;", held)) == len(
        bench.servers
    )
    assert soaked[:11] == ["its start", *(f"{number} documents" for number in range(1, 11))]
    assert soaked[11].endswith("of w4")
    by_variant = {
        name: [one.workload for one in found if one.variant == name]
        for name in ("ordinary", "compiled", "floor", "naive")
    }
    whole = [*WORKLOADS]
    assert by_variant == {"ordinary": whole, "compiled": whole, "floor": ["w5"], "naive": ["w5"]}
    assert all(one.outcome.answered > 3 and one.cpu >= 0 for one in found)
    shown = table(plan, WORKLOADS["w5"], 0, found)
    assert [line.split()[1] for line in shown.splitlines()[2:]] == [
        "ordinary",
        "compiled",
        "floor",
        "naive",
    ]


def test_the_data_is_the_same_whoever_makes_it(tmp_path: Path) -> None:
    kept = data_of(PAYMENTS)

    make(tmp_path / "made", PAYMENTS)

    assert orjson.loads((tmp_path / "made" / SHOP).read_bytes()) == asdict(kept.shop)
    for table_name in ("klarna_payments", "orders", "line_items", "versions", "event_stores"):
        assert rows(tmp_path / "made" / FILE, table_name) == rows(kept.file, table_name)


def test_a_wrong_answer_ends_the_measurement(tmp_path: Path) -> None:
    bodies = tmp_path / "bodies"
    bodies.write_bytes(b"{}\n")

    cores = Cores.of_this_machine()

    with started(("-m", "tests.benchmarks.trivial"), cores.server, tmp_path) as (url, _):
        job = Job(f"{url}/", token(), str(bodies), 2, 0.01, expects='"two":2')

        with pytest.raises(AssertionError, match=r"wrong: HTTP/1.1 200 OK"):
            loaded(job, cores.load)


def test_a_busy_machine_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "TAKEN", -1.0)

    with pytest.raises(Busy, match=r"Wait, or measure all the same with --busy"):
        wait_for_quiet(Cores.of_this_machine(), patience=0)
