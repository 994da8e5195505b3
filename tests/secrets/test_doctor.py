"""The doctor: whatever is wrong is named, with what to do about it."""

import asyncio
import base64
import shutil
import sqlite3
import ssl
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from multidict import CIMultiDict
from pydantic import SecretStr

from graph.commands.doctor import Checkup, check_up
from graph.settings import Settings
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.transport import HttpTransport, Reply, Request, Transport
from store.instants import SystemClock
from tests import documents
from tests.commands.process import ran
from tests.gateway import LOGIN, Gateway
from tests.secrets.test_rotation import NEXT, held

Json = dict[str, Any]
AMERICAN = Credential("K0009_american", "canary-american", regions=frozenset({"US"}))
LIVE = Credential("K0008_live", "canary-live-pw", environment="production")
HOSTS = {
    "https://api.klarna.com": "live/eu",
    "https://api-na.klarna.com": "live/us",
    "https://api-oc.klarna.com": "live/oc",
}


class Rerouted:
    """Sends what is meant for Klarna's production to the sandbox's."""

    def __init__(self, gateway: Gateway) -> None:
        self._origin = gateway.klarna.origin
        timeout = aiohttp.ClientTimeout(total=10)
        self._http = HttpTransport(gateway.http, timeout)
        self.sent: list[str] = []

    async def send(self, request: Request) -> Reply:
        url = request.url
        for host, path in HOSTS.items():
            url = url.replace(f"{host}/", f"{self._origin}/{path}/")
        assert url.startswith(self._origin), "tests call nobody"
        self.sent.append(request.method)
        return await self._http.send(replace(request, url=url))


def well_set(gateway: Gateway, **settings: Any) -> Settings:
    given = {"public_url": "https://pay.example.com", **settings}
    return gateway.settings.model_copy(update=given)


async def examined(
    gateway: Gateway, transport: Transport | None = None, **settings: Any
) -> Checkup:
    """A look at a gateway that runs meanwhile."""
    chosen = well_set(gateway, **settings)
    return await check_up(chosen, SystemClock(), transport or Rerouted(gateway))


def text(told: Checkup) -> str:
    """What a person reads, without the breaks of lines."""
    return " ".join(told.as_text().split())


def wrongs(told: Checkup) -> list[tuple[str, str]]:
    return [(one.subject, one.said) for one in told.findings if one.health == "wrong"]


async def make(gateway: Gateway, credential: Credential, **given: Any) -> str:
    """Another gateway with its own credentials; its id."""
    login = {"apiKey": credential.username, "apiSecret": credential.password}
    settings = {"name": "Another", "countryCode": "EU", **login, **given}
    made = await gateway.do(documents.CREATE_GATEWAY, input=settings)
    made_id: str = made["id"]
    return made_id


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


async def test_credentials_of_another_region_are_found_there(gateway: Gateway) -> None:
    gateway.sandbox.accept(AMERICAN)
    await make(gateway, AMERICAN)

    told = await examined(gateway)

    ((subject, said),) = wrongs(told)
    assert "Gateway Another (" in subject
    assert said == "******** belongs to Klarna's region US, not to EU.".replace(
        "********", "********rican"
    )
    assert not told.well


@pytest.mark.parametrize("mode", ["test", "live"])
async def test_credentials_of_the_other_environment_are_found_there(
    gateway: Gateway, mode: str
) -> None:
    gateway.sandbox.accept(LIVE)
    made = await make(gateway, LIVE if mode == "test" else LOGIN)
    if mode == "live":
        with closing(sqlite3.connect(gateway.settings.database)) as database:
            database.execute("UPDATE klarna_gateways SET mode = 'live' WHERE id = ?", (made,))
            database.commit()

    told = await examined(gateway)

    belongs = "production" if mode == "test" else "playground"
    ((_, said),) = wrongs(told)
    assert said.endswith(f"belongs to Klarna's {belongs}, and the gateway is {mode}.")


@pytest.mark.parametrize("trouble", ["wrong secret", "disabled"])
async def test_a_wrong_or_disabled_pair_is_known_nowhere(gateway: Gateway, trouble: str) -> None:
    if trouble == "disabled":
        gateway.sandbox.accept(NEXT)
        await make(gateway, NEXT)
        gateway.sandbox.disable(NEXT.username)
    else:
        await make(gateway, replace(LOGIN, password="canary-mistyped"))

    told = await examined(gateway)

    ((_, said),) = wrongs(told)
    assert "in another region or environment" in said
    assert "or the pair was disabled" in text(told)
    assert "canary" not in text(told)


async def test_a_merchant_that_is_not_active_and_one_that_must_wait_are_told_apart(
    gateway: Gateway,
) -> None:
    inactive = Credential("K0007_inactive", "canary-inactive", active=False)
    gateway.sandbox.accept(inactive)
    await make(gateway, inactive)
    waiting = Json(status=429)
    gateway.fault("read_session", **waiting)

    told = await examined(gateway)

    ((_, said),) = wrongs(told)
    assert "its merchant is not active" in said
    assert "Klarna asks to wait" in text(told)


@dataclass
class Failing:
    """A session whose connections end in an exception of aiohttp's."""

    error: Exception

    def request(self, *_: Any, **__: Any) -> Any:
        return self

    async def __aenter__(self) -> None:
        raise self.error

    async def __aexit__(self, *_: object) -> None:
        return None


KEY: Any = aiohttp.client_reqrep.ConnectionKey(
    host="api.klarna.com",
    port=443,
    is_ssl=True,
    ssl=True,
    proxy=None,
    proxy_auth=None,
    proxy_headers_hash=None,
)
NETWORK: list[tuple[Exception, str]] = [
    (aiohttp.ClientConnectorDNSError(KEY, OSError("no name")), "DNS"),
    (aiohttp.ClientConnectorCertificateError(KEY, ssl.CertificateError()), "certificate"),
    (aiohttp.ClientConnectorSSLError(KEY, OSError("handshake")), "certificate"),
    (aiohttp.ConnectionTimeoutError(), "within 10 seconds"),
    (TimeoutError(), "within 10 seconds"),
    (aiohttp.ClientConnectorError(KEY, OSError("refused")), "does not take connections"),
    (aiohttp.ServerDisconnectedError(), "no whole answer"),
]


@pytest.mark.parametrize(("error", "words"), NETWORK)
async def test_a_klarna_that_is_out_of_reach_is_told_by_its_reason(
    gateway: Gateway, error: Exception, words: str
) -> None:
    session: Any = Failing(error)

    told = await examined(gateway, HttpTransport(session, aiohttp.ClientTimeout()))

    found = wrongs(told)
    assert len(found) == 3
    assert words in text(told)


async def test_a_real_port_that_is_closed_and_a_name_that_is_unknown_are_out_of_reach(
    gateway: Gateway,
) -> None:
    urls = dict.fromkeys(("EU", "US", "OC"), "http://127.0.0.1:1/eu")

    told = await check_up(well_set(gateway, klarna_test_urls=urls), SystemClock())

    assert [said for _, said in wrongs(told)] == [
        "http://127.0.0.1:1/eu does not take connections from here."
    ] * 3


class Late:
    """Answers that were written some time ago."""

    def __init__(self, transport: Transport, date: str) -> None:
        self._transport = transport
        self._date = date

    async def send(self, request: Request) -> Reply:
        reply = await self._transport.send(request)
        return replace(reply, headers=CIMultiDict({**reply.headers, "Date": self._date}))


@pytest.mark.parametrize(("minutes", "where"), [(10, "ahead of"), (-10, "behind")])
async def test_a_clock_that_is_wrong_is_told_by_how_much(
    gateway: Gateway, minutes: int, where: str
) -> None:
    there = SystemClock().now() - timedelta(minutes=minutes)
    date = there.strftime("%a, %d %b %Y %H:%M:%S GMT")

    told = await examined(gateway, Late(Rerouted(gateway), date))

    ((subject, said),) = wrongs(told)
    assert subject == "Clock"
    assert f"seconds {where} Klarna's" in said
    assert 590 <= int(said.split("clock is ")[1].split()[0]) <= 620


async def test_an_answer_without_a_sensible_date_says_nothing_of_the_clock(
    gateway: Gateway,
) -> None:
    told = await examined(gateway, Late(Rerouted(gateway), "yesterday"))

    assert told.well
    assert "Clock" not in text(told)


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


async def test_a_next_pair_is_looked_at_too(gateway: Gateway) -> None:
    await held(gateway)

    before = await examined(gateway)
    gateway.sandbox.disable(NEXT.username)
    after = await examined(gateway)

    assert before.well
    ((subject, _),) = wrongs(after)
    assert subject.endswith(", next pair")


async def test_a_disabled_gateway_is_noted_and_looked_at_all_the_same(gateway: Gateway) -> None:
    await gateway.do(documents.DISABLE_GATEWAY, id=gateway.gateways["EU"])

    told = await examined(gateway)

    assert told.well
    assert "It is disabled since 2026-03-02T09:00:00.000Z." in text(told)


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
