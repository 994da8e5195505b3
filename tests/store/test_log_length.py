"""How long the log of changes becomes, whoever changes and whoever reads."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from store import checkpoints
from store.checkpoints import Checkpoints
from store.database import Transaction
from store.gateways import gateways_by_id
from store.scope import EVERYTHING
from store.sqlite import SqliteDatabase
from store.statements import Statement
from tests.store.changing import change, gateway
from tests.store.homing import many, settled

LOG = "store.sqlite-wal"


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "FEWEST", 30)
    monkeypatch.setattr(checkpoints, "MOST", 30)


async def test_the_log_stays_short_under_a_constant_load(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    """All of it is brought home at times, else it would never begin anew."""
    made = await asyncio.gather(*(many(database, 100) for _ in range(4)))

    assert (tmp_path / LOG).stat().st_size < 2_000_000  # each commit adds ten pages or more
    ids = [one.id for some in made for one in some]
    assert len(await gateways_by_id(database, ids, EVERYTHING)) == 400


@pytest.mark.parametrize("readers", [1, 6])
async def test_the_log_stays_short_beside_readers_who_never_pause(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readers: int
) -> None:
    """There is always one who began before all was home: the writer outlasts them."""
    monkeypatch.setattr(checkpoints, "LONG", 300)
    reads = Statement(
        text(
            "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 50000) "
            "SELECT (SELECT count(*) FROM klarna_gateways), sum(i) FROM c"
        ),
        many=True,
    )
    over = asyncio.Event()

    async def read() -> None:
        while not over.is_set():
            await database.rows(reads)

    reading = [asyncio.ensure_future(read()) for _ in range(readers)]
    await asyncio.gather(*(many(database, 500) for _ in range(4)))
    over.set()
    await asyncio.gather(*reading)

    assert (tmp_path / LOG).stat().st_size < 20_000_000  # or else 50 MB


async def test_nobody_waits_for_one_who_reads_for_minutes(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `klarna-graph export` does: the log grows meanwhile."""
    monkeypatch.setattr(checkpoints, "LONG", 300)
    monkeypatch.setattr(checkpoints, "PAGES", 100)
    monkeypatch.setattr(checkpoints, "FEWEST", 10)
    outlast, bring = checkpoints._outlast, checkpoints._bring
    waits: list[int] = []
    passes: list[int] = []

    def outlasting(connection: sqlite3.Connection, milliseconds: int) -> bool:
        waits.append(milliseconds)
        return outlast(connection, milliseconds)

    def bringing(connection: sqlite3.Connection) -> tuple[int, int]:
        pages, home = bring(connection)
        passes.append(pages)
        return pages, home

    monkeypatch.setattr(checkpoints, "_outlast", outlasting)
    monkeypatch.setattr(checkpoints, "_bring", bringing)
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM klarna_gateways").fetchall()
        await many(database, 200)
        reader.execute("COMMIT")
    await settled(database)

    assert max(passes) > 2000
    assert len(waits) <= 1  # by which time it has stood still
    assert len(passes) < 300  # or else one for each change
    await many(database, 100)
    await settled(database)
    assert passes[-1] < 300  # it has begun anew


def test_the_longer_the_log_the_longer_the_questions_that_are_outlasted() -> None:
    """Each time home is further on, since readers come and go, and the log does not begin anew."""
    waited: list[int] = []
    lengths = iter(range(1_000, 2_000_000, 1_000))

    class Connection:
        def execute(self, sql: str) -> Any:
            if "busy_timeout = " in sql and not sql.endswith("= 5000"):
                waited.append(int(sql.rsplit(maxsplit=1)[-1]))
            pages = next(lengths) if "PASSIVE" in sql else 0
            rows = [(5000,)] if sql == "PRAGMA busy_timeout" else [(1, pages, pages - 10)]
            return SimpleNamespace(fetchall=lambda: rows)

    nobody: Any = SimpleNamespace(rows=0)
    with Path(__file__).open("rb", buffering=0) as file:
        brings = Checkpoints(file, nobody, nobody, nobody)
        connection: Any = Connection()
        for _ in range(900):
            brings._bring_rest(connection)

    assert waited[:3] == [53, 106, 159]
    assert len(waited) == 900 // 17  # once for each 64 MB
    assert waited[-1] == max(waited) == 1000


async def test_large_rows_are_brought_home_more_often(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "MOST", 1000)
    monkeypatch.setattr(checkpoints, "FEWEST", 3)
    monkeypatch.setattr(checkpoints, "PAGES", 250)

    async def large(transaction: Transaction) -> None:
        much = replace(gateway(), metadata={"x": "y" * 100_000})
        await change(transaction).save(None, much, "created")

    for _ in range(60):
        await database.write(large)

    assert (tmp_path / LOG).stat().st_size < 8_000_000  # of 300,000 bytes each, and their pages
