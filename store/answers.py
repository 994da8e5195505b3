"""Answers: what a reader's trip finds for those who asked."""

import sqlite3
import time
from collections.abc import Sequence

from store.carrier import Outcome
from store.database import Question, StoreTooSlow
from store.executing import execute, unavailable
from store.jobs import Job

INSTRUCTIONS = 20_000
"""How many of SQLite's instructions pass between two looks at the clock: a millisecond or so."""
LOOK = 0.001
"""How long the questions of a trip share a look at the database, in seconds."""


class Answers:
    """Answers questions, each on its own: one that fails leaves the others their answers.

    One that nobody waits for any more is not begun, or ended if it is under way.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        patience: float,
        *,
        shares: bool = True,
        instructions: int = INSTRUCTIONS,
    ) -> None:
        """Without `shares` whoever asks says when a look at the database begins and ends.

        The clock is looked at after so many of SQLite's instructions.
        """
        self._patience = patience
        self._shares = shares
        self._asked: Job[Question] | None = None
        self._until = 0.0
        self._cursor = connection.cursor()
        connection.set_progress_handler(self._ends, instructions)

    def __call__(
        self, connection: sqlite3.Connection, questions: Sequence[Job[Question]]
    ) -> Sequence[Outcome]:
        """Answer the questions of a trip.

        They share a look at the database for as long as that is a short one. It is taken after
        they were asked, so they see what was committed before; each its own would cost more than
        finding a record does. One that lasted would keep the log of changes from being emptied.
        """
        outcomes: list[Outcome] = []
        shared, until = self._shares and len(questions) > 1, 0.0
        for question in questions:
            now = time.monotonic()
            if shared and now > until:
                if connection.in_transaction:
                    connection.execute("COMMIT")
                connection.execute("BEGIN")
                until = now + LOOK
            outcomes.append(self.answer(question, now))
        # SQLite has ended it itself where memory or the disk failed
        if self._shares and connection.in_transaction:
            connection.execute("COMMIT")
        return outcomes

    def answer(self, question: Job[Question], now: float) -> Outcome:
        """Answer one question; `now` is the time by the monotonic clock."""
        if question.withdrawn:
            return None, None
        self._asked, self._until = question, now + self._patience
        try:
            return execute(self._cursor, *question.asked).fetchall(), None
        except sqlite3.Error as error:
            self._let_go()
            if self._ends():
                return None, StoreTooSlow(f"It took longer than {self._patience:g} s.")
            return None, unavailable(error)
        except Exception as error:  # noqa: BLE001  (a bug is its own question's, and no neighbour's)
            self._let_go()
            return None, error
        finally:
            self._asked = None

    def _let_go(self) -> None:
        """Let go of rows that were not fetched: the next questions would see them as of then."""
        connection = self._cursor.connection
        self._cursor.close()
        self._cursor = connection.cursor()

    def _ends(self) -> bool:
        """Whether the question that is being answered is to be answered no more."""
        asked = self._asked
        return asked is not None and (asked.withdrawn or time.monotonic() > self._until)
