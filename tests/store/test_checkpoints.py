"""Checkpoints: the log of changes comes home while changes go on, and never at the wrong moment."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from store import checkpoints
from store.commits import Commits
from store.database import StoreUnavailable, Transaction
from store.gateways import KlarnaGateway, gateways_by_id
from store.scope import EVERYTHING
from store.sqlite import SqliteDatabase, open_sqlite
from tests.store.changing import change, gateway

LOG = "store.sqlite-wal"


async def make(transaction: Transaction) -> KlarnaGateway:
    """Change three rows: the record, its version and its event."""
    return await change(transaction).save(None, gateway(), "created")


async def refuse(transaction: Transaction) -> None:
    await make(transaction)
    raise ValueError("refused")


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "ROWS", 30)


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """One that is closed in time even where a test fails while the log is brought home."""
    opened = await open_sqlite(tmp_path / "store.sqlite")
    yield opened
    await asyncio.wait_for(opened.close(), timeout=10)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """What brings the log home beside the writer waits for this before it is done."""
    event, sync = threading.Event(), os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (event.wait(5), sync(file)))
    return event


async def settled(database: SqliteDatabase) -> None:
    """Wait until nothing is brought home any more: both threads do what they are asked in turn."""
    await database._checkpoints._beside.hop(id)
    await database._checkpoints._writer.hop(id)
    assert not database._checkpoints._under_way


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def many(database: SqliteDatabase, changes: int) -> list[KlarnaGateway]:
    return [await database.write(make) for _ in range(changes)]


async def test_the_log_stays_short_under_a_constant_load(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    """All of it is brought home at times, else it would never begin anew."""
    made = await asyncio.gather(*(many(database, 100) for _ in range(4)))

    assert (tmp_path / LOG).stat().st_size < 2_000_000  # each commit adds ten pages or more
    ids = [one.id for some in made for one in some]
    assert len(await gateways_by_id(database, ids, EVERYTHING)) == 400


async def test_changes_do_not_wait_for_the_log_to_be_brought_home(
    database: SqliteDatabase, held: threading.Event
) -> None:
    made = await asyncio.wait_for(many(database, 30), timeout=5)

    assert database._checkpoints._under_way
    assert len(await gateways_by_id(database, [one.id for one in made], EVERYTHING)) == 30
    held.set()
    await settled(database)
    assert database._checkpoints._commits.rows == 0


async def test_none_begins_beside_the_writer_before_there_was_a_commit_that_none_has_seen(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite could lose what was committed, before 3.51.3."""
    told: list[str] = []
    bring = checkpoints._bring

    def watched(connection: sqlite3.Connection) -> None:
        (beside,) = connection.execute("PRAGMA query_only").fetchone()
        name = "beside" if beside else "writer"
        told.append(f"{name} begins")
        bring(connection)
        told.append(f"{name} ends")

    async def watching(transaction: Transaction) -> None:
        await make(transaction)
        told.append("change")

    async def some() -> None:
        for _ in range(100):
            await asyncio.gather(
                database.write(watching), database.write(refuse), return_exceptions=True
            )

    monkeypatch.setattr(checkpoints, "_bring", watched)
    await asyncio.gather(*(some() for _ in range(4)))
    await settled(database)

    passes = [one for one in told if one != "change"]
    assert len(passes) >= 20
    assert passes == ["beside begins", "beside ends", "writer begins", "writer ends"] * (
        len(passes) // 4
    )
    for number, one in enumerate(told):
        if one == "beside begins" and "writer ends" in told[:number]:
            last = number - told[:number][::-1].index("writer ends")
            assert told[last:number].count("change") >= 10


async def test_only_what_was_committed_counts(tmp_path: Path, database: SqliteDatabase) -> None:
    commits: Commits = database._checkpoints._commits

    await asyncio.gather(
        *(database.write(each) for each in (refuse, make, refuse, make, refuse)),
        return_exceptions=True,
    )
    assert commits.rows == 6
    await asyncio.gather(database.write(refuse), return_exceptions=True)
    assert commits.rows == 6


async def test_a_commit_that_fails_does_not_count(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limited(connection: sqlite3.Connection) -> None:
        (count,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {count + 2}")

    async def large(transaction: Transaction) -> None:
        much = replace(gateway(), metadata={"x": "y" * 20_000})
        await change(transaction).save(None, much, "created")

    await database._writer._worker.hop(limited)
    with pytest.raises(StoreUnavailable):
        await database.write(large)

    assert database._checkpoints._commits.rows == 0


@pytest.mark.parametrize("failing", ["beside", "writer"])
async def test_where_it_fails_that_is_told_and_tried_again_later(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    said: list[str] = []
    fails, bring = [True], checkpoints._bring

    def broken(connection: sqlite3.Connection) -> None:
        (beside,) = connection.execute("PRAGMA query_only").fetchone()
        if fails and (failing == "beside") == bool(beside):
            fails.clear()
            raise sqlite3.OperationalError("disk I/O error")
        bring(connection)

    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: said.append(f"{context['message']} {context['exception']}")
    )
    monkeypatch.setattr(checkpoints, "_bring", broken)

    made = await many(database, 10)
    await settled(database)
    assert said == ["The log of changes was not brought home. disk I/O error"]
    made += await many(database, 20)
    await settled(database)
    assert len(said) == 1
    assert len(await gateways_by_id(database, [one.id for one in made], EVERYTHING)) == 30


@pytest.mark.parametrize("under_way", [True, False])
async def test_after_the_end_all_is_in_the_file(
    tmp_path: Path, held: threading.Event, under_way: bool
) -> None:
    said: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    database = await open_sqlite(tmp_path / "store.sqlite")
    made = await many(database, 20 if under_way else 5)
    assert database._checkpoints._under_way is under_way

    closing = asyncio.ensure_future(database.close())
    await asyncio.sleep(0.1)
    held.set()
    await closing
    await database.close()  # again, which is nothing

    assert said == []
    assert _files(tmp_path) == {"store.sqlite", "store.sqlite.lock"}  # and no log
    again = await open_sqlite(tmp_path / "store.sqlite")
    assert len(await gateways_by_id(again, [one.id for one in made], EVERYTHING)) == len(made)
    await again.close()
