"""Glances: what is soon found is looked up on the loop's own thread, and all else elsewhere."""

import asyncio
import sqlite3
import time

import orjson
import pytest
from sqlalchemy import text

from store.database import StoreUnavailable
from store.executing import DIALECT
from store.sqlite import SqliteDatabase
from store.statements import SHORT, Statement
from tests.limits.test_time import ENDLESS
from tests.store.changing import change, gateway

SAY = "SELECT :value"
COUNT = "SELECT count(*) FROM klarna_gateways"

Carried = list[Statement]
"""The statements that were asked on a thread."""


@pytest.fixture
def carried(database: SqliteDatabase) -> Carried:
    asked: Carried = []
    otherwise = database._glances._otherwise

    def watched(question: object) -> None:
        asked.append(question.asked[0])  # type: ignore[attr-defined]
        otherwise(question)  # type: ignore[arg-type]

    database._glances._otherwise = watched
    return asked


class Failing:
    """A connection that fails at one statement."""

    def __init__(self, connection: sqlite3.Connection, fails: str) -> None:
        self._connection = connection
        self._fails = fails

    def execute(self, sql: str) -> object:
        if sql == self._fails:
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(sql)

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


async def known(database: SqliteDatabase, sql: str, **values: object) -> Statement:
    """A statement that was asked before."""
    statement = Statement(text(sql))
    await database.rows(statement, **values)
    return statement


async def test_what_is_asked_again_is_answered_at_the_end_of_the_turn(
    database: SqliteDatabase, carried: Carried
) -> None:
    say = await known(database, SAY, value=0)
    assert carried == [say]

    asked = [database.ask(say, {"value": number}) for number in range(5)]
    assert not any(one.done() for one in asked)
    await asyncio.sleep(0)

    assert [one.result() for one in asked] == [[(number,)] for number in range(5)]
    assert carried == [say]
    assert database.questions == 6


async def test_a_question_that_takes_long_is_asked_on_a_thread_and_its_like_for_a_while(
    database: SqliteDatabase, carried: Carried, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = await known(database, SAY, value=0)
    assert ENDLESS.expression is not None
    endless = Statement(ENDLESS.expression)
    endless.text(DIALECT)
    monkeypatch.setattr("store.glances.PAUSE", 0.2)
    begun = time.monotonic()

    first, neighbour = database.ask(endless, {}), database.ask(say, {"value": 1})
    assert await neighbour == [(1,)]
    held_up = time.monotonic() - begun
    second = database.ask(endless, {})
    at_once = list(carried)
    await asyncio.sleep(0.3)
    third = database.ask(endless, {})
    looked_at = list(carried)
    await asyncio.sleep(0.05)
    for one in (first, second, third):
        one.cancel()

    assert at_once == looked_at == [say, endless, endless]
    assert carried == [say, endless, endless, endless]
    assert held_up < 0.2


async def test_a_question_whose_every_step_takes_long_is_ended_soon_too(
    database: SqliteDatabase, carried: Carried
) -> None:
    """A look at the clock after many steps would come late: a step may be a function of Python."""
    large = orjson.dumps({f"key{number}": "." * 180 for number in range(500)}).decode()
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)"
    holding = f"{numbers} SELECT count(json_holds(:stored || substr(i, 1, 0), :wanted)) FROM n"
    holds = await known(database, holding, stored=large, wanted='{"key": 1}', many=1)
    begun = time.thread_time()

    asked = database.ask(holds, {"stored": large, "wanted": '{"key": 1}', "many": 1_000})
    await asyncio.sleep(0)
    took = time.thread_time() - begun

    assert await asked == [(1_000,)]
    assert carried == [holds, holds]
    assert took < 0.02


async def test_a_question_that_is_very_long_itself_is_asked_on_a_thread(
    database: SqliteDatabase, carried: Carried
) -> None:
    long = await known(database, f"SELECT 1 /* {'.' * SHORT} */")

    assert await database.rows(long) == [(1,)]
    assert carried == [long, long]


async def test_a_question_that_fails_is_asked_on_a_thread_which_says_why(
    database: SqliteDatabase, carried: Carried
) -> None:
    say = await known(database, SAY, value=0)
    unreadable = await known(database, "SELECT CAST(:value AS TEXT) FROM sqlite_master", value="")
    before = len(carried)

    asked = [
        database.ask(say, {"value": 1}),
        database.ask(say, {}),  # nothing is bound
        database.ask(unreadable, {"value": b"\xff"}),
        database.ask(say, {"value": 2}),
    ]
    found = await asyncio.gather(*asked, return_exceptions=True)

    assert (found[0], found[3]) == ([(1,)], [(2,)])
    assert isinstance(found[1], sqlite3.ProgrammingError)
    assert isinstance(found[2], StoreUnavailable)
    assert carried[before:] == [say, unreadable]


async def test_what_is_acknowledged_is_seen_however_many_look(database: SqliteDatabase) -> None:
    count = await known(database, COUNT)
    seen: list[int] = []
    over = False

    async def look() -> None:
        while not over:
            await database.rows(count)

    async def write() -> None:
        for number in range(30):
            await database.write(lambda tx: change(tx).save(None, gateway(), "created"))
            asked = [database.ask(count, {}) for _ in range(3)]
            seen.append(min([(await one)[0][0] for one in asked]) - number)

    looking = [asyncio.create_task(look()) for _ in range(8)]
    await write()
    over = True
    await asyncio.gather(*looking)

    assert seen == [1] * 30
    assert database._glances._connection.in_transaction is False


async def test_a_turn_is_short_however_much_is_asked(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.glances.LOOK", 0.0)
    say = await known(database, SAY, value=0)
    done = []

    asked = [database.ask(say, {"value": number}) for number in range(4)]
    asked[1].cancel()
    for _ in range(5):
        done.append([one.done() for one in asked].count(True))
        await asyncio.sleep(0)

    assert done == [1, 2, 2, 3, 4]


@pytest.mark.parametrize("fails", ["BEGIN", "COMMIT"])
async def test_a_look_that_fails_as_a_whole_loses_no_question(
    database: SqliteDatabase, carried: Carried, fails: str
) -> None:
    say = await known(database, SAY, value=0)
    glances = database._glances
    glances._connection = Failing(glances._connection, fails)  # type: ignore[assignment]

    asked = [database.ask(say, {"value": number}) for number in range(3)]

    assert [await one for one in asked] == [[(0,)], [(1,)], [(2,)]]
    assert await database.rows(say, value=4) == [(4,)]
    assert carried == [say] * 5


async def test_closing_leaves_nobody_waiting(database: SqliteDatabase) -> None:
    say = await known(database, SAY, value=0)

    asked = [database.ask(say, {"value": number}) for number in range(5)]
    await database.close()

    assert [one.result() for one in asked] == [[(number,)] for number in range(5)]
    with pytest.raises(ValueError, match="no active connection"):
        await database.ask(say, {"value": 1})
