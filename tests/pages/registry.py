"""A package registry on loopback, as npm asks it: a package's document, then its archive."""

from collections.abc import Mapping

from aiohttp import web

from graph.pages.pinned import integrity
from tests.pages.archives import VERSION


def registry(archives: Mapping[str, bytes]) -> web.Application:
    """Serve each package's archive as its one version."""

    async def document(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        version = {
            "name": name,
            "version": VERSION,
            "dist": {
                "tarball": str(request.url.with_path(f"/{name}/archive.tgz")),
                "integrity": integrity(archives[name]),
            },
        }
        return web.json_response(
            {"name": name, "dist-tags": {"latest": VERSION}, "versions": {VERSION: version}}
        )

    async def archive(request: web.Request) -> web.Response:
        return web.Response(body=archives[request.match_info["name"]])

    app = web.Application()
    app.router.add_get("/{name}", document)
    app.router.add_get("/{name}/archive.tgz", archive)
    return app
