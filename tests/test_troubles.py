"""Troubles of the machine: no room on the disk, a clock that jumps, a Klarna that hangs."""

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from resolvers.background.reconcile import reconcile
from store.database import Transaction
from tests import documents, orders
from tests.gateway import Gateway, running_gateway
from tests.test_movements import CAPTURE, placed

Json = dict[str, Any]


async def limit(gateway: Gateway, pages: int) -> None:
    """Let the database file grow no further than to so many pages."""

    async def work(transaction: Transaction) -> None:
        connection: Any = transaction
        connection._connection.execute(f"PRAGMA max_page_count = {pages}")

    await gateway.services.database.write(work)


async def pages(gateway: Gateway) -> int:
    with closing(sqlite3.connect(gateway.settings.database)) as database:
        (count,) = database.execute("PRAGMA page_count").fetchone()
    return int(count)


async def test_a_full_disk_is_a_coded_error_and_klarna_is_asked_for_nothing(
    gateway: Gateway,
) -> None:
    order_ids = [await gateway.put(reference=f"W{number}") for number in range(3)]
    await limit(gateway, await pages(gateway))

    codes = []
    for _ in range(100):
        for order_id in order_ids:
            body = {
                "query": documents.CREATE_PAYMENT,
                "variables": {"input": {"orderId": order_id}},
            }
            status, answer = await gateway.post(body)
            assert status in (200, 294)
            codes += [one["extensions"]["code"] for one in answer.get("errors", [])]
        if len(codes) > 20:
            break

    assert set(codes) == {"UNAVAILABLE"}
    with closing(sqlite3.connect(gateway.settings.database)) as database:
        written = {key for (key,) in database.execute("SELECT key FROM operations")}
    asked = {entry.idempotency_key for entry in gateway.effects("session_created")}
    assert asked <= written, "no call without a durable intent"
    assert (await gateway.do(documents.ORDER, id=order_ids[0]))["id"] == order_ids[0]

    await limit(gateway, 1_000_000)
    assert (await gateway.open(order_ids[0]))["status"] == "OPEN"
    with closing(sqlite3.connect(gateway.settings.database)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("jump", [timedelta(days=2), timedelta(hours=-3)])
async def test_a_clock_that_jumps_loses_nothing(gateway: Gateway, jump: timedelta) -> None:
    order_id = await placed(gateway)
    payment = await gateway.authorized(await gateway.put(reference="held"))
    gateway.fault("capture", close="after")
    await gateway.fails(CAPTURE, id=order_id, amount=10_00)

    gateway.clock._ahead += jump
    captured = await gateway.do(CAPTURE, id=order_id, amount=10_00)
    await reconcile(gateway.services)
    held = await gateway.do(documents.PAYMENT, id=payment["id"])
    again = await gateway.do(documents.REFRESH, id=payment["id"])

    assert captured["__typename"] == "Order"
    assert len(gateway.effects("captured")) == 1
    assert held["status"] == ("EXPIRED" if jump > timedelta() else "AUTHORIZED")
    assert again["__typename"] == "KlarnaPayment"
    found = await gateway.do("{ eventStores(first: 100) { nodes { id } } }")
    places = [tuple(map(int, one["id"].split("-"))) for one in found["nodes"]]
    assert len(places) == len(set(places))


async def test_the_order_of_events_holds_though_the_clock_goes_back(gateway: Gateway) -> None:
    order_id = await gateway.put(number="A")
    gateway.clock._ahead -= timedelta(hours=3)
    await gateway.put(number="B")

    events = await gateway.do(
        "query ($id: ID!) { order(id: $id) { eventStores { nodes { id event } } } }", id=order_id
    )

    assert [one["event"] for one in events["eventStores"]["nodes"]] == ["created", "updated"]


async def test_a_hanging_klarna_slows_neither_reads_nor_other_gateways(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, klarna_timeout=3.0, klarna_at_once=2) as gateway:
        hanging = [await gateway.put(reference=f"W{number}") for number in range(6)]
        american = await gateway.put(orders.american(), region="US")
        gateway.fault("create_session", delay=30, times=6)
        bodies = [
            {"query": documents.CREATE_PAYMENT, "variables": {"input": {"orderId": order_id}}}
            for order_id in hanging
        ]
        waiting = [asyncio.create_task(gateway.post(body)) for body in bodies]
        await asyncio.sleep(0.3)
        gateway.sandbox.clear_faults()

        begun = time.monotonic()
        await gateway.do(documents.ORDER, id=hanging[0])
        opened = await gateway.open(american)
        took = time.monotonic() - begun

        assert opened["status"] == "OPEN"
        assert took < 2.5, "others waited for the one that hangs"
        await asyncio.gather(*waiting)
