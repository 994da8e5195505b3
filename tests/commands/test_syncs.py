"""A disk that fails to sync: nothing unsynced is acted on, and it is over when the disk is well."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from tests import documents
from tests.commands.process import line, ran, started, stop
from tests.commands.test_commands import environment
from tests.commands.test_crash import Shop, authorized
from tests.test_movements import CAPTURE

Json = dict[str, Any]
BROKEN = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int sync_unless_broken(const char *name, int file) {
    if (access(getenv("BROKEN_DISK"), F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file) { return sync_unless_broken("fsync", file); }
int fdatasync(int file) { return sync_unless_broken("fdatasync", file); }
"""
"""The two system calls, failing for as long as a certain file is there."""


@dataclass
class Disk:
    """A disk whose syncs fail while it is broken, for whatever is started with `variables`."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(self.folder / "broken.so"),
            "BROKEN_DISK": str(self.folder / "broken"),
        }

    def fail(self) -> None:
        (self.folder / "broken").touch()

    def recover(self) -> None:
        (self.folder / "broken").unlink()


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Disk:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        assert not os.environ.get("CI"), "CI must have a C compiler"
        pytest.skip("needs a C compiler, to stand between SQLite and the disk")
    folder = tmp_path_factory.mktemp("disk")
    (folder / "broken.c").write_text(BROKEN)
    command = [compiler, "-shared", "-fPIC", "-o", "broken.so", "broken.c", "-ldl"]
    subprocess.run(command, cwd=folder, check=True)
    return Disk(folder)


@dataclass
class Place:
    """A gateway on a disk, a shop that uses it, and the sandbox's own address."""

    shop: Shop
    origin: str
    file: Path

    async def codes(self, document: str, **variables: object) -> list[str]:
        """The codes of the errors that an operation ends with."""
        body = {"query": document, "variables": variables}
        async with self.shop.http.post(f"{self.shop.url}/graphql", json=body) as reply:
            assert reply.status == 200
            answer = await reply.json()
        return [one["extensions"]["code"] for one in answer.get("errors", [])]

    async def effects(self) -> list[str]:
        """What the sandbox's own ledger says was done."""
        async with self.shop.http.get(f"{self.origin}/_sandbox/ledger") as reply:
            return [entry["effect"] for entry in (await reply.json())["entries"]]


@asynccontextmanager
async def running(folder: Path, disk: Disk) -> AsyncIterator[Place]:
    async with started("sandbox", "--json", "--port", "0") as sandbox:
        klarna = orjson.loads(await line(sandbox))
        variables = environment(
            folder,
            KLARNA_GRAPH_KLARNA_TEST_URLS=orjson.dumps(klarna["base_urls"]).decode(),
            KLARNA_GRAPH_RECONCILE_INTERVAL="0",
        )
        _, token, _ = await ran("token", **variables)
        headers = {"Authorization": f"Bearer {token.strip()}"}
        async with (
            started("serve", **variables, **disk.variables) as gateway,
            aiohttp.ClientSession(headers=headers) as http,
        ):
            shop = Shop(http, (await line(gateway)).removeprefix("klarna-graph listens on "))
            await shop.furnish(klarna)
            file = folder / "gateway.sqlite"
            yield Place(shop, klarna["base_urls"]["EU"].removesuffix("/eu"), file)
            status, _ = await stop(gateway)
            assert status == 0
        database = sqlite3.connect(file)
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        database.close()
        async with started("serve", **variables) as again:
            assert "listens" in await line(again)


async def test_what_cannot_be_synced_is_refused_and_klarna_is_asked_for_nothing(
    tmp_path: Path, disk: Disk
) -> None:
    async with running(tmp_path, disk) as place:
        order_id = await authorized(place.shop, place.origin)
        before = await place.effects()

        disk.fail()
        codes = [
            await place.codes(documents.PLACE, id=order_id),
            await place.codes(documents.CREATE_PAYMENT, input={"orderId": order_id}),
            await place.codes(documents.PLACE, id=order_id),
        ]
        asked = await place.effects()
        read = await place.shop.do(documents.ORDER, id=order_id)
        disk.recover()
        placed = await place.shop.do(documents.PLACE, id=order_id)

        assert codes == [["UNAVAILABLE"]] * 3
        assert asked == before, "no call without a durable intent"
        assert read["status"] == "pending"
        assert placed["status"] == "placed"
        assert (await place.effects()).count("order_placed") == 1


async def test_an_answer_of_klarna_that_cannot_be_synced_is_asked_for_again_and_not_acted_on_twice(
    tmp_path: Path, disk: Disk
) -> None:
    async with running(tmp_path, disk) as place:
        order_id = await authorized(place.shop, place.origin)
        fault = {"operation": "place_order", "delay": 1.5}
        await place.shop.http.post(f"{place.origin}/_sandbox/faults", json=fault)
        placing = asyncio.create_task(place.codes(documents.PLACE, id=order_id))
        await asyncio.sleep(0.5)

        disk.fail()
        codes = await placing
        disk.recover()
        placed = await place.shop.do(documents.PLACE, id=order_id)
        captured = await place.shop.do(CAPTURE, id=order_id)

        assert codes == ["UNAVAILABLE"]
        assert (placed["status"], captured["paymentStatus"]) == ("placed", "paid")
        effects = await place.effects()
        assert (effects.count("order_placed"), effects.count("captured")) == (1, 1)
