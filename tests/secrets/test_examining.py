"""What the doctor finds at Klarna: whose credentials they are, whether it is there, its clock."""

import sqlite3
import ssl
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict

from graph.commands.doctor import check_up
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.transport import HttpTransport, Reply, Request, Transport
from store.instants import SystemClock
from tests import documents
from tests.gateway import LOGIN, Gateway
from tests.secrets.examining import Rerouted, examined, make, text, well_set, wrongs
from tests.secrets.test_rotation import NEXT, held

Json = dict[str, Any]
AMERICAN = Credential("K0009_american", "canary-american", regions=frozenset({"US"}))
LIVE = Credential("K0008_live", "canary-live-pw", environment="production")


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
