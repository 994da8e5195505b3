"""The doctor at home: whatever is wrong is named, with what to do about it."""

import asyncio
import base64
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from tests.commands.process import ran
from tests.gateway import Gateway
from tests.secrets.examining import Rerouted, examined, text, wrongs

Json = dict[str, Any]


async def test_all_is_well_beside_a_running_gateway_and_nothing_is_changed(
    gateway: Gateway,
) -> None:
    with closing(sqlite3.connect(gateway.settings.database)) as database:
        before = list(database.iterdump())
    transport = Rerouted(gateway)

    told = await examined(gateway, transport)

    assert told.well, told.as_text()
    assert told.as_text().startswith(
        "Configuration\n  ok     Klarna calls back at https://pay.example.com.\n"
    )
    for words in (
        "is sound, with the schema",
        "MiB are free on its disk.",
        "Everything is sealed with k1.",
        "Klarna answers to ********chant.",
        "This machine's clock agrees with Klarna's.",
        "All is well.",
    ):
        assert words in text(told)
    assert set(transport.sent) == {"GET"}
    assert not gateway.sandbox.ledger
    with closing(sqlite3.connect(gateway.settings.database)) as database:
        assert list(database.iterdump()) == before
    assert (await gateway.open())["status"] == "OPEN"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://pay.example.com", "is not https"),
        ("https://localhost", "only this machine or network"),
        ("https://10.0.0.7", "only this machine or network"),
        ("https://shop.local/x", "only this machine or network"),
    ],
)
async def test_an_address_that_klarna_cannot_call_is_wrong(
    gateway: Gateway, url: str, words: str
) -> None:
    told = await examined(gateway, public_url=url)

    ((subject, said),) = wrongs(told)
    assert subject == "Configuration"
    assert words in said


async def test_no_address_at_all_is_noted(gateway: Gateway) -> None:
    told = await examined(gateway, public_url=None)

    assert told.well
    assert "note KLARNA_GRAPH_PUBLIC_URL is not set" in text(told)


async def test_missing_keys_and_tampered_credentials_are_wrong(gateway: Gateway) -> None:
    key = {"other": SecretStr(base64.b64encode(b"x" * 32).decode())}

    told = await examined(gateway, sealing_keys=key)

    subjects = [subject for subject, _ in wrongs(told)]
    assert subjects[0] == "Keys"
    assert len(subjects) == 4
    assert "Put k1 back at the end of KLARNA_GRAPH_SEALING_KEYS" in text(told)


async def test_older_keys_are_noted(gateway: Gateway) -> None:
    older = gateway.settings.sealing_keys
    newer = {"new": SecretStr(base64.b64encode(b"x" * 32).decode())}

    told = await examined(gateway, sealing_keys=newer | older)

    assert told.well
    assert "k1 must stay on the ring" in text(told)


async def test_a_full_disk_is_wrong(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(gateway.settings.database.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5 * 2**20))

    told = await examined(gateway)

    assert wrongs(told) == [("Database", "5 MiB are free on its disk.")]


async def test_a_damaged_file_an_older_schema_and_no_file_are_told_apart(
    gateway: Gateway, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite"
    with (
        closing(sqlite3.connect(gateway.settings.database)) as database,
        closing(sqlite3.connect(copy)) as copied,
    ):
        database.backup(copied)
        copied.execute("UPDATE alembic_version SET version_num = '0001'")
        copied.commit()
    older = await examined(gateway, database=copy)
    content = bytearray(copy.read_bytes())
    content[8192:40960] = bytes(32768)
    copy.write_bytes(content)
    damaged = await examined(gateway, database=copy)
    copy.write_bytes(b"no database, " * 400)
    none = await examined(gateway, database=copy)
    missing = await examined(gateway, database=tmp_path / "nowhere.sqlite")

    assert "klarna-graph migrate" in text(older)
    assert not damaged.well
    assert "amaged" in text(damaged) or "malformed" in text(damaged)
    assert "cannot be read as the database" in text(none)
    assert missing.well
    assert "`klarna-graph serve` makes it" in text(missing)


async def test_the_command_ends_with_what_it_found(gateway: Gateway) -> None:
    environment = {
        "KLARNA_GRAPH_DATABASE": str(gateway.settings.database),
        "KLARNA_GRAPH_TOKEN_SECRET": gateway.settings.token_secret.get_secret_value(),
        "KLARNA_GRAPH_SEALING_KEYS": ",".join(
            f"{name}:{key.get_secret_value()}"
            for name, key in gateway.settings.sealing_keys.items()
        ),
        "KLARNA_GRAPH_KLARNA_TEST_URLS": orjson.dumps(gateway.klarna.base_urls).decode(),
    }

    (well, told, complaints), (unset, missing, _) = await asyncio.gather(
        ran("doctor", "--json", **environment), ran("doctor")
    )

    assert (well, complaints) == (0, "")
    assert orjson.loads(told)["well"] is True
    assert (unset, missing.splitlines()[-1]) == (1, "2 things are wrong.")
    assert "KLARNA_GRAPH_SEALING_KEYS: is missing" in missing
