"""Callbacks over HTTP: sent, repeated and given up."""

import asyncio
import time
from datetime import timedelta

import aiohttp
from aiohttp import web

from resolvers.klarna.sandbox.app import Served, running, running_clock
from resolvers.klarna.sandbox.sandbox import Sandbox
from tests.sandbox.merchant import Merchant, settled
from tests.sandbox.shop import CREDENTIAL, Shop, a_british_purchase, a_purchase


async def test_a_merchant_is_called_back(
    served: Served, sandbox: Sandbox, merchant: Merchant
) -> None:
    shop = Shop(sandbox)
    urls = {"authorization": f"{merchant.url}/authorized"}
    session_id = shop.session(a_purchase(merchant_urls=urls))

    token = shop.token(session_id)

    assert await merchant.next() == {"authorization_token": token, "session_id": session_id}
    assert await settled(sandbox, 1) == [200]


async def test_a_merchant_that_fails_is_called_again_as_time_passes(
    served: Served, sandbox: Sandbox, merchant: Merchant
) -> None:
    merchant.answer = merchant.answer_with(500)
    shop = Shop(sandbox)
    shop.token(shop.session(a_purchase(merchant_urls={"authorization": merchant.url})))
    await settled(sandbox, 1)

    sandbox.advance(timedelta(seconds=1))
    await settled(sandbox, 2)
    merchant.answer = merchant.answer_with(204)
    async with aiohttp.request("POST", f"{served.control}/clock", json={"advance": 2}) as reply:
        assert reply.status == 200

    assert await settled(sandbox, 3) == [500, 500, 204]
    assert sandbox.next_due_at() is None


async def test_a_merchant_has_two_seconds_to_answer(
    served: Served, sandbox: Sandbox, merchant: Merchant
) -> None:
    async def never() -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    merchant.answer = never
    shop = Shop(sandbox)
    started = time.monotonic()
    shop.token(shop.session(a_purchase(merchant_urls={"authorization": merchant.url})))

    assert await settled(sandbox, 1) == [None]
    assert 1.9 <= time.monotonic() - started <= 4


async def test_a_merchant_that_is_down_is_called_again_by_the_running_clock(
    merchant: Merchant,
) -> None:
    sandbox = Sandbox(clock=running_clock(), credentials=[CREDENTIAL])
    merchant.answer = merchant.answer_with(503)
    started = time.monotonic()

    async with running(sandbox):
        shop = Shop(sandbox)
        shop.token(shop.session(a_purchase(merchant_urls={"authorization": merchant.url})))
        await settled(sandbox, 2)

    assert 0.9 <= time.monotonic() - started <= 2


async def test_a_redirect_is_not_followed(
    served: Served, sandbox: Sandbox, merchant: Merchant
) -> None:
    merchant.answer = merchant.answer_with(302, Location=f"{merchant.url}/elsewhere")
    shop = Shop(sandbox)

    shop.token(shop.session(a_purchase(merchant_urls={"authorization": merchant.url})))

    assert await settled(sandbox, 1) == [302]
    assert merchant.told.qsize() == 1


async def test_a_decided_review_is_notified(
    served: Served, sandbox: Sandbox, merchant: Merchant
) -> None:
    shop = Shop(sandbox)
    urls = {"notification": f"{merchant.url}/{{order.id}}"}
    order_id = shop.order(a_british_purchase(merchant_urls=urls), "c+pend-reject-05@email.gb")

    sandbox.advance(timedelta(minutes=5))

    told = await merchant.next()
    assert (told["order_id"], told["event_type"]) == (order_id, "FRAUD_RISK_REJECTED")


async def test_a_reset_while_a_callback_is_on_its_way_is_no_harm(
    served: Served, sandbox: Sandbox, merchant: Merchant
) -> None:
    shop = Shop(sandbox)
    shop.token(shop.session(a_purchase(merchant_urls={"authorization": merchant.url})))
    await merchant.next()

    sandbox.reset()
    shop.token(shop.session(a_purchase(merchant_urls={"authorization": merchant.url})))

    assert await settled(sandbox, 1) == [200]
