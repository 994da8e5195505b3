"""Killed in the middle of a burst: what the file holds afterwards."""

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path

from graph.demo.shop import orders
from tests import documents
from tests.commands.process import stop
from tests.commands.shop import Shop, shop

RESOURCES = (
    "klarna_gateways",
    "payment_methods",
    "orders",
    "line_items",
    "addresses",
    "klarna_payments",
    "transactions",
)


@dataclass
class Customers:
    """Those who push and pay orders as fast as they can, and remember what was answered."""

    shop: Shop
    acknowledged: list[tuple[str, str]] = field(default_factory=list)

    async def burst(self, customer: int) -> None:
        """Push an order and open a payment for it, over and over, until the gateway is gone."""
        for count in range(1000):
            order = orders()[0]["input"] | {
                "reference": f"{customer}-{count}",
                "paymentMethodId": self.shop.method_id,
            }
            pushed = await self.shop.do(documents.PUT_ORDER, input=order)
            self.acknowledged.append(("orders", pushed["id"]))
            given = {"orderId": pushed["id"]}
            payment = await self.shop.do(documents.CREATE_PAYMENT, input=given)
            self.acknowledged.append(("klarna_payments", payment["id"]))
            token = f"{customer}-{count}"
            await self.shop.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)


async def test_a_gateway_killed_in_a_burst_leaves_a_whole_history(tmp_path: Path) -> None:
    async with shop(tmp_path) as ours:
        customers = Customers(ours)
        async with ours.serving() as gateway:
            bursts = [asyncio.create_task(customers.burst(number)) for number in range(8)]
            await asyncio.sleep(random.uniform(1.0, 2.0))

            gateway.kill()

            await asyncio.gather(*bursts, return_exceptions=True)

        check(ours, customers.acknowledged)
        async with ours.serving():
            assert await ours.post("{ __typename }") == {"data": {"__typename": "Query"}}


def check(ours: Shop, acknowledged: list[tuple[str, str]]) -> None:
    """The file opens, is whole, holds what was acknowledged, and each row has its history."""
    assert len(acknowledged) > 20
    assert ours.is_whole()
    for table in {table for table, _ in acknowledged}:
        kept = {id for (id,) in ours.rows(f"SELECT id FROM {table}")}
        assert {id for named, id in acknowledged if named == table} <= kept
    for table in RESOURCES:
        torn = ours.rows(
            f"""
            SELECT id FROM {table} AS row
            WHERE revision != (SELECT count(*) FROM versions WHERE resource_id = row.id)
               OR revision != (SELECT max(revision) FROM versions WHERE resource_id = row.id)
               OR revision > (SELECT count(*) FROM event_stores WHERE resource_id = row.id)
            """
        )
        assert torn == [], table


async def test_a_gateway_killed_while_placing_places_the_order_once(tmp_path: Path) -> None:
    async with shop(tmp_path) as ours:
        async with ours.serving() as gateway:
            order_id = await ours.authorized()
            await ours.fault(operation="place_order", delay=5)
            placing = asyncio.create_task(ours.do(documents.PLACE, id=order_id))
            await asyncio.sleep(1.0)

            gateway.kill()

            await asyncio.gather(placing, return_exceptions=True)
        async with ours.serving():
            placed = await ours.do(documents.PLACE, id=order_id)
            effects = await ours.effects()

    assert placed["status"] == "placed"
    assert effects.count("order_placed") == 1


async def test_a_gateway_asked_to_stop_finishes_the_placement_first(tmp_path: Path) -> None:
    async with shop(tmp_path) as ours, ours.serving() as gateway:
        order_id = await ours.authorized()
        await ours.fault(operation="place_order", delay=2)
        placing = asyncio.create_task(ours.do(documents.PLACE, id=order_id))
        await asyncio.sleep(0.5)

        assert await stop(gateway) == (0, "")

        await asyncio.gather(placing, return_exceptions=True)

    assert ours.rows("SELECT status FROM orders") == [("placed",)]
    assert ours.rows("SELECT status FROM klarna_payments") == [("PLACED",)]
