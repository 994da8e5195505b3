"""Questions on the fast lane end in time, and are taken back when nobody waits for them."""

import asyncio
import gc
import time
from pathlib import Path

import orjson
import pytest
from yarl import URL

from graph.http.rides import Ride
from store.sqlite import SqliteDatabase
from tests.gateway import Gateway, running_gateway
from tests.http.lane.asking import request, settled, told
from tests.http.wire import Wire, connected
from tests.limits.test_time import ENDLESS_PAGE, QUICK_PAGE
from tests.logs.reading import Lines


async def test_a_client_that_leaves_keeps_no_server_from_stopping(
    tmp_path: Path, rides: list[Ride | None]
) -> None:
    async with running_gateway(tmp_path) as gateway:
        url = URL(gateway.url)
        wire = Wire(*await asyncio.open_connection(url.host, url.port))
        await settled(gateway, wire, request(gateway))
        held = asyncio.create_task(gateway.services.database.rows(ENDLESS_PAGE))
        await asyncio.sleep(0)
        wire.send(request(gateway))
        await asyncio.sleep(0.05)
        asyncio.get_running_loop().call_later(0.2, wire.leave)
        asyncio.get_running_loop().call_later(0.4, held.cancel)
        begun = asyncio.get_running_loop().time()
    took = asyncio.get_running_loop().time() - begun

    assert rides[-1] is not None
    assert took < 5


@pytest.mark.usefixtures("on_threads")
async def test_a_question_that_takes_too_long_is_given_up(
    hasty: Gateway, rides: list[Ride | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.http.lane.LOOKING", 0.05)
    database = hasty.services.database
    assert isinstance(database, SqliteDatabase)
    async with connected(hasty) as wire:
        await settled(hasty, wire, request(hasty))
        held = asyncio.create_task(database.rows(ENDLESS_PAGE))
        await asyncio.sleep(0)
        late = await told(wire, request(hasty))
        held.cancel()
        await database.rows(QUICK_PAGE)
        after = await told(wire, request(hasty))

    assert rides[-2] is not None
    assert (late.status, late.code) == (200, "TIMEOUT")
    assert late.headers.keys() == after.headers.keys()
    assert after.status == 200
    assert b"errors" not in after.body


async def test_a_question_that_fails_late_is_not_given_its_time_again(
    hasty: Gateway, rides: list[Ride | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*_: object) -> bytes:
        time.sleep(0.4)
        raise ValueError

    async with connected(hasty) as wire:
        await settled(hasty, wire, request(hasty))
        monkeypatch.setattr("graph.compiler.plan.Ready.data", slowly)
        late = await told(wire, request(hasty))

    assert rides[-1] is not None
    assert (late.status, late.code) == (200, "TIMEOUT")


@pytest.mark.usefixtures("on_threads")
async def test_who_asks_for_one_record_does_not_wait_behind_pages(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    one = request(gateway, '{ klarnaPayment(id: "nobody") { id } node(id: "nobody") { id } }')
    database = gateway.services.database
    async with connected(gateway) as wire, connected(gateway) as other:
        await settled(gateway, wire, request(gateway))
        await settled(gateway, wire, one)
        held = asyncio.create_task(database.rows(ENDLESS_PAGE))
        await asyncio.sleep(0)
        other.send(request(gateway))
        turning = asyncio.create_task(other.reply())
        await asyncio.sleep(0.05)
        before = database.questions
        found = await told(wire, one)
        asked = database.questions - before
        waits = not turning.done()
        held.cancel()
        page = await turning

    assert found.status == 200
    assert orjson.loads(found.body) == {"data": {"klarnaPayment": None, "node": None}}
    assert (asked, waits) == (1, True)
    assert page is not None
    assert page.status == 200
    assert None not in rides[-2:]


@pytest.mark.usefixtures("on_threads")
async def test_a_question_is_taken_back_when_its_client_leaves(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    database = gateway.services.database
    assert isinstance(database, SqliteDatabase)
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        held = asyncio.create_task(database.rows(ENDLESS_PAGE))
        await asyncio.sleep(0)
        wire.send(request(gateway))
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.05)
    held.cancel()
    await database.rows(QUICK_PAGE)

    ride = rides[-1]
    assert ride is not None
    assert ride.withdrawn


async def test_a_client_that_leaves_before_it_is_asked_again_is_logged_too(
    gateway: Gateway,
    rides: list[Ride | None],
    lines: Lines,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def leave(*_: object) -> bytes:
        ride = rides[-1]
        assert ride is not None
        asyncio.get_running_loop().call_soon(ride.abandon)
        raise ValueError

    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        lines.all()
        monkeypatch.setattr("graph.compiler.plan.Ready.data", leave)
        wire.send(request(gateway))
        await asyncio.sleep(0.1)
    gc.collect()

    assert [line["status"] for line in lines.of("request")] == [None]
