"""Where a request comes from: by its connection, or by the word of proxies that are trusted."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from graph.http.addresses import PROXIES, client_of
from tests.gateway import Gateway, running_gateway

PROXY = "10.0.0.1"
COMING = [
    ("192.0.2.7", None, "192.0.2.7"),
    ("192.0.2.7", "198.51.100.1", "192.0.2.7"),  # anybody can say so
    (PROXY, None, PROXY),
    (PROXY, "198.51.100.1", "198.51.100.1"),
    (PROXY, "203.0.113.9, 198.51.100.1", "198.51.100.1"),  # the first one is the client's own word
    (PROXY, "198.51.100.1,10.0.0.2 , 10.0.0.3", "198.51.100.1"),
    (PROXY, "10.0.0.3", "10.0.0.3"),
    (PROXY, "198.51.100.1, nonsense", PROXY),
    (PROXY, "nonsense, 10.0.0.2", "10.0.0.2"),
    (PROXY, "", PROXY),
    ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
    ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
    ("2001:db8:1:2::9", None, "2001:db8:1:2::/64"),
    ("fe80::1%eth0", None, "fe80::/64"),
    (None, "198.51.100.1", ""),
]


@pytest.mark.parametrize(("remote", "handed_on", "client"), COMING)
def test_a_client_is_known_by_its_address(
    remote: str | None, handed_on: str | None, client: str
) -> None:
    app = web.Application()
    app[PROXIES] = [ip_network("10.0.0.0/8")]
    headers = {} if handed_on is None else {"X-Forwarded-For": handed_on}
    request = make_mocked_request("GET", "/", headers, app=app)

    # A mock comes from nowhere; None is what aiohttp says of a socket that is no network's
    request._cache["remote"] = remote

    assert client_of(request) == client


async def test_whoever_is_behind_a_trusted_proxy_has_a_count_of_its_own(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, trusted_proxies="127.0.0.0/8,::1") as gateway:
        flood = {await refused(gateway, "203.0.113.1") for _ in range(120)}

        assert flood == {401, 429}
        assert await refused(gateway, "203.0.113.2") == 401


async def test_nobodys_word_is_taken_where_no_proxy_is_trusted(gateway: Gateway) -> None:
    flood = {await refused(gateway, f"203.0.113.{number}") for number in range(120)}

    assert flood == {401, 429}


async def refused(gateway: Gateway, address: str) -> int:
    """The status of a bad token that a proxy hands on from an address."""
    headers = {"Authorization": "Bearer wrong", "X-Forwarded-For": address}
    async with gateway.http.post(f"{gateway.url}/graphql", headers=headers) as reply:
        return reply.status
