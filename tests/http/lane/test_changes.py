"""Changes on the fast lane are made once, whoever waits for them."""

import asyncio
import time

import orjson
import pytest
from sqlalchemy import text

from graph.http.rides import Ride
from store.sqlite import SqliteDatabase
from store.statements import Statement
from tests import documents
from tests.gateway import Gateway
from tests.http.lane.asking import request, settled, told
from tests.http.wire import connected
from tests.keys.asking import SAVE

PAYMENTS = Statement(text("SELECT count(*) FROM klarna_payments WHERE status = 'OPEN'"))


async def test_a_change_on_the_lane_is_made_once_though_its_client_leaves(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    order_id = await gateway.put()
    query = documents.CREATE_PAYMENT
    nobodys = request(gateway, query, input={"orderId": "nobodyhere"})
    async with connected(gateway) as wire:
        await told(wire, nobodys)
        gateway.fault("create_session", delay=0.3)
        wire.send(request(gateway, query, input={"orderId": order_id}))
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.6)

    ((rows,),) = await gateway.services.database.rows(PAYMENTS)

    assert rides[-1] is not None
    assert rows == 1


async def test_a_change_that_takes_too_long_is_told_so_and_made_and_answered_once(
    hasty: Gateway, rides: list[Ride | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.http.lane.LOOKING", 0.05)
    payment = await hasty.open()
    database = hasty.services.database
    assert isinstance(database, SqliteDatabase)
    save = {"id": payment["id"], "authToken": "token-1", "key": "save"}
    async with connected(hasty) as wire:
        await settled(hasty, wire, request(hasty, SAVE, **save | {"key": "else"}))
        held = asyncio.create_task(database._writer._worker.hop(lambda _: time.sleep(1)))
        await asyncio.sleep(0)
        late = await told(wire, request(hasty, SAVE, **save | {"authToken": "token-2"}))
        looked = await told(wire, request(hasty))  # the connection is free for other requests
        await held
        taken = rides[-2]
        again = late
        for _ in range(20):  # a loaded machine may take too long once more
            if b'"TIMEOUT"' in again.body:
                again = await told(wire, request(hasty, SAVE, **save | {"authToken": "token-2"}))

    assert taken is not None
    assert (late.status, late.code) == (200, "TIMEOUT")
    assert looked.status == 200
    assert orjson.loads(again.body)["data"]["saveKlarnaAuthToken"]["id"] == payment["id"]
    assert await hasty.history("klarnaPayment", payment["id"]) == [
        "session_opened",
        "authorized",
        "authorized",
    ]


async def test_a_compiled_change_is_made_though_its_client_leaves(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    payment = await gateway.open()
    database = gateway.services.database
    assert isinstance(database, SqliteDatabase)
    save = {"id": payment["id"], "authToken": "token-1", "key": "save"}
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway, SAVE, **save))
        held = asyncio.create_task(database._writer._worker.hop(lambda _: time.sleep(0.2)))
        await asyncio.sleep(0)
        wire.send(request(gateway, SAVE, **save | {"authToken": "token-2", "key": "left"}))
        await asyncio.sleep(0.05)
    await held
    await gateway.services.turns.finish()

    assert rides[-1] is not None
    assert (await gateway.history("klarnaPayment", payment["id"]))[-2:] == ["authorized"] * 2
    kept = await gateway.do(SAVE, **save | {"authToken": "token-2", "key": "left"})
    assert kept["id"] == payment["id"]
