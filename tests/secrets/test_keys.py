"""Sealing keys: an old one goes once everything is sealed with a newer one."""

import base64
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from graph.app import serving
from graph.commands.keys import new_key, ring_of, rotate
from graph.settings import Settings, throwaway_settings
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.secrets.resealing import keep_resealing, reseal, uses
from resolvers.secrets.sealing import KeyRing
from store.database import StoreUnavailable
from store.envelopes import Place, places
from store.fields import fields_of
from store.instants import SystemClock
from store.locking import StoreUnusable
from store.schema import metadata
from store.sqlite import SqliteDatabase, open_sqlite
from store.visitor import newest_version
from tests import documents
from tests.commands.process import line, ran, started, stop
from tests.gateway import LOGIN, Gateway, running_gateway
from tests.test_callbacks import report

Json = dict[str, Any]
OLD, NEW = b"o" * 32, b"n" * 32
PLACES = {
    "klarna_gateways.credentials",
    "klarna_gateways.next_credentials",
    "requests.answer",
    "errands.content",
}


def written(**keys: bytes) -> str:
    """Keys as the setting takes them."""
    return ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in keys.items())


def ring(**keys: bytes) -> dict[str, SecretStr]:
    return {name: SecretStr(base64.b64encode(key).decode()) for name, key in keys.items()}


async def sealed_everywhere(gateway: Gateway) -> Json:
    """Have something sealed in every place there is; what a key was answered."""
    document = documents.CREATE_PAYMENT.replace("Input!)", "Input!, $key: String)", 1).replace(
        "input: $input)", "input: $input, key: $key)", 1
    )
    order_id = await gateway.put()
    payment = await gateway.do(document, input={"orderId": order_id}, key="again")
    said = {"authorization_token": "t", "session_id": payment["sessionId"]}
    assert await report(gateway, payment, said) == 200
    await gateway.services.turns.finish()
    gateway.sandbox.accept(Credential("K0001_next", "p", merchant=LOGIN.username))
    gateway.fault("read_session", status=503)
    rotate = "mutation ($id: ID!) { rotateKlarnaCredentials(id: $id, apiKey: %s) { __typename } }"
    rotated = await gateway.do(rotate % '"K0001_next", apiSecret: "p"', id=gateway.gateways["EU"])
    assert rotated == {"__typename": "KlarnaGateway"}
    return payment


async def used(database: SqliteDatabase) -> dict[str, dict[str, int]]:
    """How many envelopes each key has sealed, by their place."""
    found: dict[str, dict[str, int]] = {}
    for use in await uses(database):
        found.setdefault(use.key_id, {})[use.place.name] = use.count
    return found


@pytest.fixture
async def full(tmp_path: Path) -> Settings:
    """The settings of a gateway that has sealed something in every place with its key `old`."""
    keys = ring(old=OLD)
    async with running_gateway(tmp_path, sealing_keys=keys, public_url="https://p.example") as one:
        await sealed_everywhere(one)
    return one.settings


async def test_everything_that_is_sealed_is_sealed_anew_and_opens_as_before(
    full: Settings,
) -> None:
    database = await open_sqlite(full.database)
    both, new = KeyRing({"new": NEW, "old": OLD}), KeyRing({"new": NEW})
    before = await used(database)

    told = await reseal(database, both)
    again = await reseal(database, both)
    after = await used(database)
    alone = await reseal(database, KeyRing({"newest": b"x" * 32, "new": NEW}))
    await database.close()

    assert set(before["old"]) == PLACES
    assert list(before) == ["old"]
    assert after == {"new": before["old"]}
    assert (told.count, again.count) == (sum(before["old"].values()), 0)
    assert (alone.count, dict(alone.unreadable)) == (told.count, {})
    assert new.ids == ("new",)


def test_every_place_that_is_sealed_says_so() -> None:
    sealed = {
        f"{table.name}.{field.name}"
        for table in metadata.sorted_tables
        for field in fields_of(table.info["record"])
        if "sealed" in field.doc
    }

    assert {place.name for place in places()} == PLACES == sealed


async def test_a_gateway_seals_everything_anew_while_it_serves(full: Settings) -> None:
    settings = full.model_copy(update={"sealing_keys": ring(new=NEW, old=OLD), "port": 0})

    async with serving(settings, SystemClock()) as (_, services):
        await keep_resealing(services.database, services.keys)  # and beside it the one at the start
        assert isinstance(services.database, SqliteDatabase)
        assert list(await used(services.database)) == ["new"]

    without = settings.model_copy(update={"sealing_keys": ring(new=NEW)})
    async with serving(without, SystemClock()) as (_, services):
        told = await reseal(services.database, services.keys)
    assert (told.count, dict(told.unreadable)) == (0, {})


async def test_what_was_sealed_before_is_answered_after_its_key_is_gone(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, sealing_keys=ring(old=OLD)) as gateway:
        order_id = await gateway.put()
        create = documents.CREATE_PAYMENT.replace("input: $input", 'input: $input, key: "again"')
        first = await gateway.do(create, input={"orderId": order_id})

        keys = gateway.services.keys
        keys._keys = KeyRing({"new": NEW, "old": OLD})._keys
        await reseal(gateway.services.database, keys)
        keys._keys = KeyRing({"new": NEW})._keys
        second = await gateway.do(create, input={"orderId": order_id})

        assert first == second
        assert (await gateway.authorized(order_id))["status"] == "AUTHORIZED"
        assert len(gateway.effects("session_created")) == 2


async def test_what_another_key_has_sealed_is_left_alone_and_counted(full: Settings) -> None:
    database = await open_sqlite(full.database)
    with closing(sqlite3.connect(full.database)) as spoiled:
        spoiled.execute(
            "UPDATE klarna_gateways SET credentials = 'v1.lost.AAAA' WHERE name LIKE '%US'"
        )
        spoiled.execute("UPDATE klarna_gateways SET credentials = 'nonsense' WHERE name LIKE '%OC'")
        spoiled.commit()

    told = await reseal(database, KeyRing({"new": NEW, "old": OLD}))
    await database.close()

    assert dict(told.unreadable) == {"klarna_gateways.credentials": 2}
    with closing(sqlite3.connect(full.database)) as spoiled:
        kept = {row[0] for row in spoiled.execute("SELECT credentials FROM klarna_gateways")}
    assert {"v1.lost.AAAA", "nonsense"} < kept


async def test_many_rows_are_sealed_anew_window_by_window_and_a_stop_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await open_sqlite(tmp_path / "many.sqlite")
    old = KeyRing({"old": OLD})
    rows = [
        ("test", f"shop {number % 7}", f"key {number}", "f", "c", "t", "t")
        for number in range(1_050)
    ]
    with closing(sqlite3.connect(tmp_path / "many.sqlite")) as direct:
        direct.executemany(
            "INSERT INTO requests (mode, caller, key, fingerprint, claim, claimed_until, "
            "created_at, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(*row, old.seal({"n": row[2]}, " ".join(row[:3]))) for row in rows],
        )
        direct.commit()
    commits = 0
    write = database.write

    async def write_twice(work: Any) -> Any:
        nonlocal commits
        commits += 1
        if commits > 2:
            raise StoreUnavailable("The disk is full.")
        return await write(work)

    monkeypatch.setattr(database, "write", write_twice)
    with pytest.raises(StoreUnavailable):
        await reseal(database, KeyRing({"new": NEW, "old": OLD}))
    monkeypatch.undo()
    between = await used(database)
    told = await reseal(database, KeyRing({"new": NEW, "old": OLD}))
    after = await used(database)
    await database.close()

    assert between == {"new": {"requests.answer": 400}, "old": {"requests.answer": 650}}
    assert (told.count, after) == (650, {"new": {"requests.answer": 1_050}})


async def test_what_changes_meanwhile_is_not_overwritten(
    full: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await open_sqlite(full.database)
    write = database.write

    async def later(work: Any) -> Any:
        with closing(sqlite3.connect(full.database)) as direct:
            direct.execute("UPDATE klarna_gateways SET credentials = 'v1.old.newer'")
            direct.commit()
        return await write(work)

    monkeypatch.setattr(database, "write", later)
    await reseal(database, KeyRing({"new": NEW, "old": OLD}))
    monkeypatch.undo()
    with closing(sqlite3.connect(full.database)) as direct:
        kept = {row[0] for row in direct.execute("SELECT credentials FROM klarna_gateways")}
    await database.close()

    assert kept == {"v1.old.newer"}


async def test_a_place_knows_the_rows_that_it_is_in() -> None:
    by_name: dict[str, Place] = {place.name: place for place in places()}

    assert [column.name for column in by_name["requests.answer"].key] == ["mode", "caller", "key"]
    assert [column.name for column in by_name["errands.content"].bound_to] == ["payment_id"]


def environment(settings: Settings, keys: str) -> dict[str, str]:
    return {
        "KLARNA_GRAPH_DATABASE": str(settings.database),
        "KLARNA_GRAPH_TOKEN_SECRET": settings.token_secret.get_secret_value(),
        "KLARNA_GRAPH_SEALING_KEYS": keys,
        "KLARNA_GRAPH_PORT": "0",
        "KLARNA_GRAPH_RECONCILE_INTERVAL": "0",
    }


def keyed(settings: Settings, **keys: bytes) -> Settings:
    return settings.model_copy(update={"sealing_keys": ring(**keys)})


async def test_rotating_says_when_an_old_key_can_go(full: Settings) -> None:
    both = keyed(full, new=NEW, old=OLD)

    before = (await ring_of(both)).as_text()
    rotated = await rotate(both)
    again = await rotate(both)
    told = (await ring_of(both)).as_json()

    assert "old must stay on the ring" in before
    assert rotated.startswith("6 envelopes were sealed anew with new.\nIn use: new.\n")
    assert "old is not in use any more: take it out of KLARNA_GRAPH_SEALING_KEYS." in rotated
    assert again.startswith("0 envelopes were sealed anew")
    assert (told["sealing"], told["unused"], told["missing"]) == ("new", ["old"], [])
    assert sum(told["keys"][0]["envelopes"].values()) == 6


async def test_a_missing_key_is_named_with_what_it_has_sealed(full: Settings) -> None:
    listed = (await ring_of(keyed(full, new=NEW))).as_text()
    rotated = await rotate(keyed(full, new=NEW))

    assert "Missing from the ring:\n  old " in listed
    assert "3 klarna_gateways.credentials" in listed
    assert "Put old back at the end of KLARNA_GRAPH_SEALING_KEYS: 6 envelopes need it." in listed
    assert "3 of klarna_gateways.credentials cannot be opened" in rotated
    assert base64.b64encode(NEW).decode() not in listed + rotated


async def test_beside_a_running_gateway_keys_are_listed_and_it_rotates_by_itself(
    full: Settings,
) -> None:
    both = environment(full, written(new=NEW, old=OLD)) | {"KLARNA_GRAPH_LOG_LEVEL": "info"}
    async with started("serve", **both) as process:
        await line(process)

        status, _, complaints = await ran("keys", "rotate", **both)
        _, listed, _ = await ran("keys", "list", **both)

        assert status == 1
        assert "is open in another process" in complaints
        assert "restart it with the new key in front" in complaints
        assert "Traceback" not in complaints
        assert "old is not in use any more" in listed
        status, complaints = await stop(process)
        assert status == 0
        assert "resealed" in {orjson.loads(said)["event"] for said in complaints.splitlines()}


async def test_a_list_of_nothing_is_refused_in_a_sentence(full: Settings) -> None:
    older = f"{int(newest_version()) - 1:04}"
    for version, words in ((older, "run `klarna-graph migrate`"), ("9999", "newer klarna-graph")):
        with closing(sqlite3.connect(full.database)) as direct:
            direct.execute("UPDATE alembic_version SET version_num = ?", (version,))
            direct.commit()
        with pytest.raises(StoreUnusable, match=words):
            await ring_of(full)

    full.database.write_bytes(b"no database, " * 100)
    with pytest.raises(StoreUnusable, match="cannot be read as the database"):
        await ring_of(full)
    full.database.unlink()
    status, output, complaints = await ran("keys", "list", **environment(full, written(new=NEW)))
    assert (status, output) == (1, "")
    assert "There is no database at" in complaints
    assert "Traceback" not in complaints


async def test_a_new_key_is_one_that_the_settings_take() -> None:
    status, made, explained = await ran("keys", "make")
    settings = throwaway_settings(sealing_keys=made.strip())
    today = SystemClock().now().date()
    other = new_key(today, list(settings.keys))

    assert status == 0
    assert len(made.splitlines()) == 1
    assert "KLARNA_GRAPH_SEALING_KEYS" in explained
    assert made.partition(":")[2].strip() not in explained
    both = throwaway_settings(sealing_keys=f"{other},{made}").keys
    assert [len(key) for key in both.values()] == [32, 32]
    assert len(set(both.values())) == 2


def test_two_keys_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="each key needs an id of its own"):
        throwaway_settings(sealing_keys=written(a=OLD) + "," + written(a=NEW))
