"""Killed in the middle of a burst: what the file holds afterwards."""

import asyncio
import random
import sqlite3
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from graph.demo.shop import orders
from tests import documents
from tests.commands.process import line, ran, started, stop
from tests.commands.test_commands import environment

Json = dict[str, Any]
RESOURCES = (
    "klarna_gateways",
    "payment_methods",
    "orders",
    "line_items",
    "addresses",
    "klarna_payments",
    "transactions",
)


class Shop:
    """A shop that pushes and pays orders as fast as it can, and remembers what was answered."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http = http
        self.url = url
        self.method_id = ""
        self.acknowledged: list[tuple[str, str]] = []

    async def do(self, document: str, **variables: object) -> Json:
        body = {"query": document, "variables": variables}
        async with self.http.post(f"{self.url}/graphql", json=body) as reply:
            answer = await reply.json()
        (value,) = answer["data"].values()
        found: Json = value
        return found

    async def furnish(self, login: Json) -> None:
        """Make a gateway and a payment method."""
        key = {"apiKey": login["username"], "apiSecret": login["password"]}
        given = {"name": "EU", "countryCode": "EU", **key}
        gateway = await self.do(documents.CREATE_GATEWAY, input=given)
        method = await self.do(documents.CREATE_METHOD, input={"paymentGatewayId": gateway["id"]})
        self.method_id = method["id"]

    async def burst(self, customer: int) -> None:
        """Push an order and open a payment for it, over and over, until the gateway is gone."""
        for count in range(1000):
            order = orders()[0]["input"] | {
                "reference": f"{customer}-{count}",
                "paymentMethodId": self.method_id,
            }
            pushed = await self.do(documents.PUT_ORDER, input=order)
            self.acknowledged.append(("orders", pushed["id"]))
            payment = await self.do(documents.CREATE_PAYMENT, input={"orderId": pushed["id"]})
            self.acknowledged.append(("klarna_payments", payment["id"]))
            await self.do(documents.SAVE_TOKEN, id=payment["id"], authToken=f"{customer}-{count}")


async def test_a_gateway_killed_in_a_burst_leaves_a_whole_history(tmp_path: Path) -> None:
    async with started("sandbox", "--json", "--port", "0") as sandbox:
        klarna = orjson.loads(await line(sandbox))
        urls = orjson.dumps(klarna["base_urls"]).decode()
        variables = environment(tmp_path, KLARNA_GRAPH_KLARNA_TEST_URLS=urls)
        _, token, _ = await ran("token", **variables)
        headers = {"Authorization": f"Bearer {token.strip()}"}
        async with (
            started("serve", **variables) as gateway,
            aiohttp.ClientSession(headers=headers) as http,
        ):
            shop = Shop(http, (await line(gateway)).removeprefix("klarna-graph listens on "))
            await shop.furnish(klarna)
            customers = [asyncio.create_task(shop.burst(number)) for number in range(8)]
            await asyncio.sleep(random.uniform(1.0, 2.0))

            gateway.kill()

            await asyncio.gather(*customers, return_exceptions=True)

        check(tmp_path / "gateway.sqlite", shop.acknowledged)
        async with started("serve", **variables) as again:
            assert "listens" in await line(again)


def check(path: Path, acknowledged: list[tuple[str, str]]) -> None:
    """The file opens, is whole, holds what was acknowledged, and each row has its history."""
    assert len(acknowledged) > 20
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    for table, id in acknowledged:
        assert database.execute(f"SELECT 1 FROM {table} WHERE id = ?", [id]).fetchone(), id
    for table in RESOURCES:
        torn = database.execute(
            f"""
            SELECT id FROM {table} AS row
            WHERE revision != (SELECT count(*) FROM versions WHERE resource_id = row.id)
               OR revision != (SELECT max(revision) FROM versions WHERE resource_id = row.id)
               OR revision > (SELECT count(*) FROM event_stores WHERE resource_id = row.id)
            """
        ).fetchall()
        assert torn == [], table
    database.close()


async def test_a_gateway_killed_while_placing_places_the_order_once(tmp_path: Path) -> None:
    async with started("sandbox", "--json", "--port", "0") as sandbox:
        klarna = orjson.loads(await line(sandbox))
        origin = klarna["base_urls"]["EU"].removesuffix("/eu")
        urls = orjson.dumps(klarna["base_urls"]).decode()
        variables = environment(tmp_path, KLARNA_GRAPH_KLARNA_TEST_URLS=urls)
        _, token, _ = await ran("token", **variables)
        headers = {"Authorization": f"Bearer {token.strip()}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            async with started("serve", **variables) as gateway:
                url = (await line(gateway)).removeprefix("klarna-graph listens on ")
                shop = Shop(http, url)
                await shop.furnish(klarna)
                order_id = await authorized(shop, origin)
                fault = {"operation": "place_order", "delay": 5}
                await http.post(f"{origin}/_sandbox/faults", json=fault)
                placing = asyncio.create_task(shop.do(documents.PLACE, id=order_id))
                await asyncio.sleep(1.0)

                gateway.kill()

                await asyncio.gather(placing, return_exceptions=True)
            async with started("serve", **variables) as again:
                shop.url = (await line(again)).removeprefix("klarna-graph listens on ")
                placed = await shop.do(documents.PLACE, id=order_id)
                async with http.get(f"{origin}/_sandbox/ledger") as reply:
                    entries = (await reply.json())["entries"]

    assert placed["status"] == "placed"
    assert [entry["effect"] for entry in entries].count("order_placed") == 1


async def authorized(shop: Shop, origin: str, **changes: object) -> str:
    """An order whose shopper has authorized it at the sandbox."""
    order = orders()[0]["input"] | {"paymentMethodId": shop.method_id} | changes
    pushed = await shop.do(documents.PUT_ORDER, input=order)
    payment = await shop.do(documents.CREATE_PAYMENT, input={"orderId": pushed["id"]})
    data = {"data": payment["authorizePayload"]}
    session = f"{origin}/_sandbox/sessions/{payment['sessionId']}"
    async with shop.http.post(f"{session}/authorize", json=data) as reply:
        token = (await reply.json())["authorization_token"]
    await shop.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
    order_id: str = pushed["id"]
    return order_id


async def test_a_gateway_asked_to_stop_finishes_the_placement_first(tmp_path: Path) -> None:
    async with started("sandbox", "--json", "--port", "0") as sandbox:
        klarna = orjson.loads(await line(sandbox))
        origin = klarna["base_urls"]["EU"].removesuffix("/eu")
        urls = orjson.dumps(klarna["base_urls"]).decode()
        variables = environment(tmp_path, KLARNA_GRAPH_KLARNA_TEST_URLS=urls)
        _, token, _ = await ran("token", **variables)
        headers = {"Authorization": f"Bearer {token.strip()}"}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            started("serve", **variables) as gateway,
        ):
            shop = Shop(http, (await line(gateway)).removeprefix("klarna-graph listens on "))
            await shop.furnish(klarna)
            order_id = await authorized(shop, origin)
            fault = {"operation": "place_order", "delay": 2}
            await http.post(f"{origin}/_sandbox/faults", json=fault)
            placing = asyncio.create_task(shop.do(documents.PLACE, id=order_id))
            await asyncio.sleep(0.5)

            assert await stop(gateway) == (0, "")

            await asyncio.gather(placing, return_exceptions=True)

    database = sqlite3.connect(tmp_path / "gateway.sqlite")
    assert database.execute("SELECT status FROM orders").fetchall() == [("placed",)]
    assert database.execute("SELECT status FROM klarna_payments").fetchall() == [("PLACED",)]
    database.close()
