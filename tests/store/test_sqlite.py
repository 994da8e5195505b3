"""The SQLite engine: shared commits, each change whole or not at all, one process to a file."""

import asyncio
import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete, text

from store.changes import Outdated
from store.database import StoreUnavailable, Transaction
from store.events import events_by_resource
from store.gateways import KlarnaGateway, gateways_by_id
from store.ids import new_id
from store.locking import StoreInUse
from store.orders import Order, OrderFulfillmentStatus, OrderPaymentStatus, OrderStatus
from store.payments import PREDECESSORS, KlarnaPayment, PaymentStatus, payments_by_id
from store.scope import EVERYTHING, Mode, Scope
from store.sqlite import SqliteDatabase, open_sqlite
from store.statements import Statement
from store.tables import table_of
from store.versions import versions_by_resource
from tests.store.changing import NOW, change, gateway

SAY = Statement(text("SELECT :value"))


async def test_a_change_writes_the_row_its_version_and_its_event(database: SqliteDatabase) -> None:
    async def make(transaction: Transaction) -> KlarnaGateway:
        return await change(transaction).save(None, gateway("Before"), "created")

    async def rename(transaction: Transaction) -> KlarnaGateway:
        return await change(transaction).save(made, replace(made, name="After"), "renamed")

    made = await database.write(make)
    renamed = await database.write(rename)

    assert await gateways_by_id(database, [made.id], EVERYTHING) == [renamed]
    versions = await versions_by_resource(database, [made.id], EVERYTHING)
    assert [(version.event, version.revision) for version in versions] == [
        ("create", 1),
        ("update", 2),
    ]
    assert versions[1].changes == {"name": ["Before", "After"]}
    events = await events_by_resource(database, [made.id], EVERYTHING)
    assert [event.event for event in events] == ["created", "renamed"]
    assert events[1].payload == {"name": {"from": "Before", "to": "After"}}


async def test_a_change_that_changes_nothing_writes_nothing(database: SqliteDatabase) -> None:
    async def make(transaction: Transaction) -> KlarnaGateway:
        made = await change(transaction).save(None, gateway(), "created")
        return await change(transaction).save(made, replace(made), "touched")

    made = await database.write(make)

    assert made.revision == 1
    assert len(await versions_by_resource(database, [made.id], EVERYTHING)) == 1


async def test_a_change_of_an_outdated_record_is_refused_whole(database: SqliteDatabase) -> None:
    async def make(transaction: Transaction) -> KlarnaGateway:
        return await change(transaction).save(None, gateway(), "created")

    made = await database.write(make)

    async def rename(transaction: Transaction) -> KlarnaGateway:
        return await change(transaction).save(made, replace(made, name="Other"), "renamed")

    await database.write(rename)
    with pytest.raises(Outdated):
        await database.write(rename)

    assert len(await versions_by_resource(database, [made.id], EVERYTHING)) == 2


async def test_a_scope_shows_its_mode_only(database: SqliteDatabase) -> None:
    async def make(transaction: Transaction) -> KlarnaGateway:
        return await change(transaction).save(None, gateway(), "created")

    made = await database.write(make)

    assert await gateways_by_id(database, [made.id], Scope(Mode.test)) == [made]
    assert await gateways_by_id(database, [made.id], Scope(Mode.live)) == []
    assert await gateways_by_id(database, [made.id], Scope(Mode.test, order_id="o")) == []


async def test_a_second_process_is_refused_with_what_to_do(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    del database

    with pytest.raises(StoreInUse, match=r"store\.sqlite is open in another process"):
        await open_sqlite(tmp_path / "store.sqlite")


async def test_a_second_way_to_the_file_is_refused_as_well(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    del database
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "store.sqlite")

    with pytest.raises(StoreInUse):
        await open_sqlite(tmp_path / "link.sqlite")


async def test_commits_wait_for_the_disk_and_readers_cannot_write(
    database: SqliteDatabase,
) -> None:
    def synchronous(connection: sqlite3.Connection) -> list[tuple[int]]:
        return connection.execute("PRAGMA synchronous").fetchall()

    assert await database._writer._worker.hop(synchronous) == [(2,)]  # FULL
    with pytest.raises(StoreUnavailable, match="readonly"):
        await database.rows(Statement(delete(table_of(KlarnaGateway))))


async def test_closing_finishes_what_was_begun(tmp_path: Path) -> None:
    async def make(transaction: Transaction) -> KlarnaGateway:
        return await change(transaction).save(None, gateway(), "created")

    opened = await open_sqlite(tmp_path / "store.sqlite")
    writing = [asyncio.create_task(opened.write(make)) for _ in range(200)]
    await asyncio.sleep(0)
    await opened.close()

    made = await asyncio.gather(*writing)
    again = await open_sqlite(tmp_path / "store.sqlite")
    assert len(await gateways_by_id(again, [one.id for one in made], EVERYTHING)) == 200
    await again.close()


@pytest.mark.parametrize("after", list(PaymentStatus))
@pytest.mark.parametrize("before", list(PaymentStatus))
async def test_a_payment_goes_along_legal_paths_only(
    database: SqliteDatabase, before: PaymentStatus, after: PaymentStatus
) -> None:
    payment = await database.write(partial(unplaced, before))

    async def move(transaction: Transaction) -> KlarnaPayment:
        return await change(transaction).save(payment, replace(payment, status=after), "moved")

    if before is after or before in PREDECESSORS[after]:
        assert (await database.write(move)).status is after
    else:
        with pytest.raises(Outdated):
            await database.write(move)
        assert await payments_by_id(database, [payment.id], EVERYTHING) == [payment]


async def unplaced(status: PaymentStatus, transaction: Transaction) -> KlarnaPayment:
    """A payment in a status, with the order and the gateway that it needs."""
    made = await change(transaction).save(None, gateway(), "created")
    order = Order(
        id=new_id(),
        mode=Mode.test,
        created_at=NOW,
        updated_at=NOW,
        currency_code="EUR",
        subtotal_amount_cents=1,
        total_tax_amount_cents=0,
        total_amount_cents=1,
        total_amount_with_taxes_cents=1,
        status=OrderStatus.pending,
        payment_status=OrderPaymentStatus.unpaid,
        fulfillment_status=OrderFulfillmentStatus.unfulfilled,
        token=new_id(),
    )
    order = await change(transaction).save(None, order, "created")
    payment = KlarnaPayment(
        id=new_id(),
        mode=Mode.test,
        created_at=NOW,
        updated_at=NOW,
        order_id=order.id,
        payment_gateway_id=made.id,
        status=status,
        session_id="s",
        client_token="c",
        payment_methods=[],
        session_expires_at=NOW,
        currency_code="EUR",
        country_code="DE",
        locale="de-DE",
        intent_amount_cents=1,
        snapshot={},
        callback_secret="secret",
    )
    return await change(transaction).save(None, payment, "created")


async def test_a_broken_file_is_said_to_be_unavailable(tmp_path: Path) -> None:
    opened = await open_sqlite(tmp_path / "store.sqlite")
    with sqlite3.connect(tmp_path / "store.sqlite") as other:
        other.execute("DROP TABLE klarna_gateways")
    other.close()

    with pytest.raises(StoreUnavailable):
        await gateways_by_id(opened, ["x"], EVERYTHING)
    with pytest.raises(StoreUnavailable):
        await opened.write(lambda tx: gateways_by_id(tx, ["x"], EVERYTHING))

    await opened.close()


def test_every_status_of_a_payment_says_what_it_may_follow() -> None:
    assert set(PREDECESSORS) == set(PaymentStatus)
