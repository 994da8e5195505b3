"""What tests of the store are given."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from store.sqlite import SqliteDatabase, open_sqlite


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await open_sqlite(tmp_path / "store.sqlite")
    yield opened
    await opened.close()
