"""The SQLite engine: shared commits, each change whole or not at all, one process to a file."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio
from sqlalchemy import delete, func, select, text

from store.changes import Change, Outdated
from store.database import StoreUnavailable, Transaction
from store.events import events_by_resource
from store.gateways import GatewayRegion, KlarnaGateway, gateways_by_id
from store.instants import instant
from store.locking import StoreInUse
from store.orders import Order, OrderFulfillmentStatus, OrderPaymentStatus, OrderStatus
from store.payments import PREDECESSORS, KlarnaPayment, PaymentStatus, payments_by_id
from store.resources import new_id
from store.scope import EVERYTHING, Mode, Scope
from store.sqlite import SqliteDatabase, open_sqlite
from store.statements import Statement
from store.tables import table_of
from store.versions import versions_by_resource

SAY = Statement(text("SELECT :value"))
NOW = instant(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await open_sqlite(tmp_path / "store.sqlite")
    yield opened
    await opened.close()


def change(transaction: Transaction) -> Change:
    return Change(transaction, {"application": {"id": "tests"}}, NOW, new_id)


def gateway(name: str = "Klarna") -> KlarnaGateway:
    return KlarnaGateway(
        id=new_id(),
        mode=Mode.test,
        created_at=NOW,
        updated_at=NOW,
        name=name,
        country_code=GatewayRegion.EU,
        credentials="v1.k1.sealed",
        credential_keys={"api_key": "********12345"},
    )


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


@pytest.mark.parametrize("bad", ["\udcff", 2**63, object()])
async def test_a_value_that_is_none_fails_its_own_question_and_no_neighbour(
    database: SqliteDatabase, bad: object
) -> None:
    values = [bad if number % 3 == 0 else number for number in range(20)]

    outcomes = await asyncio.gather(
        *(database.rows(SAY, value=value) for value in values), return_exceptions=True
    )

    answered = [one for one in outcomes if not isinstance(one, BaseException)]
    assert answered == [[(number,)] for number in range(20) if number % 3]
    assert len(answered) == 13


async def test_questions_of_one_trip_see_what_was_committed_before_and_leave_nothing_open(
    database: SqliteDatabase,
) -> None:
    count = Statement(text("SELECT count(*) FROM klarna_gateways"))
    seen = []

    for number in range(3):
        await database.write(
            lambda transaction: change(transaction).save(None, gateway(), "created")
        )
        wrong = database.ask(SAY, {})  # nothing is bound
        asked = [database.ask(count, {}) for _ in range(5)]
        given_up = database.ask(count, {})
        given_up.cancel()
        seen.append([(await one)[0][0] for one in asked])
        with pytest.raises(sqlite3.ProgrammingError):
            await wrong
        assert seen[-1] == [number + 1] * 5

    assert await database._one._worker.hop(lambda reader: reader.in_transaction) is False


async def test_a_question_that_ends_the_look_it_shares_fails_alone(
    database: SqliteDatabase,
) -> None:
    """SQLite ends a transaction itself where memory or the disk fails, even for a question."""

    def fails() -> None:
        raise MemoryError

    reader = database._one._worker
    await reader.hop(lambda connection: connection.create_function("fails", 0, fails))

    failing = Statement(text("SELECT fails() FROM alembic_version"))
    asked = [
        database.ask(SAY, {"value": 1}),
        database.ask(failing, {}),
        database.ask(SAY, {"value": 2}),
    ]

    assert (await asked[0], await asked[2]) == ([(1,)], [(2,)])
    with pytest.raises(MemoryError):
        await asked[1]
    assert await reader.hop(lambda connection: connection.in_transaction) is False


async def test_a_question_that_fails_at_a_row_leaves_no_old_look_to_the_next(
    database: SqliteDatabase,
) -> None:
    count = Statement(text("SELECT count(*) FROM klarna_gateways"))
    unreadable = Statement(text("SELECT CAST(x'ff' AS TEXT) FROM sqlite_master"))

    with pytest.raises(StoreUnavailable):
        await database.rows(unreadable)
    await database.write(lambda transaction: change(transaction).save(None, gateway(), "created"))

    asked = [database.ask(count, {}) for _ in range(2)]

    assert [await one for one in asked] == [[(1,)], [(1,)]]


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
