"""The sandbox on a port: what a client and a browser see of it."""

import asyncio
import io
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from resolvers.klarna.sandbox.app import Served, running, running_clock
from resolvers.klarna.sandbox.faults import Fault
from resolvers.klarna.sandbox.limits import MAX_BODY
from resolvers.klarna.sandbox.sandbox import Sandbox
from tests.sandbox.merchant import until
from tests.sandbox.shop import CREDENTIAL, Shop, a_purchase, login


def test_a_client_is_told_three_urls_a_username_and_a_password() -> None:
    served = Served("http://127.0.0.1:8090", CREDENTIAL)

    assert served.as_json() == {
        "base_urls": {
            "EU": "http://127.0.0.1:8090/eu",
            "US": "http://127.0.0.1:8090/us",
            "OC": "http://127.0.0.1:8090/oc",
        },
        "username": "K123456_abcdef",
        "password": "klarna_test_api_secret",
    }
    assert served.sdk == "http://127.0.0.1:8090/_sandbox/sdk.js"


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1"])  # noqa: S104  # on purpose
async def test_a_sandbox_answers_where_it_says(sandbox: Sandbox, host: str) -> None:
    async with (
        running(sandbox, host=host) as served,
        aiohttp.request("GET", served.control) as reply,
    ):
        assert reply.status == 200
        assert (await reply.json())["base_urls"] == served.base_urls


async def test_a_purchase_goes_all_the_way(client: aiohttp.ClientSession, served: Served) -> None:
    async with client.post("payments/v1/sessions", json=a_purchase()) as reply:
        session = await reply.json()
    step = f"{served.control}/sessions/{session['session_id']}/authorize"
    async with aiohttp.request("POST", step) as reply:
        token = (await reply.json())["authorization_token"]
    async with client.post(f"payments/v1/authorizations/{token}/order", json=a_purchase()) as reply:
        order = await reply.json()
    captures = f"ordermanagement/v1/orders/{order['order_id']}/captures"
    async with client.post(captures, json={"captured_amount": 100_00}) as reply:
        location = reply.headers["Location"]
        assert (reply.status, await reply.read()) == (201, b"")

    async with client.get(location) as reply:
        assert reply.status == 200
        assert (await reply.json())["captured_amount"] == 100_00
        assert reply.headers["Klarna-Correlation-Id"]


async def test_an_answer_is_held_back_and_then_sent(
    client: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    sandbox.inject(Fault(operation="create_session", delay=0.2))
    started = time.monotonic()

    async with client.post("payments/v1/sessions", json=a_purchase()) as reply:
        assert reply.status == 200

    assert time.monotonic() - started >= 0.2


async def test_a_client_that_gives_up_waiting_finds_its_effect_by_key(
    client: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    order_id = Shop(sandbox).order()
    url = f"ordermanagement/v1/orders/{order_id}/captures"
    call: dict[str, Any] = {
        "json": {"captured_amount": 40_00},
        "headers": {"Klarna-Idempotency-Key": "parcel-1"},
    }
    sandbox.inject(Fault(operation="capture", delay=0.3))

    with pytest.raises(TimeoutError):
        await client.post(url, **call, timeout=aiohttp.ClientTimeout(total=0.1))
    async with client.post(url, **call) as meanwhile:
        pass
    await asyncio.sleep(0.3)
    async with client.post(url, **call) as afterwards:
        pass

    assert (meanwhile.status, afterwards.status) == (409, 201)
    assert [entry.effect for entry in sandbox.ledger].count("captured") == 1


@pytest.mark.parametrize(("close", "placed"), [("before", 0), ("after", 1)])
async def test_the_connection_closes_before_or_after_the_effect(
    client: aiohttp.ClientSession, sandbox: Sandbox, close: Any, placed: int
) -> None:
    shop = Shop(sandbox)
    token = shop.token(shop.session())
    url = f"payments/v1/authorizations/{token}/order"
    sandbox.inject(Fault(operation="place_order", close=close))

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.post(url, json=a_purchase())

    assert shop.effects().count("order_placed") == placed
    async with client.post(url, json=a_purchase()) as reply:
        assert reply.status == 200
    assert shop.effects().count("order_placed") == 1


async def test_a_body_over_a_megabyte_is_refused_without_being_read_to_its_end(
    client: aiohttp.ClientSession,
) -> None:
    async with client.post("payments/v1/sessions", data=io.BytesIO(b" " * (MAX_BODY + 1))) as reply:
        assert reply.status == 413
        assert (await reply.json())["error_code"] == "REQUEST_TOO_LARGE"


async def test_stopping_waits_for_nobody(sandbox: Sandbox) -> None:
    sandbox.inject(Fault(operation="create_session", delay=60))
    headers = {"Authorization": login(CREDENTIAL)}
    started = time.monotonic()

    async with aiohttp.ClientSession(headers=headers) as client, asyncio.TaskGroup() as group:
        async with running(sandbox) as served:
            url = f"{served.base_urls['EU']}/payments/v1/sessions"
            waiting = group.create_task(client.post(url, json=a_purchase()))
            await until(sandbox, lambda: bool(sandbox.ledger))
        reply = await waiting
        reply.release()

    assert time.monotonic() - started < 5


async def test_two_sandboxes_know_nothing_of_each_other(sandbox: Sandbox) -> None:
    other = Sandbox(clock=running_clock(), credentials=[CREDENTIAL])

    async with running(sandbox) as first, running(other) as second:
        Shop(sandbox).create()

        assert first.origin != second.origin
        assert other.ledger == []


def test_a_running_clock_keeps_the_time_of_day_and_can_be_moved_ahead() -> None:
    clock = running_clock()

    moved = clock.advance(timedelta(days=1))

    assert timedelta() <= moved - datetime.now(UTC) <= timedelta(days=1)
    assert clock() >= moved


@pytest.mark.parametrize(
    "wire",
    [
        b"GET //[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /eu/%ff%00/../x?%zz HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /_sandbox/reset HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"BREW /_sandbox HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        b"nonsense\r\n\r\n",
    ],
)
async def test_nothing_on_the_wire_is_a_server_error(served: Served, wire: bytes) -> None:
    port = int(served.origin.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    writer.write(wire)
    answer = await asyncio.wait_for(reader.read(1_000), 5)

    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 2"))
    writer.close()
    await writer.wait_closed()
