"""The other commands: what they print, and how they say that something is missing."""

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import sys
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import orjson
import pytest

from graph.schema import printed
from tests.commands.process import line, ran, started, stop

SECRET = "a secret of at least thirty-two characters"
KEYS = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        "KLARNA_GRAPH_DATABASE": str(folder / "gateway.sqlite"),
        "KLARNA_GRAPH_TOKEN_SECRET": SECRET,
        "KLARNA_GRAPH_SEALING_KEYS": KEYS,
        "KLARNA_GRAPH_PORT": "0",
    } | more


async def test_serving_half_configured_says_what_is_missing_and_how_to_make_it() -> None:
    status, output, complaints = await ran("serve")

    assert (status, output) == (1, "")
    for name in ("KLARNA_GRAPH_TOKEN_SECRET", "KLARNA_GRAPH_SEALING_KEYS"):
        assert f"{name}: is missing" in complaints
    assert 'python -c "import secrets' in complaints
    assert "Traceback" not in complaints


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_SECRET", "canary-too-short"),
        ("TOKEN_SECRET", f"{SECRET},canary"),
        ("ISSUERS", '{"https://canary": "http://canary"}'),
        ("SEALING_KEYS", "k1:canary"),
        ("SEALING_KEYS", "canary"),
        ("PORT", "canary"),
        ("PORT", "70000"),
        ("PUBLIC_URL", "ftp://canary"),
        ("KLARNA_TEST_URLS", '{"canary": "x"}'),
        ("LOG_LEVEL", "canary"),
    ],
)
async def test_a_setting_that_cannot_be_is_named_and_not_repeated(
    tmp_path: Path, name: str, value: str
) -> None:
    variables = environment(tmp_path, **{f"KLARNA_GRAPH_{name}": value})

    status, _, complaints = await ran("serve", **variables)

    assert status == 1
    assert f"KLARNA_GRAPH_{name}: " in complaints
    assert "canary" not in complaints
    assert "Traceback" not in complaints


async def test_the_gateway_serves_and_a_second_one_on_its_file_is_refused(tmp_path: Path) -> None:
    async with started("serve", **environment(tmp_path)) as process:
        url = (await line(process)).removeprefix("klarna-graph listens on ")
        _, token, _ = await ran("token", "--hours", "1", **environment(tmp_path))

        second = await ran("serve", **environment(tmp_path))
        migration = await ran("migrate", **environment(tmp_path))
        headers = {"Authorization": f"Bearer {token.strip()}"}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.post(f"{url}/graphql", json={"query": "{ __typename }"}) as reply,
        ):
            answer = await reply.json()

        assert answer == {"data": {"__typename": "Query"}}
        for status, _, complaints in (second, migration):
            assert status == 1
            assert "is open in another process" in complaints
            assert "Traceback" not in complaints
        assert await stop(process) == (0, "")


async def test_the_gateway_serves_whichever_streams_are_closed(tmp_path: Path) -> None:
    for closed in (">&-", "<&- >&- 2>&-"):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            f'exec "$0" -m graph serve {closed}',
            sys.executable,
            env={**os.environ, **environment(tmp_path, KLARNA_GRAPH_PORT=str(port))},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(30):
            while process.returncode is None:
                await asyncio.sleep(0.05)
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    await writer.wait_closed()
                    process.send_signal(signal.SIGTERM)
                    break

            assert await process.wait() == 0, closed


async def test_a_port_that_is_taken_is_said_to_be(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = str(server.sockets[0].getsockname()[1])

    status, _, complaints = await ran("serve", **environment(tmp_path, KLARNA_GRAPH_PORT=port))

    server.close()
    await server.wait_closed()
    assert status == 1
    assert port in complaints
    assert "Traceback" not in complaints


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("KLARNA_TEST_URLS", "canary", "it must be JSON"),
        ("DATABASE", "{folder}", "cannot be used as the database"),
        ("DATABASE", "/dev/null/x.sqlite", "cannot be used as the database"),
        ("DATABASE", "{folder}/text", "cannot be used as the database"),
    ],
)
async def test_what_cannot_be_opened_is_said_in_a_sentence(
    tmp_path: Path, variable: str, value: str, words: str
) -> None:
    (tmp_path / "text").write_text("no database, " * 100)
    chosen = {f"KLARNA_GRAPH_{variable}": value.format(folder=tmp_path)}

    status, _, complaints = await ran("serve", **environment(tmp_path, **chosen))

    assert status == 1
    assert words in complaints
    assert "canary" not in complaints
    assert "Traceback" not in complaints


async def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sqlite"
    await ran("migrate", **environment(tmp_path))
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    status, _, complaints = await ran("serve", **environment(tmp_path))

    assert status == 1
    assert "run a newer klarna-graph" in complaints


async def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    async with started("serve", **environment(tmp_path, KLARNA_GRAPH_PUBLIC_URL="")) as process:
        assert "listens" in await line(process)


@pytest.mark.parametrize("arguments", [["--order", ""], ["--hours", "inf"], ["--hours", "0"]])
async def test_a_token_for_nothing_or_for_ever_is_not_printed(
    tmp_path: Path, arguments: list[str]
) -> None:
    status, output, _ = await ran("token", *arguments, **environment(tmp_path))

    assert status != 0
    assert output == ""


async def test_the_sandbox_says_how_to_reach_it() -> None:
    async with started("sandbox", "--json", "--port", "0") as process:
        described = orjson.loads(await line(process))
        login = aiohttp.encode_basic_auth(described["username"], described["password"])
        url = f"{described['base_urls']['OC']}/payments/v1/sessions/x"
        async with aiohttp.ClientSession() as http:
            reply = await http.get(url, headers={"Authorization": login})
            answer: Any = await reply.json()

        assert set(described) == {"base_urls", "username", "password"}
        assert answer["error_code"] == "NOT_FOUND"
        assert await stop(process) == (0, "")


async def test_the_sandbox_tells_a_person_the_same() -> None:
    async with started("sandbox", "--port", "0") as process:
        lines = [await line(process)]
        while "Ctrl-C" not in lines[-1]:
            lines.append(await line(process))

        assert sum("http://127.0.0.1" in text for text in lines) >= 3
        assert await stop(process) == (0, "")


async def test_the_schema_is_printed_as_it_is_checked_in() -> None:
    status, output, _ = await ran("schema")

    assert (status, output) == (0, printed())


async def test_a_token_is_for_everything_or_for_one_order(tmp_path: Path) -> None:
    variables = environment(tmp_path)

    _, integration, _ = await ran("token", **variables)
    _, checkout, _ = await ran("token", "--order", "o1", "--mode", "live", **variables)

    claims = jwt.decode(integration.strip(), SECRET, ["HS256"])
    assert claims["application"]["kind"] == "integration"
    assert (claims["test"], claims["exp"] - claims["iat"]) == (True, 7200)
    claims = jwt.decode(checkout.strip(), SECRET, ["HS256"])
    assert claims["application"]["kind"] == "sales_channel"
    assert (claims["order"], claims["test"]) == ("o1", False)


async def test_migrating_makes_the_file(tmp_path: Path) -> None:
    status, output, _ = await ran("migrate", "--database", str(tmp_path / "new" / "x.sqlite"))

    assert status == 0
    assert "newest schema" in output
    assert (tmp_path / "new" / "x.sqlite").exists()


async def test_the_commands_explain_themselves() -> None:
    _, output, _ = await ran("--help")

    for command in ("demo", "serve", "sandbox", "schema", "migrate", "token"):
        assert command in output
