"""An operation has its time: a question ends with it, a change goes on to its end."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import bindparam, literal_column, select, text

from store.database import StoreTooSlow
from store.sqlite import SqliteDatabase, open_sqlite
from store.statements import Statement
from tests import documents
from tests.gateway import Gateway, running_gateway
from tests.test_movements import CAPTURE, TOTAL, placed

ENDLESS = Statement(
    text("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c")
)
QUICK = Statement(select(literal_column("1")))
ENDLESS_PAGE = Statement(text(f"SELECT * FROM ({ENDLESS.expression})"), many=True)
QUICK_PAGE = Statement(select(literal_column("1")), many=True)
NAMED = Statement(select(bindparam("name")))
CAPTURED = """
query ($id: ID!) { order(id: $id) { captures { nodes { amountCents succeeded } } } }
"""


@pytest_asyncio.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that answers within a second or not at all."""
    async with running_gateway(tmp_path, operation_timeout=1) as running:
        yield running


@pytest_asyncio.fixture
async def interpreted(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway like that, which asks the store field by field."""
    async with running_gateway(tmp_path, operation_timeout=1, compiler="off") as running:
        yield running


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """A store whose questions may take 0.3 seconds."""
    database = await open_sqlite(tmp_path / "store.sqlite", patience=0.3)
    yield database
    await database.close()


async def told(gateway: Gateway, document: str, **variables: object) -> tuple[int, Any]:
    return await gateway.post({"query": document, "variables": variables})


async def answered(gateway: Gateway, document: str, **variables: object) -> Any:
    """The answer of a change that is sent again, under its key, until it is there."""
    for _ in range(200):
        _, answer = await told(gateway, document, **variables)
        (value,) = (answer.get("data") or {"": None}).values()
        if value and value.get("code") != "KEY_IN_USE":
            return value
        await asyncio.sleep(0.05)
    raise AssertionError("The key is still in use.")


async def test_a_change_beyond_its_time_is_finished_and_told_to_whoever_asks_again(
    hasty: Gateway,
) -> None:
    order_id = await placed(hasty)
    hasty.fault("capture", delay=1.8)

    status, late = await told(hasty, CAPTURE, id=order_id, amount=20_00, key="parcel-1")
    done = await answered(hasty, CAPTURE, id=order_id, amount=20_00, key="parcel-1")

    (error,) = late["errors"]
    assert (status, late["data"]) == (294, None)
    assert error["extensions"] == {"code": "TIMEOUT", "limit": 1.0, "retryable": True}
    assert "under the same `key`" in error["message"]
    assert done["__typename"] == "Order"
    assert [entry.details["amount"] for entry in hasty.effects("captured")] == [20_00]
    assert [one["amountCents"] for one in done["captures"]["nodes"]] == [20_00]
    (balance,) = done["authorizations"]["nodes"]
    assert balance["captureBalanceCents"] == TOTAL - 20_00


async def test_a_refusal_that_comes_too_late_is_told_to_whoever_asks_again(hasty: Gateway) -> None:
    order_id = await placed(hasty)
    hasty.fault("capture", delay=1.8, status=403, error_code="CAPTURE_NOT_ALLOWED")

    _, late = await told(hasty, CAPTURE, id=order_id, amount=20_00, key="parcel-1")
    done = await answered(hasty, CAPTURE, id=order_id, amount=20_00, key="parcel-1")

    assert late["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert (done["__typename"], done["klarnaCode"]) == ("Refusal", "CAPTURE_NOT_ALLOWED")
    assert hasty.effects("captured") == []


@pytest.mark.parametrize("operation", ["create_session", "place_order", "cancel_authorization"])
async def test_a_change_without_a_key_is_finished_too(hasty: Gateway, operation: str) -> None:
    order_id = await hasty.put()
    variables: Any = {"id": order_id}
    if operation == "create_session":
        document, variables = documents.CREATE_PAYMENT, {"input": {"orderId": order_id}}
    elif operation == "place_order":
        await hasty.authorized(order_id)
        document = documents.PLACE
    else:
        payment = await hasty.authorized(order_id)
        document, variables = documents.DELETE_PAYMENT, {"id": payment["id"]}
    hasty.fault(operation, delay=1.5)

    _, late = await told(hasty, document, **variables)
    await hasty.services.turns.finish()

    assert late["errors"][0]["extensions"]["code"] == "TIMEOUT"
    order = await hasty.do(documents.ORDER, id=order_id)
    payments = order["klarnaPayments"]["nodes"]
    if operation == "create_session":
        assert [payment["status"] for payment in payments] == ["OPEN"]
    elif operation == "place_order":
        assert (order["status"], len(hasty.effects("order_placed"))) == ("placed", 1)
    else:
        assert payments == []


async def test_a_change_whose_turn_has_not_come_in_time_is_not_begun(hasty: Gateway) -> None:
    order_id = await placed(hasty)
    document = """mutation ($id: ID!) {
      a: captureOrder(id: $id, amountCents: 100) { __typename }
      b: captureOrder(id: $id, amountCents: 200) { __typename }
    }"""
    hasty.fault("capture", delay=1.5)

    _, late = await told(hasty, document, id=order_id)
    await hasty.services.turns.finish()

    assert late["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert [entry.details["amount"] for entry in hasty.effects("captured")] == [1_00]
    found = await hasty.do(CAPTURED, id=order_id)
    assert found["captures"]["nodes"] == [{"amountCents": 1_00, "succeeded": True}]


@pytest.mark.usefixtures("on_threads")
async def test_a_question_beyond_its_time_takes_its_questions_to_the_store_back(
    hasty: Gateway,
) -> None:
    order_id = await placed(hasty)
    database = hasty.services.database
    assert isinstance(database, SqliteDatabase)
    asked: list[str] = []
    await database._one._worker.hop(lambda reader: reader.set_trace_callback(asked.append))
    held = asyncio.create_task(database.rows(ENDLESS))
    await asyncio.sleep(0)

    _, late = await told(hasty, documents.ORDER, id=order_id)
    held.cancel()
    await database.rows(QUICK)

    assert late["data"] is None
    assert late["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert [statement for statement in asked if "FROM orders" in statement] == []
    assert (await hasty.do(documents.ORDER, id=order_id))["id"] == order_id
    assert [statement for statement in asked if "FROM orders" in statement] != []


@pytest.mark.usefixtures("on_threads")
async def test_loaders_take_their_questions_back_too(interpreted: Gateway) -> None:
    """The first level of the query is answered; the second waits behind an endless question."""
    order_id = await placed(interpreted)
    database = interpreted.services.database
    assert isinstance(database, SqliteDatabase)
    asked: list[str] = []
    endless: list[asyncio.Task[Any]] = []

    def follow(statement: str) -> None:
        asked.append(statement)
        if "FROM orders" in statement and not endless:
            endless.append(loop.create_task(database.rows(ENDLESS)))  # ahead of the second level

    loop = asyncio.get_running_loop()

    def trace(statement: str) -> None:
        loop.call_soon_threadsafe(follow, statement)

    await database._one._worker.hop(lambda reader: reader.set_trace_callback(trace))

    _, late = await told(interpreted, documents.ORDER, id=order_id)
    for task in endless:
        task.cancel()
    await database.rows(QUICK)
    await asyncio.sleep(0)

    assert late["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert len([statement for statement in asked if "FROM orders" in statement]) == 1
    assert [statement for statement in asked if "line_items" in statement] == []


async def test_a_question_without_end_is_ended_and_its_neighbours_are_answered(
    store: SqliteDatabase,
) -> None:
    names = [f"n{number}" for number in range(20)]

    first, endless, *others = await asyncio.gather(
        store.rows(QUICK),
        store.rows(ENDLESS),
        *(store.rows(NAMED, name=name) for name in names),
        return_exceptions=True,
    )

    assert first == [(1,)]
    assert isinstance(endless, StoreTooSlow)
    assert others == [[(name,)] for name in names]


async def test_a_question_that_nobody_waits_for_any_more_frees_the_reader(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path / "store.sqlite", patience=600)
    endless = asyncio.create_task(store.rows(ENDLESS))
    await asyncio.sleep(0.05)
    began = time.monotonic()

    endless.cancel()
    found = await store.rows(QUICK)

    assert found == [(1,)]
    assert time.monotonic() - began < 60
    await store.close()


@pytest.mark.usefixtures("on_threads")
async def test_a_question_that_the_store_ends_is_a_coded_error(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, statement_timeout=0.000_001) as gateway:
        database = gateway.services.database
        assert isinstance(database, SqliteDatabase)
        await database._many._worker.hop(
            lambda reader: reader.set_progress_handler(lambda: True, 1)
        )

        error = await gateway.fails("{ orders { nodes { id } } }")

        assert error["extensions"]["code"] == "TIMEOUT"
