"""The headers of every answer, and which other origins' pages may read it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from graph.settings import HalfConfigured, read_settings
from tests.gateway import Gateway, running_gateway
from tests.http.asking import Answer, send
from tests.http.wire import sent

SHOP = "https://shop.example"
OTHER = "http://localhost:3000"
QUESTION = b'{"query": "{ __typename }"}'


@pytest_asyncio.fixture
async def open_to_shops(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that the pages of two origins may call."""
    async with running_gateway(tmp_path, cors_origins=(SHOP, OTHER)) as running:
        yield running


async def every_kind(gateway: Gateway, **headers: str) -> list[Answer]:
    """Answers of every kind: data, errors, refusals, pages, and to nobody in particular."""
    answers = [
        await send(gateway, QUESTION, **headers),
        await send(gateway, b'{"query": "{ nothing }"}', **headers),
        await send(gateway, b"nonsense", **headers),
        await send(gateway, QUESTION, accept="text/html", **headers),
        await send(gateway, QUESTION, method="PUT", **headers),
        await send(gateway, QUESTION, authorization="nonsense", **headers),
    ]
    named = {name.title(): value for name, value in headers.items()}
    for path in ("/healthz", "/graphiql", "/nowhere", "/graphiql/assets/nothing"):
        async with gateway.http.get(gateway.url + path, headers=named) as reply:
            answers.append(Answer(reply.status, reply.headers, None))
    return answers


async def test_every_answer_is_safe_and_says_no_version(gateway: Gateway) -> None:
    for answer in await every_kind(gateway, origin=SHOP):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Server"] == "klarna-graph"
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_page_of_an_allowed_origin_may_read_every_answer(open_to_shops: Gateway) -> None:
    for origin in (SHOP, OTHER):
        for answer in await every_kind(open_to_shops, origin=origin):
            assert answer.headers["Access-Control-Allow-Origin"] == origin
            assert "Origin" in answer.headers.getall("Vary")  # type: ignore[attr-defined]
            assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://shop.example.evil",
        "https://evil.shop.example",
        "http://shop.example",
        "https://shop.example:444",
        "https://SHOP.example",
        "null",
        "*",
    ],
)
async def test_a_page_of_another_origin_may_not(open_to_shops: Gateway, origin: str) -> None:
    answer = await send(open_to_shops, QUESTION, origin=origin)
    asked = await send(
        open_to_shops,
        method="OPTIONS",
        origin=origin,
        access_control_request_method="POST",
        authorization="",
    )

    assert asked.status == 204
    for said in (answer, asked):
        assert "Access-Control-Allow-Origin" not in said.headers
        assert "Access-Control-Allow-Methods" not in said.headers
        assert "Origin" in said.headers.getall("Vary")  # type: ignore[attr-defined]


async def test_a_browser_that_asks_first_needs_no_token(open_to_shops: Gateway) -> None:
    for path in ("/graphql", "/graphql?query={__typename}", "/nowhere"):
        headers = {
            "Origin": SHOP,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        async with open_to_shops.http.options(open_to_shops.url + path, headers=headers) as reply:
            said = reply.headers

        assert (reply.status, await reply.read()) == (204, b"")
        assert said["Access-Control-Allow-Origin"] == SHOP
        assert said["Access-Control-Allow-Methods"] == "GET, POST"
        assert "Authorization" in said["Access-Control-Allow-Headers"]
        assert "Content-Type" in said["Access-Control-Allow-Headers"]
        assert int(said["Access-Control-Max-Age"]) > 0
        assert said["Vary"] == "Origin"
        assert said["Server"] == "klarna-graph"
    async with open_to_shops.http.options(f"{open_to_shops.url}/graphql") as reply:
        assert reply.status == 401


async def test_where_no_origin_is_allowed_browsers_are_not_answered(gateway: Gateway) -> None:
    headers = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    async with gateway.http.options(f"{gateway.url}/graphql", headers=headers) as reply:
        assert reply.status == 401
        assert "Vary" not in reply.headers


@pytest.mark.parametrize(
    "origins",
    [
        "*",
        "shop.example",
        "https://shop.example/",
        "https://*.shop.example",
        f"{SHOP},null",
        "ftp://x",
    ],
)
def test_an_origin_that_browsers_do_not_send_is_no_setting(
    monkeypatch: pytest.MonkeyPatch, origins: str
) -> None:
    monkeypatch.setenv("KLARNA_GRAPH_CORS_ORIGINS", origins)

    with pytest.raises(HalfConfigured, match="CORS_ORIGINS: each must be an origin"):
        read_settings()


async def test_a_refused_head_is_as_safe_as_any_answer(gateway: Gateway) -> None:
    reply = await sent(gateway, b"nonsense\r\n\r\n")

    assert reply is not None
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["server"] == "klarna-graph"
