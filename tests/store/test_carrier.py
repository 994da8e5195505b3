"""The carrier: what is asked for travels together, and everybody hears what came of it."""

import asyncio
import time
from collections.abc import Collection
from pathlib import Path

import pytest
from sqlalchemy import text

from store.announcements import Announcements
from store.database import Transaction
from store.instants import Instant
from store.sqlite import SqliteDatabase, open_sqlite
from store.statements import Statement

pytestmark = pytest.mark.usefixtures("on_threads")

ONE = Statement(text("SELECT 1"))
NOW = Instant("2026-01-31T09:30:00.000Z")


async def changed(database: SqliteDatabase, order_id: str) -> None:
    """Commit something about an order."""

    async def work(transaction: Transaction) -> None:
        transaction.position(NOW)
        transaction.concerns(order_id)

    await database.write(work)


async def test_what_is_announced_is_committed_by_then_and_nothing_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread must not write down the next commit's news while this one's are told."""
    told: set[str | None] = set()
    database = await open_sqlite(tmp_path / "store.sqlite")
    announced = Announcements.announce

    def slowly(announcements: Announcements, news: Collection[str | None]) -> None:
        for order_id in news:
            time.sleep(0.001)
            told.add(order_id)
        announced(announcements, news)

    monkeypatch.setattr(Announcements, "announce", slowly)
    names = [f"order{number}" for number in range(200)]
    async with asyncio.timeout(30):
        await asyncio.gather(*(changed(database, name) for name in names))
    await database.close()

    assert told == {None, *names}


async def test_a_bug_in_telling_the_news_keeps_nobody_from_its_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhandled: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, said: unhandled.append(said))
    database = await open_sqlite(tmp_path / "store.sqlite")
    monkeypatch.setattr(Announcements, "announce", lambda *_: 1 / 0)

    async with asyncio.timeout(5):
        await asyncio.gather(*(changed(database, str(number)) for number in range(100)))
        await database.close()

    assert unhandled


async def test_closing_waits_for_what_is_under_way(tmp_path: Path) -> None:
    database = await open_sqlite(tmp_path / "store.sqlite")
    asked = [database.ask(ONE, {}) for _ in range(200)]

    await database.close()

    assert [future.result() for future in asked] == [[(1,)]] * 200
    with pytest.raises(ValueError, match="no active connection"):
        await database.ask(ONE, {})
