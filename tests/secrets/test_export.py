"""The export: every record as a line of JSON, of one moment, and without secrets."""

import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any

import orjson

from graph.commands.exporting import exporting
from store.exporting import WINDOW, exported
from tests import documents
from tests.commands.process import ran
from tests.gateway import LOGIN, Gateway
from tests.test_movements import CAPTURE, placed

Json = dict[str, Any]


async def everything(gateway: Gateway) -> list[Json]:
    return [orjson.loads(line) async for line in exporting(gateway.settings.database)]


async def test_every_record_is_exported_beside_the_running_gateway(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    await gateway.do(CAPTURE, id=order_id)

    found = await everything(gateway)

    with closing(sqlite3.connect(gateway.settings.database)) as database:
        counts = {
            table.name: database.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
            for table in exported()
        }
    assert Counter(line["table"] for line in found) == {k: n for k, n in counts.items() if n}
    assert {"orders", "klarna_payments", "transactions", "versions", "event_stores"} < set(counts)
    (order,) = (line for line in found if line["table"] == "orders")
    assert (order["id"], order["status"], order["metadata"]) == (order_id, "approved", {})
    assert (await gateway.do(documents.ORDER, id=order_id))["status"] == "approved"


async def test_no_secret_no_token_and_nothing_internal_is_exported(gateway: Gateway) -> None:
    payment = await gateway.open()
    token = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)

    text = "".join([line.decode() async for line in exporting(gateway.settings.database)])

    with closing(sqlite3.connect(gateway.settings.database)) as database:
        (handle,) = database.execute("SELECT token FROM orders").fetchone()
        secrets = database.execute(
            "SELECT auth_token, client_token, callback_secret FROM klarna_payments"
        ).fetchone()
        envelopes = database.execute("SELECT credentials FROM klarna_gateways").fetchall()
    hidden = [handle, *secrets, *(row[0] for row in envelopes), LOGIN.password, LOGIN.username]
    assert [secret for secret in hidden if secret in text] == []
    assert "snapshot" not in text
    assert "********chant" in text


async def test_many_records_are_exported_in_windows_and_once_each(gateway: Gateway) -> None:
    many = 2 * WINDOW + 1
    with closing(sqlite3.connect(gateway.settings.database)) as database:
        kept = [row[1] for row in database.execute("PRAGMA table_info(payment_methods)")]
        (model,) = database.execute("SELECT id FROM payment_methods LIMIT 1").fetchone()
        copied = ", ".join("? || id" if name == "id" else name for name in kept)
        database.executemany(
            f"INSERT INTO payment_methods SELECT {copied} FROM payment_methods WHERE id = ?",
            [(f"copy {number} ", model) for number in range(many)],
        )
        database.commit()

    found = [line["id"] for line in await everything(gateway) if line["table"] == "payment_methods"]

    assert len(found) == len(set(found)) == many + 3


async def test_the_export_is_of_one_moment(gateway: Gateway) -> None:
    await gateway.put(reference="before")
    running = exporting(gateway.settings.database)
    assert await anext(running)
    await gateway.put(reference="after", number="after")

    rest = [orjson.loads(line) async for line in running]

    references = [line["reference"] for line in rest if line["table"] == "orders"]
    assert references == ["before"]


async def test_the_command_prints_lines(gateway: Gateway) -> None:
    environment = {
        "KLARNA_GRAPH_DATABASE": str(gateway.settings.database),
        "KLARNA_GRAPH_TOKEN_SECRET": gateway.settings.token_secret.get_secret_value(),
        "KLARNA_GRAPH_SEALING_KEYS": "k:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    }

    status, output, complaints = await ran("export", **environment)

    assert (status, complaints) == (0, "")
    tables = {orjson.loads(line)["table"] for line in output.splitlines()}
    assert {"klarna_gateways", "payment_methods", "versions", "event_stores"} <= tables
