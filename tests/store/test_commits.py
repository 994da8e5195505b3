"""Commits: changes that share one leave each other alone, whatever fails."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select, text

from store.database import StoreUnavailable, Transaction
from store.events import events_by_resource
from store.gateways import KlarnaGateway, gateways_by_id
from store.instants import instant
from store.scope import EVERYTHING
from store.sqlite import SqliteDatabase, open_sqlite
from store.statements import Statement
from store.tables import table_of
from store.versions import versions_by_resource
from tests.store.changing import NOW, change, gateway

SAY = Statement(text("SELECT :value"))


async def test_a_failing_change_leaves_its_neighbours_of_the_same_commit_alone(
    database: SqliteDatabase,
) -> None:
    made = [gateway(str(number)) for number in range(20)]

    async def make(number: int, transaction: Transaction) -> None:
        await change(transaction).save(None, made[number], "created")
        if number % 3 == 0:
            raise ValueError(number)

    outcomes = await asyncio.gather(
        *(database.write(partial(make, number)) for number in range(20)),
        return_exceptions=True,
    )

    failed = [number for number, outcome in enumerate(outcomes) if outcome is not None]
    assert failed == [0, 3, 6, 9, 12, 15, 18]
    kept = await gateways_by_id(database, [one.id for one in made], EVERYTHING)
    assert {int(one.name) for one in kept} == set(range(20)) - set(failed)


@pytest.mark.parametrize("failing", ["refused", "outdated", "twice"])
async def test_whatever_fails_in_a_commit_its_neighbours_are_made_once_and_in_their_order(
    database: SqliteDatabase, failing: str
) -> None:
    """They are made again where one has failed that had written something, and only there."""
    runs: list[int] = []
    made = await database.write(lambda each: change(each).save(None, gateway("0"), "created"))

    async def rename(number: int, transaction: Transaction) -> KlarnaGateway:
        runs.append(number)
        (before,) = await gateways_by_id(transaction, [made.id], EVERYTHING)
        after = replace(before, name=f"{before.name} {number}")
        if number == 2:
            if failing == "twice":
                await change(transaction).save(None, before, "created")  # its id is taken
            if failing == "outdated":
                await change(transaction).save(before, after, "renamed")
                await change(transaction).save(before, replace(after, name="?"), "renamed")
            raise ValueError(number)
        return await change(transaction).save(before, after, "renamed")

    renamed = await asyncio.gather(
        *(database.write(partial(rename, number)) for number in range(1, 5)),
        return_exceptions=True,
    )

    names = [one.name for one in renamed if isinstance(one, KlarnaGateway)]
    assert names == ["0 1", "0 1 3", "0 1 3 4"]
    assert await gateways_by_id(database, [made.id], EVERYTHING) == [renamed[-1]]
    assert len(await versions_by_resource(database, [made.id], EVERYTHING)) == 4
    assert len(await events_by_resource(database, [made.id], EVERYTHING)) == 4
    again = [1, 2] if failing == "outdated" else []
    assert runs == [*again, 1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(8))
async def test_a_commit_is_as_if_those_that_failed_in_it_had_never_been_asked_for(
    database: SqliteDatabase, seed: int
) -> None:
    """Whether or not they had written anything, and whoever has read what another wrote."""

    async def step(family: str, number: int, transaction: Transaction) -> list[str]:
        chance, saw = Random(f"{seed} {number}"), []
        for _ in range(chance.randint(1, 3)):
            key = f"{family}{chance.randrange(3)}"
            found = next(iter(await gateways_by_id(transaction, [key], EVERYTHING)), None)
            saw.append(found.name if found else "none")
            told = replace(found or gateway(), id=key, name=f"{saw[-1][:40]} {number}")
            after = None if found and chance.random() < 0.2 else told
            await change(transaction).save(found, after, "changed")
            if found and chance.random() < 0.1:
                await change(transaction).save(found, told, "changed")  # it is outdated by now
        if chance.random() < 0.3:
            raise ValueError(saw)
        return saw

    together = await asyncio.gather(
        *(database.write(partial(step, "t", number)) for number in range(12)),
        return_exceptions=True,
    )
    made = [number for number, one in enumerate(together) if isinstance(one, list)]
    alone = [await database.write(partial(step, "a", number)) for number in made]

    assert [together[number] for number in made] == alone
    assert await _left(database, "t") == await _left(database, "a")


async def _left(database: SqliteDatabase, family: str) -> list[object]:
    """What there is of three gateways, and how often each was written."""
    left: list[object] = []
    for key in (f"{family}{number}" for number in range(3)):
        left += [one.name for one in await gateways_by_id(database, [key], EVERYTHING)]
        left.append(len(await events_by_resource(database, [key], EVERYTHING)))
        left.append(len(await versions_by_resource(database, [key], EVERYTHING)))
    return left


async def test_a_change_may_await_nothing_but_its_transaction(database: SqliteDatabase) -> None:
    async def wait(transaction: Transaction) -> None:
        await change(transaction).save(None, gateway("lost"), "created")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="its transaction's methods only"):
        await database.write(wait)

    assert await database.write(_alive) == 1


async def _alive(_: Transaction) -> int:
    return 1


async def test_events_are_numbered_upwards_even_if_the_clock_goes_back(
    database: SqliteDatabase,
) -> None:
    noon = instant(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))

    async def positions(transaction: Transaction) -> list[int]:
        return [transaction.position(at) for at in (noon, noon, NOW, noon)]

    found = await database.write(positions)

    assert found == sorted(set(found))


async def test_events_go_on_after_the_last_one_of_the_file(tmp_path: Path) -> None:
    async def make(transaction: Transaction) -> KlarnaGateway:
        return await change(transaction).save(None, gateway(), "created")

    async def position(transaction: Transaction) -> int:
        return transaction.position(instant(datetime(2020, 1, 1, tzinfo=UTC)))

    first = await open_sqlite(tmp_path / "store.sqlite")
    made = await first.write(make)
    (event,) = await events_by_resource(first, [made.id], EVERYTHING)
    await first.close()
    second = await open_sqlite(tmp_path / "store.sqlite")

    assert await second.write(position) == event.position + 1
    await second.close()


async def test_a_full_disk_refuses_the_whole_commit_and_is_got_over(
    database: SqliteDatabase,
) -> None:
    def pages(connection: sqlite3.Connection, more: int) -> None:
        (count,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {count + more}")

    async def make(transaction: Transaction) -> KlarnaGateway:
        large = replace(gateway(), metadata={"x": "y" * 20_000})
        return await change(transaction).save(None, large, "created")

    await database._writer._worker.hop(partial(pages, more=2))
    outcomes = await asyncio.gather(
        *(database.write(make) for _ in range(5)), return_exceptions=True
    )
    await database._writer._worker.hop(partial(pages, more=10_000))
    made = await database.write(make)

    assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    assert await gateways_by_id(database, [made.id], EVERYTHING) == [made]
    everyone = Statement(select(func.count()).select_from(table_of(KlarnaGateway)))
    assert await database.rows(everyone) == [(1,)]
