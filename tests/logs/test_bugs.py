"""Bugs: the caller reads an id, and the operator finds by it what happened, where and to whom."""

import asyncio
import gc
import os
import signal
import sys
from asyncio.subprocess import PIPE
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from resolvers.background.reconcile import reconcile
from resolvers.klarna.transport import Reply, Request
from tests import documents
from tests.commands.process import line, started
from tests.commands.test_commands import environment
from tests.gateway import Gateway
from tests.logs.reading import Lines
from tests.test_callbacks import authorize, report

CANARY = "canary@example.com used eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.canary"


class Broken:
    """A transport with a bug, whose locals and message are secrets."""

    async def send(self, request: Request) -> Reply:
        secret = request.headers["Authorization"] + "canary"
        raise ZeroDivisionError(f"{CANARY} {secret} at {request.url}")


def break_(gateway: Gateway) -> None:
    accounts: Any = gateway.services.accounts
    accounts._transport = Broken()


async def test_a_bug_is_found_by_its_id_with_operation_caller_and_place(
    gateway: Gateway, lines: Lines
) -> None:
    order_id = await gateway.put()
    token = gateway.token(order_id)
    named = documents.CREATE_PAYMENT.replace("mutation (", "mutation OpenIt(")
    break_(gateway)

    error = await gateway.fails(named, token=token, input={"orderId": order_id})

    told = error["extensions"]
    assert told["code"] == "INTERNAL"
    logged = lines.all()
    (bug,) = (line for line in logged if line["event"] == "bug")
    (request,) = (line for line in logged if line.get("codes") == ["INTERNAL"])
    assert bug["id"] == told["id"]
    assert bug["level"] == "error"
    assert bug["path"] == ["createKlarnaPayment"]
    assert (bug["operation_name"], bug["operation_type"]) == ("OpenIt", "mutation")
    assert (bug["application"], bug["application_kind"]) == ("tests", "sales_channel")
    assert (bug["order"], bug["mode"]) == (order_id, "test")
    assert bug["request_id"] == request["request_id"]
    (raised,) = bug["exception"]
    assert raised["exc_type"] == "ZeroDivisionError"
    assert raised["frames"][-1]["filename"].endswith("test_bugs.py")
    assert all("locals" not in frame for frame in raised["frames"])
    assert "canary" not in lines.text


async def test_a_bug_after_the_answer_is_logged_with_the_request_that_led_to_it(
    gateway: Gateway, lines: Lines
) -> None:
    payment = await gateway.open()
    _, said = await authorize(gateway, payment)
    break_(gateway)

    assert await report(gateway, payment, said) == 200
    await gateway.services.turns.finish()

    logged = lines.all()
    (bug,) = (line for line in logged if line["event"] == "errand_failed")
    assert (bug["application"], bug["application_kind"]) == ("klarna", "gateway")
    assert (bug["payment"], bug["errand_kind"]) == (payment["id"], "authorization")
    callback = next(line for line in logged if line.get("route", "").startswith("/klarna/"))
    assert bug["request_id"] == callback["request_id"]
    assert callback["route"] == "/klarna/callbacks/{payment}/{secret}"
    assert "canary" not in lines.text


async def test_a_bug_of_the_reconciler_names_the_operation(gateway: Gateway, lines: Lines) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    gateway.fault("place_order", close="after")
    await gateway.fails(documents.PLACE, id=order_id)
    gateway.clock.advance(timedelta(hours=1))
    break_(gateway)

    await reconcile(gateway.services)

    logged = lines.all()
    (bug,) = (line for line in logged if line["event"] == "reconcile_failed")
    assert (bug["kind"], bug["order"], bug["payment"]) == ("place_order", order_id, payment["id"])
    assert (bug["application"], bug["mode"]) == ("reconciler", "test")
    (round_,) = (line for line in logged if line["event"] == "reconciled")
    assert (round_["settled"], round_["open"]) == (0, 1)
    assert "canary" not in lines.text


async def test_a_bug_whose_caller_has_hung_up_is_logged_all_the_same(
    gateway: Gateway, lines: Lines
) -> None:
    async def conversation() -> None:
        await asyncio.sleep(0.01)
        raise ZeroDivisionError

    waiting = asyncio.create_task(gateway.services.turns.take("order", conversation))
    await asyncio.sleep(0)
    waiting.cancel()
    await gateway.services.turns.finish()
    await asyncio.sleep(0)

    (bug,) = lines.of("background_failed")
    assert bug["exception"][0]["exc_type"] == "ZeroDivisionError"


async def test_a_task_that_nobody_waits_for_is_logged(gateway: Gateway, lines: Lines) -> None:
    async def lonely() -> None:
        raise ZeroDivisionError(CANARY)

    task: Any = asyncio.create_task(lonely())
    await asyncio.sleep(0)
    del task
    gc.collect()

    (bug,) = lines.of("unhandled")
    assert bug["task"].endswith("lonely")
    assert bug["message"] == "Task exception was never retrieved"
    assert bug["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert "canary" not in lines.text


PROGRAM = f"""
import asyncio, sys, threading
from graph.logs.setup import configure_logs, log_unhandled

configure_logs("info")

async def main():
    log_unhandled(asyncio.get_running_loop())
    threading.Thread(target=fail).start()
    await asyncio.sleep(0.1)
    fail()

def fail():
    secret = "canary"
    raise ZeroDivisionError({CANARY!r})

asyncio.run(main())
"""


async def test_threads_and_the_end_of_the_program_are_logged() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdout=PIPE, stderr=PIPE
    )
    _, complaints = await process.communicate()

    logged = [orjson.loads(line) for line in complaints.splitlines()]
    assert [(line["event"], line["level"]) for line in logged] == [
        ("unhandled", "error"),
        ("crashed", "critical"),
    ]
    assert b"canary" not in complaints
    assert process.returncode == 1


async def test_a_broken_request_is_logged_without_its_text(gateway: Gateway, lines: Lines) -> None:
    host, port = gateway.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\x00canary\r\nX: \x01\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()

    assert b" 400 " in answer
    (line,) = lines.of("bad_http")
    assert (line["remote"], line["error"]) == ("127.0.0.1", "BadHttpMessage")
    assert "canary" not in lines.text


async def test_serving_logs_its_start_and_its_end_and_no_secret(tmp_path: Path) -> None:
    variables = environment(tmp_path, KLARNA_GRAPH_LOG_LEVEL="info")
    async with started("serve", **variables) as process:
        await line(process)
        process.send_signal(signal.SIGTERM)
        _, complaints = await process.communicate()

    logged = [orjson.loads(line) for line in complaints.splitlines()]
    assert [line["event"] for line in logged] == ["started", "stopping", "stopped"]
    settings = logged[0]["settings"]
    assert settings["token_secret"] == "set"
    assert settings["sealing_keys"] == {"k1": "set"}
    assert settings["port"] == 0
    assert "log_level" not in settings  # it is what it would be anyway
    for secret in ("a secret of at least", "MDEyMzQ1"):
        assert secret.encode() not in complaints


async def test_a_gateway_whose_log_nobody_reads_goes_on(tmp_path: Path) -> None:
    variables = environment(tmp_path, KLARNA_GRAPH_LOG_LEVEL="debug")
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "graph", "serve"),
        stdout=PIPE,
        stderr=writing,
        env=os.environ | variables,
    )
    os.close(writing)
    url = (await line(process)).removeprefix("klarna-graph listens on ")
    os.close(reading)
    host, port = url.removeprefix("http://").split(":")

    for _ in range(3):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b" 200 " in await reader.read()
        writer.close()
        await writer.wait_closed()

    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 0
