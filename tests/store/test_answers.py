"""Answers: the questions of a trip are answered each on its own."""

import asyncio
import sqlite3

import pytest
from sqlalchemy import text

from store.database import StoreUnavailable
from store.sqlite import SqliteDatabase
from store.statements import Statement
from tests.store.changing import change, gateway

pytestmark = pytest.mark.usefixtures("on_threads")

SAY = Statement(text("SELECT :value"))


@pytest.mark.parametrize("bad", ["\udcff", 2**63, object()])
async def test_a_value_that_is_none_fails_its_own_question_and_no_neighbour(
    database: SqliteDatabase, bad: object
) -> None:
    values = [bad if number % 3 == 0 else number for number in range(20)]

    outcomes = await asyncio.gather(
        *(database.rows(SAY, value=value) for value in values), return_exceptions=True
    )

    answered = [one for one in outcomes if not isinstance(one, BaseException)]
    assert answered == [[(number,)] for number in range(20) if number % 3]
    assert len(answered) == 13


async def test_questions_of_one_trip_see_what_was_committed_before_and_leave_nothing_open(
    database: SqliteDatabase,
) -> None:
    count = Statement(text("SELECT count(*) FROM klarna_gateways"))
    seen = []

    for number in range(3):
        await database.write(
            lambda transaction: change(transaction).save(None, gateway(), "created")
        )
        wrong = database.ask(SAY, {})  # nothing is bound
        asked = [database.ask(count, {}) for _ in range(5)]
        given_up = database.ask(count, {})
        given_up.cancel()
        seen.append([(await one)[0][0] for one in asked])
        with pytest.raises(sqlite3.ProgrammingError):
            await wrong
        assert seen[-1] == [number + 1] * 5

    assert await database._one._worker.hop(lambda reader: reader.in_transaction) is False


async def test_a_question_that_ends_the_look_it_shares_fails_alone(
    database: SqliteDatabase,
) -> None:
    """SQLite ends a transaction itself where memory or the disk fails, even for a question."""

    def fails() -> None:
        raise MemoryError

    reader = database._one._worker
    await reader.hop(lambda connection: connection.create_function("fails", 0, fails))

    failing = Statement(text("SELECT fails() FROM alembic_version"))
    asked = [
        database.ask(SAY, {"value": 1}),
        database.ask(failing, {}),
        database.ask(SAY, {"value": 2}),
    ]

    assert (await asked[0], await asked[2]) == ([(1,)], [(2,)])
    with pytest.raises(MemoryError):
        await asked[1]
    assert await reader.hop(lambda connection: connection.in_transaction) is False


async def test_a_question_that_fails_at_a_row_leaves_no_old_look_to_the_next(
    database: SqliteDatabase,
) -> None:
    count = Statement(text("SELECT count(*) FROM klarna_gateways"))
    unreadable = Statement(text("SELECT CAST(x'ff' AS TEXT) FROM sqlite_master"))

    with pytest.raises(StoreUnavailable):
        await database.rows(unreadable)
    await database.write(lambda transaction: change(transaction).save(None, gateway(), "created"))

    asked = [database.ask(count, {}) for _ in range(2)]

    assert [await one for one in asked] == [[(1,)], [(1,)]]
