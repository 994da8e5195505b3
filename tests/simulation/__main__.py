"""Worlds by hand: `python -m tests.simulation --seeds 10000`, or `--seed 7` for one of them."""

import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from typing import Annotated

import structlog
import typer

from tests.simulation.run import simulate

CHUNK = 50


def _quietly() -> None:
    warnings.simplefilter("ignore")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


def _chunk(first: int) -> list[tuple[int, str]]:
    failed = []
    for seed in range(first, first + CHUNK):
        try:
            simulate(seed)
        except AssertionError as error:
            failed.append((seed, str(error)))
    return failed


def main(
    seeds: Annotated[int, typer.Option(help="How many worlds, from seed 0.")] = 1000,
    seed: Annotated[int | None, typer.Option(help="One world, with its traceback.")] = None,
) -> None:
    """Live through worlds, and say which of them lost or doubled a payment."""
    _quietly()
    if seed is not None:
        simulate(seed)
        sys.stdout.write(f"Seed {seed} is clean.\n")
        return
    begun = time.monotonic()
    bad = 0
    with ProcessPoolExecutor(initializer=_quietly) as pool:
        for failed in pool.map(_chunk, range(0, seeds, CHUNK)):
            for number, why in failed:
                bad += 1
                sys.stdout.write(f"Seed {number}: {why[:300]}\n")
    took = time.monotonic() - begun
    sys.stdout.write(f"{seeds} worlds in {took:.0f} s, {bad} of them not clean.\n")
    sys.exit(bool(bad))


if __name__ == "__main__":
    typer.run(main)
