"""Killed again and again under load: what the store holds in the end, against Klarna's books."""

import asyncio
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests import documents
from tests.commands.process import ran
from tests.commands.shop import Shop, shop
from tests.test_movements import CAPTURE

Json = dict[str, Any]
CYCLES = int(os.environ.get("KILLS", "10"))
"""How often the gateway is killed: `KILLS=200 make test` for a long evening."""


class Worker:
    """Pays orders and takes their money, and remembers what it was told."""

    def __init__(self, ours: Shop) -> None:
        self.shop = ours
        self.lives = 0
        self.placed: list[str] = []
        self.captured: list[tuple[str, int]] = []

    async def work(self, number: int) -> None:
        for count in range(1000):
            order_id = await self.shop.authorized(reference=f"{self.lives} {number} {count}")
            order = await self.shop.do(documents.PLACE, id=order_id)
            if order.get("status") == "placed":
                self.placed.append(order_id)
            for part in range(3):
                amount = 10_00 + part
                given = {
                    "id": order_id,
                    "amount": amount,
                    "key": f"{number} {count} {order_id} {part}",
                }
                answer = await self.shop.do(CAPTURE, **given)
                if answer.get("__typename") == "Order":
                    self.captured.append((order_id, amount))


async def test_a_gateway_killed_many_times_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    async with shop(tmp_path) as ours:
        worker = Worker(ours)
        for cycle in range(CYCLES):
            async with ours.serving() as gateway:
                worker.lives = cycle
                work = [asyncio.create_task(worker.work(number)) for number in range(4)]
                await asyncio.sleep(chance.uniform(0.2, 1.2))
                async with asyncio.timeout(60):  # a slow machine has work to be killed too
                    while min(len(worker.placed), len(worker.captured)) <= cycle:  # noqa: ASYNC110
                        await asyncio.sleep(0.02)
                gateway.kill()
                await asyncio.gather(*work, return_exceptions=True)
            assert ours.is_whole()
        await _settle(ours)
        ledger = await ours.ledger()
    _agree(ours, ledger, worker)


async def _settle(ours: Shop) -> None:
    """Have everything be due at once, and reconciled."""
    with closing(sqlite3.connect(ours.file)) as database:
        database.execute(
            "UPDATE operations SET next_attempt_at = '2020-01-01T00:00:00.000Z' "
            "WHERE next_attempt_at IS NOT NULL"
        )
        database.commit()
    for _ in range(20):
        code, output, _ = await ran("reconcile", **ours.variables)
        assert code == 0
        if output.startswith("0 settled, 0 "):
            return


def _agree(ours: Shop, ledger: list[Json], worker: Worker) -> None:
    def done(effect: str) -> list[Json]:
        return [entry for entry in ledger if entry["effect"] == effect]

    assert not ours.rows("SELECT * FROM operations WHERE state IN ('pending', 'unknown')")
    order_ids = dict(
        ours.rows(
            "SELECT klarna_order_id, order_id FROM klarna_payments "
            "WHERE klarna_order_id IS NOT NULL"
        )
    )
    captures = ours.rows(
        "SELECT gateway_transaction_id, order_id, amount_cents FROM transactions "
        "WHERE kind = 'captures' AND succeeded"
    )
    assert {entry["order_id"] for entry in done("order_placed")} == set(order_ids)
    assert set(worker.placed) <= set(order_ids.values())
    theirs = {
        (entry["capture_id"], order_ids[entry["order_id"]], entry["amount"])
        for entry in done("captured")
    }
    assert theirs == set(captures)
    taken = [(order_id, amount) for _, order_id, amount in captures]
    assert len(taken) == len(set(taken)), "each capture had its own amount and key"
    assert set(worker.captured) <= set(taken)
