"""A process that is told to stop: it takes nothing new, and answers what it has begun."""

import asyncio
import signal

import aiohttp
import orjson
import pytest
from aiohttp import web

from graph.http.headers import Cors
from graph.http.server import Runner
from tests.commands.process import line, started

OPEN = """
mutation ($id: ID!) {
  createKlarnaPayment(input: {orderId: $id}) { __typename ... on KlarnaPayment { status } }
}
"""


async def test_what_was_begun_is_answered_and_nobody_new_is_let_in() -> None:
    async with started("demo", "--json", "--port", "0") as process, aiohttp.ClientSession() as http:
        demo = orjson.loads(await line(process))
        url, sandbox = demo["graphql"], demo["sandbox"]["base_urls"]["EU"].removesuffix("/eu")
        headers = {"Authorization": f"Bearer {demo['integration_token']}"}
        fault = {"operation": "create_session", "delay": 1.5}
        await http.post(f"{sandbox}/_sandbox/faults", json=fault)
        body = {"query": OPEN, "variables": {"id": demo["order_ids"][0]}}
        begun = asyncio.create_task(http.post(url, json=body, headers=headers))
        await asyncio.sleep(0.5)

        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
        with pytest.raises(aiohttp.ClientConnectorError):
            await http.get(url)
        answer = await (await begun).json()

        assert answer["data"]["createKlarnaPayment"] == {
            "__typename": "KlarnaPayment",
            "status": "OPEN",
        }
        async with asyncio.timeout(30):
            assert await process.wait() == 0
        assert process.stderr is not None
        assert b"Traceback" not in await process.stderr.read()


async def test_what_takes_longer_than_its_grace_is_closed() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless(_: web.Request) -> web.Response:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", endless)
    runner = Runner(app, Cors(()), seconds=1, grace=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    async with aiohttp.ClientSession() as http:
        asked = asyncio.create_task(http.post(f"http://{host}:{port}/"))
        await begun.wait()

        async with asyncio.timeout(5):
            await runner.cleanup()

        with pytest.raises(aiohttp.ServerDisconnectedError):
            await asked
    assert ended.is_set()
