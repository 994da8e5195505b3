"""Glances: what is soon found is looked up on the loop's own thread, a few of it in each turn.

The way to another thread and back costs more than finding a record does. Nothing else goes on
meanwhile, so a glance is short: a question that takes longer is ended and asked on a thread, and so
is its like for a while. One thing cannot be ended, the wait for a page of the file that is not in
memory yet: that too sends its like to a thread.
"""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable

from store.answers import Answers
from store.carrier import Outcome
from store.database import Question
from store.jobs import Job, tell

LONG = 0.002
"""How long one question may take, in seconds."""
LOOK = 0.001
"""After how long a turn begins with no further one: whoever came meanwhile is seen to first."""
PAUSE = 1.0
"""For how long the likes of a question that took longer are asked on a thread, in seconds."""
INSTRUCTIONS = 500
"""How many pass between two looks at the clock: one may read a long text, or call Python."""


class Glances:
    """Answers questions at the end of the turn of the loop in which they are asked.

    Those of one turn share a look at the database: it begins after they were asked, so they see
    what was committed before.
    """

    def __init__(
        self, connection: sqlite3.Connection, otherwise: Callable[[Job[Question]], None]
    ) -> None:
        """`otherwise` has a question answered on a thread. The connection waits for no lock."""
        self._connection = connection
        self._answers = Answers(connection, LONG, shares=False, instructions=INSTRUCTIONS)
        self._otherwise = otherwise
        self._waiting: deque[Job[Question]] = deque()
        self._closed = False

    def take(self, question: Job[Question]) -> None:
        """Have a question answered: soon, or else on a thread."""
        if self._closed or question.asked[0].slow_until > time.monotonic():
            self._otherwise(question)
            return
        self._waiting.append(question)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        if not self._waiting:
            return  # a thread answers what waited
        asked: list[Job[Question]] = []
        try:
            outcomes = self._outcomes(asked)
        except sqlite3.Error as error:  # no look began or ended: nothing can be relied on
            outcomes = [(None, error)] * len(asked)
            self.close()
            said = {
                "message": "From now on all questions are asked on threads.",
                "exception": error,
            }
            asyncio.get_running_loop().call_exception_handler(said)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._look)
        for question, (rows, failure) in zip(asked, outcomes, strict=True):
            if failure is None:
                tell(question, rows, None)
            else:
                self._otherwise(question)

    def _outcomes(self, asked: list[Job[Question]]) -> list[Outcome]:
        """Answer what waits for as long as it may, and list it. Raises sqlite3.Error."""
        waiting, connection, outcomes = self._waiting, self._connection, []
        if len(waiting) > 1:
            connection.execute("BEGIN")
        now = time.monotonic()
        until = now + LOOK
        while waiting and (not asked or now < until):
            begun, question = now, waiting.popleft()
            asked.append(question)
            outcomes.append(self._answers.answer(question, now))
            now = time.monotonic()
            if now - begun > LONG:
                question.asked[0].slow_until = now + PAUSE
        if connection.in_transaction:
            connection.execute("COMMIT")
        return outcomes

    def close(self) -> None:
        """Have threads answer all questions from now on, and close the connection."""
        self._closed = True
        while self._waiting:
            self._otherwise(self._waiting.popleft())
        self._connection.close()
