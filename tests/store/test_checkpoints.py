"""Checkpoints: the log of changes comes home while changes go on, and never at the wrong moment."""

import asyncio
import errno
import os
import sqlite3
import struct
import threading
from pathlib import Path
from typing import Any

import pytest

from store import checkpoints
from store.commits import Commits
from store.database import StoreUnavailable, Transaction
from store.gateways import gateways_by_id
from store.scope import EVERYTHING
from store.sqlite import SqliteDatabase, open_sqlite
from tests.store.homing import make, many, settled


async def refuse(transaction: Transaction) -> None:
    await make(transaction)
    raise ValueError("refused")


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "FEWEST", 30)
    monkeypatch.setattr(checkpoints, "MOST", 30)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """What brings the log home beside the writer waits for this before it is done."""
    event, sync = threading.Event(), checkpoints._sync
    monkeypatch.setattr(checkpoints, "_sync", lambda file: (event.wait(5), sync(file)))
    return event


def beside(connection: sqlite3.Connection) -> bool:
    """Whether it is the one beside the writer."""
    return bool(connection.execute("PRAGMA query_only").fetchone()[0])


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


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

    def watched(connection: sqlite3.Connection) -> tuple[int, int]:
        name = "beside" if beside(connection) else "writer"
        told.append(f"{name} begins")
        brought = bring(connection)
        told.append(f"{name} ends")
        return brought

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


async def test_some_of_the_log_is_not_home_when_one_begins_beside_the_writer(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As SQLite's own index of the log has it: how many pages there are, and how many at home."""
    seen: list[bool] = []
    bring = checkpoints._bring
    with (tmp_path / "store.sqlite-shm").open("rb", buffering=0) as index:

        def watched(connection: sqlite3.Connection) -> tuple[int, int]:
            if beside(connection):
                header = os.pread(index.fileno(), 100, 0)
                (pages,), (home,) = (struct.unpack_from("=I", header, at) for at in (16, 96))
                seen.append(home < pages)
            return bring(connection)

        monkeypatch.setattr(checkpoints, "_bring", watched)
        await asyncio.gather(*(many(database, 100) for _ in range(4)))
        await settled(database)
        await database.close()  # before the index, whose locks would go with it

    assert len(seen) > 10
    assert all(seen)


async def test_sqlite_brings_nothing_home_by_itself(database: SqliteDatabase) -> None:
    def pages(connection: sqlite3.Connection) -> list[Any]:
        return connection.execute("PRAGMA wal_autocheckpoint").fetchall()

    assert await database._writer._worker.hop(pages) == [(0,)]


@pytest.mark.parametrize(
    "failing", ["own sync", "sync of SQLite's", "and logs cannot be written", "no room", "a bug"]
)
def test_what_cannot_be_synced_ends_the_process_and_nothing_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    file, index = tmp_path / "store.sqlite", tmp_path / "store.sqlite-shm"
    file.touch()
    index.write_bytes(b"x" * 136)
    error: Exception = OSError(errno.EIO, "Input/output error")
    if failing in {"sync of SQLite's", "no room"}:
        error = sqlite3.OperationalError("disk I/O error")
        name = "SQLITE_IOERR_FSYNC" if failing != "no room" else "SQLITE_FULL"
        error.sqlite_errorname = name
    if failing == "a bug":
        error = ValueError("a bug")
    if failing == "and logs cannot be written":
        monkeypatch.setattr(checkpoints.log, "critical", lambda *_: 1 / 0)

    def exits(status: int) -> None:
        raise SystemExit(status)

    monkeypatch.setattr(os, "_exit", exits)
    ends = failing not in {"no room", "a bug"}
    with (
        file.open("rb", buffering=0) as opened,
        pytest.raises(SystemExit if ends else type(error)) as ended,
        checkpoints._synced(opened),
    ):
        raise error

    assert isinstance(ended.value, SystemExit) is ends
    assert index.read_bytes()[96:100] == (bytes(4) if ends else b"xxxx")
    assert getattr(ended.value, "code", None) == (os.EX_IOERR if ends else None)


async def test_what_the_writer_has_brought_home_does_not_count(
    database: SqliteDatabase, held: threading.Event
) -> None:
    go = threading.Event()
    await many(database, 12)
    assert database._checkpoints._under_way
    database._writer._worker.post(lambda _: go.wait(5), lambda *_: None)
    writes = [asyncio.ensure_future(database.write(make)) for _ in range(40)]
    await asyncio.sleep(0)
    held.set()
    await database._checkpoints._beside.hop(id)
    await asyncio.sleep(0.01)
    go.set()
    await asyncio.gather(*writes)
    await settled(database)

    assert database._checkpoints._commits.rows < 30


async def test_only_what_was_committed_counts(database: SqliteDatabase) -> None:
    commits: Commits = database._checkpoints._commits

    await asyncio.gather(
        *(database.write(each) for each in (refuse, make, refuse, make, refuse)),
        return_exceptions=True,
    )
    assert commits.rows == 6
    await asyncio.gather(database.write(refuse), return_exceptions=True)
    assert commits.rows == 6


async def test_a_commit_that_fails_does_not_count(database: SqliteDatabase) -> None:
    class Failing:
        """A connection that cannot commit."""

        def __init__(self, connection: Any) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

        def execute(self, sql: str, *values: Any) -> Any:
            if sql == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return self._connection.execute(sql, *values)

    worker: Any = database._writer._worker
    real, worker._connection = worker._connection, Failing(worker._connection)
    with pytest.raises(StoreUnavailable):
        await database.write(make)
    worker._connection = real

    assert database._checkpoints._commits.rows == 0


@pytest.mark.parametrize("failing", ["beside", "writer"])
async def test_where_it_fails_that_is_told_and_tried_again_later(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    said: list[str] = []
    fails, bring = [True], checkpoints._bring

    def broken(connection: sqlite3.Connection) -> tuple[int, int]:
        if fails and (failing == "beside") == beside(connection):
            fails.clear()
            raise sqlite3.OperationalError("database or disk is full")
        return bring(connection)

    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: said.append(f"{context['message']} {context['exception']}")
    )
    monkeypatch.setattr(checkpoints, "_bring", broken)

    made = await many(database, 10)
    await settled(database)
    assert said == ["The log of changes was not brought home. database or disk is full"]
    made += await many(database, 20)
    await settled(database)
    assert len(said) == 1
    assert len(await gateways_by_id(database, [one.id for one in made], EVERYTHING)) == 30


async def test_changes_that_wait_when_it_closes_are_made(tmp_path: Path) -> None:
    said: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    database = await open_sqlite(tmp_path / "store.sqlite")
    writes = [asyncio.ensure_future(database.write(make)) for _ in range(200)]
    await asyncio.sleep(0)

    await asyncio.wait_for(database.close(), timeout=10)

    assert len(await asyncio.gather(*writes)) == 200
    assert said == []


@pytest.mark.parametrize("under_way", [True, False])
async def test_after_the_end_all_is_in_the_file(
    tmp_path: Path, held: threading.Event, under_way: bool
) -> None:
    said: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    database = await open_sqlite(tmp_path / "store.sqlite")
    made = await many(database, 20 if under_way else 5)
    assert database._checkpoints._under_way is under_way

    ending = asyncio.ensure_future(database.close())
    await asyncio.sleep(0.1)
    held.set()
    await ending
    await database.close()  # again, which is nothing

    assert said == []
    assert _files(tmp_path) == {"store.sqlite", "store.sqlite.lock"}  # and no log
    again = await open_sqlite(tmp_path / "store.sqlite")
    assert len(await gateways_by_id(again, [one.id for one in made], EVERYTHING)) == len(made)
    await again.close()
