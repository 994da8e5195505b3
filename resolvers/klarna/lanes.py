"""Lanes: how calls to one merchant account are paced, so that a bad hour at Klarna stays there.

A lane lets so many calls through at once, makes a failed one again while somebody still waits for
its answer, and for a while makes none after many in a row went unanswered.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from resolvers.klarna.errors import Busy, KlarnaProblem, Refused, Silent, Unreachable

T = TypeVar("T")
log = structlog.get_logger()

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 2.0
"""Seconds between two attempts: a random part of a pause that doubles. Source: Klarna asks for
backoff with jitter."""
FAILURES = 5
"""After so many calls without an answer in a row, the lane is closed."""
CLOSED = 10.0
"""For how many seconds nothing is sent then; one call after that tells whether it opens."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What an operator decides about every lane."""

    attempts: int = 3
    """How often a call is made while its caller waits."""
    at_once: int = 16
    """How many calls are under way at once; the others wait."""
    patience: float = 10.0
    """Seconds after which no other attempt begins, and a call that waits is sent away."""


class _Closed(Unreachable):
    """The lane is closed."""


class Lane:
    """The way to one merchant account."""

    def __init__(self, pace: Pace, name: str = "") -> None:
        self.name = name
        """What the log calls the account: its gateway's id."""
        self._pace = pace
        self._places = asyncio.Semaphore(pace.at_once)
        self._failures = 0
        self._closed_until = 0.0
        self._probing = False

    async def go(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Make a call, perhaps several times, and return its answer.

        Raises KlarnaProblem. Once an attempt went unanswered, the outcome is in doubt: a refusal
        of a later one says so in `after_silence`, and what else goes wrong is silence too.
        """
        begun = _now()
        silence: Silent | None = None
        number = 1
        while True:
            try:
                return await self._once(attempt)
            except Refused as no:
                no.after_silence = silence is not None
                raise
            except (Busy, Unreachable, Silent) as problem:
                silence = problem if isinstance(problem, Silent) else silence
                pause = _pause(problem, number)
                late = not _now() - begun + pause <= self._pace.patience
                if number >= self._pace.attempts or late:
                    raise silence or problem from None
            await asyncio.sleep(pause)
            number += 1

    async def _once(self, attempt: Callable[[], Awaitable[T]]) -> T:
        self._must_be_open()
        try:
            async with asyncio.timeout(self._pace.patience):
                await self._places.acquire()
        except TimeoutError:
            raise Unreachable("Too many calls to Klarna are under way: it was not sent.") from None
        probing = False
        try:
            self._must_be_open()
            probing = self._probing = self._failures >= FAILURES
            answer = await attempt()
        except KlarnaProblem as problem:
            if not isinstance(problem, _Closed):
                self._count(problem)
            raise
        finally:
            self._probing = self._probing and not probing
            self._places.release()
        if self._failures >= FAILURES:
            log.warning("lane_opened", gateway=self.name)
        self._failures = 0
        return answer

    def _must_be_open(self) -> None:
        """Raise Unreachable while nothing is sent, or while one call tells whether it may be."""
        if _now() < self._closed_until or self._probing:
            raise _Closed("Klarna has not answered for a while: nothing is sent to it now.")

    def _count(self, problem: KlarnaProblem) -> None:
        if not isinstance(problem, Silent | Unreachable):
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= FAILURES:
            self._closed_until = _now() + CLOSED
            log.warning("lane_closed", gateway=self.name, failures=self._failures, seconds=CLOSED)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _pause(problem: KlarnaProblem, number: int) -> float:
    if isinstance(problem, Busy) and problem.reset is not None:
        return problem.reset
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (number - 1))
    return longest * random.random()  # noqa: S311  (chance is not secret here)
