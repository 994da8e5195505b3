"""Lanes: what a bad hour at Klarna costs those who wait, and those who do not."""

import asyncio
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from resolvers.klarna.errors import Busy, KlarnaProblem, Refused, Silent, Unreachable
from resolvers.klarna.lanes import CLOSED, FAILURES, Lane, Pace
from tests.simulation.loop import SeededLoop, Time


def lived(work: Any) -> tuple[Any, float]:
    """What a coroutine returns, and how many seconds it took in a world without waiting."""
    time = Time()
    loop = SeededLoop(time, Random(1))
    try:
        return loop.run_until_complete(work), time.now
    finally:
        loop.close()


class Fates:
    """A call that meets one fate after the other."""

    def __init__(self, *fates: KlarnaProblem | str) -> None:
        self.fates: Iterator[KlarnaProblem | str] = iter(fates)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        fate = next(self.fates)
        if isinstance(fate, KlarnaProblem):
            raise fate
        return fate


@pytest.mark.parametrize("problem", [Silent("s"), Unreachable("u"), Busy("b"), Busy("b", reset=2)])
def test_a_call_that_fails_is_made_again_while_somebody_waits(problem: KlarnaProblem) -> None:
    call = Fates(problem, problem, "yes")

    answer, took = lived(Lane(Pace()).go(call))

    assert (answer, call.calls) == ("yes", 3)
    assert took <= 4


def test_a_refusal_is_not_asked_for_again() -> None:
    call = Fates(Refused("no"))

    with pytest.raises(Refused) as caught:
        lived(Lane(Pace()).go(call))

    assert (call.calls, caught.value.after_silence) == (1, False)


def test_a_refusal_after_silence_says_that_it_may_have_happened() -> None:
    with pytest.raises(Refused) as caught:
        lived(Lane(Pace()).go(Fates(Silent("s"), Refused("no"))))

    assert caught.value.after_silence


@pytest.mark.parametrize("last", [Busy("b"), Unreachable("u")])
def test_whatever_follows_silence_is_silence(last: KlarnaProblem) -> None:
    with pytest.raises(Silent):
        lived(Lane(Pace(attempts=2)).go(Fates(Silent("s"), last)))


def test_nobody_waits_longer_than_patience_lasts() -> None:
    async def hang() -> str:
        await asyncio.sleep(9)
        raise Silent("s")

    async def waiting() -> None:
        await Lane(Pace(attempts=10, patience=10)).go(hang)

    time = Time()
    loop = SeededLoop(time, Random(1))
    with pytest.raises(Silent):
        loop.run_until_complete(waiting())
    loop.close()
    assert time.now <= 20


def test_a_reset_that_is_too_far_away_is_told_at_once() -> None:
    call = Fates(Busy("b", reset=60))

    with pytest.raises(Busy) as caught:
        lived(Lane(Pace()).go(call))

    assert (call.calls, caught.value.reset) == (1, 60)


def test_so_many_calls_are_under_way_at_once_and_no_more() -> None:
    under_way = most = 0

    async def call() -> str:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(1)
        under_way -= 1
        return "yes"

    async def many() -> list[str]:
        lane = Lane(Pace(at_once=4))
        return await asyncio.gather(*(lane.go(call) for _ in range(20)))

    answers, took = lived(many())

    assert (answers, most, round(took)) == (["yes"] * 20, 4, 5)


def test_who_waits_too_long_for_a_place_is_sent_away_and_nothing_was_sent() -> None:
    async def hang() -> str:
        await asyncio.sleep(100)
        return "late"

    call = Fates("never")

    async def waiting() -> None:
        lane = Lane(Pace(attempts=1, at_once=1))
        hanging = asyncio.create_task(lane.go(hang))
        await asyncio.sleep(0.1)
        with pytest.raises(Unreachable, match="Too many"):
            await lane.go(call)
        hanging.cancel()

    lived(waiting())
    assert call.calls == 0


def test_after_many_failures_nothing_is_sent_for_a_while_and_one_call_tells() -> None:
    call = Fates(*[Silent("s")] * FAILURES, Silent("again"), "yes", "and yes")

    async def trying() -> list[str]:
        lane = Lane(Pace(attempts=1))
        told = []
        for pause in [0.0] * (FAILURES + 3) + [CLOSED, 0.0, CLOSED, 0.0]:
            await asyncio.sleep(pause)
            try:
                told.append(await lane.go(call))
            except KlarnaProblem as problem:
                told.append("Silent" if isinstance(problem, Silent) else "nothing sent")
        return told

    told, _ = lived(trying())

    closed = ["nothing sent"] * 3
    assert told == ["Silent"] * FAILURES + closed + ["Silent", "nothing sent", "yes", "and yes"]


def test_one_call_tells_whether_klarna_is_back_however_many_wait() -> None:
    sent = 0

    async def dead() -> str:
        nonlocal sent
        sent += 1
        await asyncio.sleep(1)
        raise Silent("s")

    async def many() -> None:
        lane = Lane(Pace(attempts=1, at_once=4))
        waiting = (lane.go(dead) for _ in range(FAILURES))
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(CLOSED)
        await asyncio.gather(*(lane.go(dead) for _ in range(100)), return_exceptions=True)

    lived(many())
    assert sent == FAILURES + 1
