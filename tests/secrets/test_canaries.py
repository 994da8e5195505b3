"""Nothing secret is ever said: canaries everywhere, everything that can go wrong, and a search."""

import base64
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from graph.commands.exporting import exporting
from graph.commands.keys import ring_of, rotate
from tests.commands.process import line, started, stop
from tests.secrets.canaries import Watch
from tests.secrets.checkouts import all_goes_well, read_everything
from tests.secrets.examining import examined, make
from tests.secrets.handing_out import credentials_rotate, tokens_are_given_out
from tests.secrets.mishaps import bugs_happen, callers_err, klarna_fails
from tests.secrets.spying import NEW, OLD, TOKEN_SECRET, WRONG, Spy, spied


async def test_no_canary_is_anywhere_that_the_design_does_not_say(
    tmp_path: Path, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with spied(tmp_path, spy) as gateway:
        payment, order_id = await all_goes_well(gateway, spy)
        await klarna_fails(gateway, spy)
        await callers_err(gateway, spy, payment)
        await bugs_happen(gateway, monkeypatch)
        await tokens_are_given_out(gateway, spy)
        await credentials_rotate(gateway)
        await read_everything(gateway, payment, order_id)
        await make(gateway, WRONG)
        told = await examined(gateway)
        spy.watch.saw("doctor", told.as_text() + str(told.as_json()))
        async for exported in exporting(gateway.settings.database):
            spy.watch.saw("export", exported)
    both = {name: base64.b64encode(key).decode() for name, key in (("new", NEW), ("old", OLD))}
    keys = {"sealing_keys": {name: SecretStr(key) for name, key in both.items()}}
    settings = gateway.settings.model_copy(update=keys)
    spy.watch.saw("keys list", (await ring_of(settings)).as_text())
    spy.watch.saw("keys rotate", await rotate(settings))
    spy.watch.saw("keys list", str((await ring_of(settings)).as_json()))
    spy.watch.saw("settings", repr(settings) + str(settings))
    spy.watch.saw_database(settings.database)

    assert spy.watch.leaks() == set()
    assert b'"event":"bug"' in spy.log.getvalue()
    assert b"ZeroDivisionError" in spy.log.getvalue()
    assert spy.watch.sights(f"auth token, {payment['id']}") >= {"http integration asks authToken"}
    assert any(
        where.startswith("http own") for where in spy.watch.sights(f"client token, {payment['id']}")
    )


async def test_the_server_as_a_process_says_no_secret_either(tmp_path: Path) -> None:
    watch = Watch()
    watch.plant("token secret", TOKEN_SECRET)
    watch.plant("sealing key", NEW)
    watch.plant("api secret", WRONG.password)
    variables = {
        "KLARNA_GRAPH_DATABASE": str(tmp_path / "gateway.sqlite"),
        "KLARNA_GRAPH_TOKEN_SECRET": TOKEN_SECRET,
        "KLARNA_GRAPH_SEALING_KEYS": f"new:{base64.b64encode(NEW).decode()}",
        "KLARNA_GRAPH_PORT": "0",
        "KLARNA_GRAPH_LOG_LEVEL": "debug",
    }
    async with started("serve", **variables) as process:
        said = await line(process)
        url = said.removeprefix("klarna-graph listens on ")
        async with aiohttp.ClientSession() as http:
            for headers in ({"Authorization": f"Bearer {WRONG.password}"}, {}):
                body = {"query": "{ x }", "variables": {"apiSecret": WRONG.password}}
                async with http.post(f"{url}/graphql", json=body, headers=headers) as reply:
                    watch.saw("http", await reply.read() + str(reply.headers).encode())
        status, complaints = await stop(process)

    watch.saw("standard output", said)
    watch.saw("standard error", complaints)
    watch.saw_database(tmp_path / "gateway.sqlite")
    assert status == 0
    assert watch.leaks() == set()
