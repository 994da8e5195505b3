"""Killed again and again under load: what the store holds in the end, against Klarna's books."""

import asyncio
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from tests import documents
from tests.commands.process import line, ran, started
from tests.commands.test_commands import environment
from tests.commands.test_crash import Shop, authorized
from tests.test_movements import CAPTURE

Json = dict[str, Any]
CYCLES = int(os.environ.get("KILLS", "10"))
"""How often the gateway is killed: `KILLS=200 make test` for a long evening."""


class Worker:
    """Pays orders and takes their money, and remembers what it was told."""

    def __init__(self, shop: Shop, origin: str) -> None:
        self.shop, self.origin = shop, origin
        self.lives = 0
        self.placed: list[str] = []
        self.captured: list[tuple[str, int]] = []

    async def work(self, number: int) -> None:
        for count in range(1000):
            reference = f"{self.lives} {number} {count}"
            order_id = await authorized(self.shop, self.origin, reference=reference)
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
    async with started("sandbox", "--json", "--port", "0") as sandbox:
        klarna = orjson.loads(await line(sandbox))
        origin = klarna["base_urls"]["EU"].removesuffix("/eu")
        urls = orjson.dumps(klarna["base_urls"]).decode()
        variables = environment(tmp_path, KLARNA_GRAPH_KLARNA_TEST_URLS=urls)
        _, token, _ = await ran("token", **variables)
        headers = {"Authorization": f"Bearer {token.strip()}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            shop = Shop(http, "")
            worker = Worker(shop, origin)
            for cycle in range(CYCLES):
                async with started("serve", **variables) as gateway:
                    shop.url = (await line(gateway)).removeprefix("klarna-graph listens on ")
                    if cycle == 0:
                        await shop.furnish(klarna)
                    worker.lives = cycle
                    work = [asyncio.create_task(worker.work(number)) for number in range(4)]
                    await asyncio.sleep(chance.uniform(0.2, 1.2))
                    async with asyncio.timeout(60):  # a slow machine has work to be killed too
                        while min(len(worker.placed), len(worker.captured)) <= cycle:  # noqa: ASYNC110
                            await asyncio.sleep(0.02)
                    gateway.kill()
                    await asyncio.gather(*work, return_exceptions=True)
                _whole(tmp_path / "gateway.sqlite")
            await _settle(tmp_path, variables)
            async with http.get(f"{origin}/_sandbox/ledger") as reply:
                ledger = (await reply.json())["entries"]
    _agree(tmp_path / "gateway.sqlite", ledger, worker)


async def _settle(folder: Path, variables: dict[str, str]) -> None:
    """Have everything be due at once, and reconciled."""
    with closing(sqlite3.connect(folder / "gateway.sqlite")) as database:
        database.execute(
            "UPDATE operations SET next_attempt_at = '2020-01-01T00:00:00.000Z' "
            "WHERE next_attempt_at IS NOT NULL"
        )
        database.commit()
    for _ in range(20):
        code, output, _ = await ran("reconcile", **variables)
        assert code == 0
        if output.startswith("0 settled, 0 "):
            return


def _whole(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def _agree(path: Path, ledger: list[Json], worker: Worker) -> None:
    def done(effect: str) -> list[Json]:
        return [entry for entry in ledger if entry["effect"] == effect]

    with closing(sqlite3.connect(path)) as database:
        open_ones = database.execute(
            "SELECT kind, state FROM operations WHERE state IN ('pending', 'unknown')"
        ).fetchall()
        assert open_ones == []
        ours = dict(
            database.execute(
                "SELECT klarna_order_id, order_id FROM klarna_payments "
                "WHERE klarna_order_id IS NOT NULL"
            ).fetchall()
        )
        captures = database.execute(
            "SELECT gateway_transaction_id, order_id, amount_cents FROM transactions "
            "WHERE kind = 'captures' AND succeeded"
        ).fetchall()
    assert {entry["order_id"] for entry in done("order_placed")} == set(ours)
    assert set(worker.placed) <= set(ours.values())
    theirs = {
        (entry["capture_id"], ours[entry["order_id"]], entry["amount"])
        for entry in done("captured")
    }
    assert theirs == set(captures)
    taken = [(order_id, amount) for _, order_id, amount in captures]
    assert len(taken) == len(set(taken)), "each capture had its own amount and key"
    assert set(worker.captured) <= set(taken)
