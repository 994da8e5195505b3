"""A disk that fails to sync: nothing unsynced is acted on, and it is over when the disk is well."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from graph.demo.shop import orders as shop_orders
from tests import documents
from tests.commands.process import stop
from tests.commands.shop import Shop, shop
from tests.test_movements import CAPTURE

Json = dict[str, Any]
BROKEN = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends_with(const char *whole, const char *end) {
    size_t most = strlen(whole), size = strlen(end);
    return size <= most && strcmp(whole + most - size, end) == 0;
}

static int sync_unless_broken(const char *name, int file) {
    char where[64], path[4096] = "", broken[64] = "";
    FILE *told = fopen(getenv("BROKEN_DISK"), "r");
    if (told != NULL) {
        size_t size = fread(broken, 1, sizeof broken - 1, told);
        broken[size] = 0;
        fclose(told);
        snprintf(where, sizeof where, "/proc/self/fd/%d", file);
        ssize_t length = readlink(where, path, sizeof path - 1);
        path[length < 0 ? 0 : length] = 0;
        if (ends_with(path, broken)) {
            errno = EIO;
            return -1;
        }
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file) { return sync_unless_broken("fsync", file); }
int fdatasync(int file) { return sync_unless_broken("fdatasync", file); }
"""
"""The two system calls, failing while a file is there: on files whose names end as it says."""


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

    def fail(self, names: str = "") -> None:
        """Fail to sync files whose names end so."""
        (self.folder / "broken").write_text(names)

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


@asynccontextmanager
async def running(folder: Path, disk: Disk) -> AsyncIterator[Shop]:
    """A shop whose gateway keeps its file on that disk, and opens it again in the end."""
    async with shop(folder, KLARNA_GRAPH_RECONCILE_INTERVAL="0") as ours:
        async with ours.serving(**disk.variables) as gateway:
            yield ours
            status, _ = await stop(gateway)
            assert status == 0
        assert ours.is_whole()
        async with ours.serving():
            assert await ours.post("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_what_cannot_be_synced_is_refused_and_klarna_is_asked_for_nothing(
    tmp_path: Path, disk: Disk
) -> None:
    async with running(tmp_path, disk) as ours:
        order_id = await ours.authorized()
        before = await ours.effects()

        disk.fail()
        codes = [
            await ours.codes(documents.PLACE, id=order_id),
            await ours.codes(documents.CREATE_PAYMENT, input={"orderId": order_id}),
            await ours.codes(documents.PLACE, id=order_id),
        ]
        asked = await ours.effects()
        read = await ours.do(documents.ORDER, id=order_id)
        disk.recover()
        placed = await ours.do(documents.PLACE, id=order_id)

        assert codes == [["UNAVAILABLE"]] * 3
        assert asked == before, "no call without a durable intent"
        assert read["status"] == "pending"
        assert placed["status"] == "placed"
        assert (await ours.effects()).count("order_placed") == 1


@pytest.mark.parametrize("read", [False, True])
async def test_where_what_is_brought_home_cannot_be_synced_the_process_ends_and_nothing_is_lost(
    tmp_path: Path, disk: Disk, *, read: bool
) -> None:
    """The system takes it for written from then on: only the log has it."""
    order = shop_orders()[0]["input"]
    made: list[str] = []

    async def put() -> None:
        for number in range(200):
            put = await ours.do(documents.PUT_ORDER, input=order | {"reference": f"R{number}"})
            made.append(put["id"])

    async with shop(tmp_path, KLARNA_GRAPH_RECONCILE_INTERVAL="0") as ours:
        async with ours.serving(**disk.variables) as gateway:
            with closing(sqlite3.connect(ours.file)) as reader:
                if read:  # so that not all is brought home, and SQLite itself syncs nothing
                    reader.execute("BEGIN")
                    reader.execute("SELECT count(*) FROM orders").fetchall()
                disk.fail(ours.file.name)
                with pytest.raises(aiohttp.ClientError):
                    await put()
                async with asyncio.timeout(20):
                    _, complaints = await gateway.communicate()
                disk.recover()
                index = ours.file.with_name(f"{ours.file.name}-shm").read_bytes()
                assert index[96:100] == bytes(4)  # nothing counts as home for the next process
                assert made
                assert ours.rows("SELECT count(*) FROM orders") >= [(len(set(made)),)]

        assert gateway.returncode == os.EX_IOERR
        assert b"The database cannot be synced" in complaints
        assert b"Errno 5" in complaints or not read
        assert ours.is_whole()
        assert {order_id for (order_id,) in ours.rows("SELECT id FROM orders")} >= set(made)


async def test_an_answer_of_klarna_that_cannot_be_synced_is_asked_for_again_and_not_acted_on_twice(
    tmp_path: Path, disk: Disk
) -> None:
    async with running(tmp_path, disk) as ours:
        order_id = await ours.authorized()
        await ours.fault(operation="place_order", delay=1.5)
        placing = asyncio.create_task(ours.codes(documents.PLACE, id=order_id))
        await asyncio.sleep(0.5)

        disk.fail()
        codes = await placing
        disk.recover()
        placed = await ours.do(documents.PLACE, id=order_id)
        captured = await ours.do(CAPTURE, id=order_id)

        assert codes == ["UNAVAILABLE"]
        assert (placed["status"], captured["paymentStatus"]) == ("placed", "paid")
        effects = await ours.effects()
        assert (effects.count("order_placed"), effects.count("captured")) == (1, 1)
