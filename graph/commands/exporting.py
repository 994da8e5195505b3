"""The export on the command line: all records as JSON Lines, as they are at one moment."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson

from store.exporting import exported, lines
from store.visitor import visiting


async def exporting(database: Path) -> AsyncIterator[bytes]:
    """Yield each record as one line of JSON, `{"table": ..., "id": ..., ...}`, without secrets.

    Raises StoreUnusable. Whoever has the database open goes on meanwhile.
    """
    async with visiting(database) as visitor:
        await visitor.must_be_current()
        await visitor.stand_still()
        for table in exported():
            async for line in lines(visitor, table):
                yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
