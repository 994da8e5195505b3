"""The benchmarks by hand: `make bench`, or `python -m tests.benchmarks run --help`."""

import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from tests.benchmarks.data import PAYMENTS, data_of
from tests.benchmarks.measuring import Plan, ceiling, measured, running_bench
from tests.benchmarks.quiet import Busy
from tests.benchmarks.report import memory as memory_of
from tests.benchmarks.report import table
from tests.benchmarks.servers import VARIANTS, Variant, token
from tests.benchmarks.soak import soak as soaking
from tests.benchmarks.workloads import WORKLOADS

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Payments = Annotated[
    int, typer.Option(min=300, help="How many payments the shop has, a multiple of 100.")
]
VariantName = Annotated[str, typer.Option(help="Which one: " + ", ".join(v.name for v in VARIANTS))]


@cli.command()
def run(
    *,
    workloads: Annotated[str, typer.Option(help="Which, by their names.")] = ",".join(WORKLOADS),
    connections: Annotated[str, typer.Option(help="How many at once.")] = "1,16,64",
    seconds: Annotated[float, typer.Option(help="How long each measurement takes.")] = 2,
    repetitions: Annotated[int, typer.Option(min=1, help="How many rounds.")] = 3,
    payments: Payments = PAYMENTS,
    patience: Annotated[float, typer.Option(help="Seconds to wait for a quiet machine.")] = 60,
    busy: Annotated[bool, typer.Option("--busy", help="Measure on a busy machine too.")] = False,
    json: Annotated[Path | None, typer.Option(help="A file for every measurement.")] = None,
) -> None:
    """Measure the gateway and its yardsticks side by side."""
    plan = Plan(
        [WORKLOADS[name] for name in workloads.split(",")],
        [int(count) for count in connections.split(",")],
        seconds,
        repetitions,
        patience=None if busy else patience,
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        running_bench(data_of(payments), Path(folder)) as bench,
    ):
        for count in plan.connections:
            most = ceiling(bench.cores, Path(folder), count, plan.seconds)
            _say(
                f"The load reaches {most.per_second:,.0f} req/s over {count} connections against "
                f"a server that does nothing, working {most.busy:.0%} of the time."
            )
        before = [server.memory for server in bench.servers]
        found = []
        try:
            for measurement in measured(bench, plan):
                found.append(measurement)
                _progress(f"{len(found)} measured ")
        except Busy as why:
            sys.stderr.write(f"\n{why}\n")
            raise SystemExit(1) from None
        finally:
            if json is not None:
                json.write_bytes(orjson.dumps([asdict(one) for one in found]))
        for workload in plan.workloads:
            _say("\n" + table(plan, workload, bench.sizes.get(workload.name, 0), found))
        busiest = max(one.outcome.busy for one in found)
        _say(f"The load worked {busiest:.0%} of the time at the most.\n")
        _say(memory_of(bench.servers, before))


@cli.command()
def soak(
    documents: Annotated[int, typer.Option(help="How many distinct documents.")] = 10_000,
    minutes: Annotated[float, typer.Option(help="How long the heavy workload goes on.")] = 5,
    payments: Payments = PAYMENTS,
    variant: VariantName = "ordinary",
) -> None:
    """Watch the memory over many documents and a long load."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_bench(data_of(payments), Path(folder), _chosen(variant)) as bench,
    ):
        for done, memory in soaking(bench, documents, minutes):
            _say(f"{memory}  after {done}")


@cli.command()
def serve(
    payments: Payments = PAYMENTS,
    variant: VariantName = "ordinary",
) -> None:
    """Run one variant for other tools; prints its address, token, ids and queries as JSON."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_bench(data_of(payments), Path(folder), _chosen(variant)) as bench,
    ):
        (server,) = bench.servers
        told = {
            "url": server.url,
            "pid": server.pid,
            "token": token(),
            "read": bench.data.shop.read,
            "changed": bench.data.shop.changed,
            "queries": {name: workload.query for name, workload in WORKLOADS.items()},
        }
        signal.signal(signal.SIGTERM, _end)  # which as it is would leave the server behind
        _say(orjson.dumps(told).decode())
        with suppress(KeyboardInterrupt):
            signal.pause()


def _end(*_: object) -> None:
    raise SystemExit(0)


def _chosen(name: str) -> Sequence[Variant]:
    found = [variant for variant in VARIANTS if variant.name == name and variant.exists]
    if not found:
        raise typer.BadParameter(f"There is no variant {name} here.")
    return found


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    cli()
