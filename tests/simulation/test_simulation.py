"""Many worlds, and the proof that they would show a bug if there were one."""

from typing import Any

import pytest

from resolvers import operations
from resolvers.moving import movements
from store import operations as log
from store.operations import Operation
from tests.simulation import books
from tests.simulation.run import simulate
from tests.simulation.world import World

SEEDS = 300
BATCH = 25


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_no_world_loses_or_doubles_a_payment(first: int) -> None:
    for seed in range(first, first + BATCH):
        try:
            simulate(seed)
        except AssertionError as error:
            error.add_note(f"Replay it: python -m tests.simulation --seed {seed}")
            raise


def test_a_seed_is_the_same_world_every_time() -> None:
    def told(world: World) -> list[Any]:
        return [
            (entry.effect, entry.at, sorted(map(str, entry.details.values())))
            for entry in world.sandbox.ledger
        ] + [tuple(row) for row in books.rows(world, "SELECT event, created_at FROM event_stores")]

    for seed in (3, 59, 190):
        assert told(simulate(seed)) == told(simulate(seed))


def found_within(seeds: int) -> bool:
    for seed in range(seeds):
        try:
            simulate(seed)
        except AssertionError:
            return True
    return False


def test_a_call_that_is_not_written_down_before_it_is_sent_would_be_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planted: the intent is not durable before the call, as if it were committed after it."""

    async def begin(_: object, described: Operation) -> tuple[Operation, bool]:
        return described, False

    async def settle(*_: object) -> bool:
        return True

    monkeypatch.setattr(log, "begin", begin)
    monkeypatch.setattr(log, "settle", settle)

    assert found_within(SEEDS)


def test_going_on_with_another_request_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: no fingerprint is checked, so that any capture goes on with any other one's."""

    class Anything(str):
        __slots__ = ()

        def __eq__(self, _: object) -> bool:
            return True

        __hash__ = str.__hash__

    def same(value: Any) -> str:
        digest = operations.digest(value)
        return digest if isinstance(value, str) else Anything(digest)

    monkeypatch.setattr(movements, "digest", same)

    assert found_within(SEEDS)


def test_ignoring_that_an_outcome_is_unknown_would_be_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planted: an operation without an answer is taken for one that did not happen."""

    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(movements, "unsettled_movement", nothing)
    monkeypatch.setattr(movements.Movement, "_begun", nothing)

    assert found_within(SEEDS)
