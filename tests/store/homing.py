"""Bringing the log home: changes that make it long, and waiting until all that is over."""

from store.database import Transaction
from store.gateways import KlarnaGateway
from store.sqlite import SqliteDatabase
from tests.store.changing import change, gateway


async def make(transaction: Transaction) -> KlarnaGateway:
    """Change three rows: the record, its version and its event."""
    return await change(transaction).save(None, gateway(), "created")


async def many(database: SqliteDatabase, changes: int) -> list[KlarnaGateway]:
    return [await database.write(make) for _ in range(changes)]


async def settled(database: SqliteDatabase) -> None:
    """Wait until nothing is brought home any more: both threads do what they are asked in turn."""
    await database._checkpoints._beside.hop(id)
    await database._checkpoints._writer.hop(id)
    assert not database._checkpoints._under_way
