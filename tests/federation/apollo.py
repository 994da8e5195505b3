"""Apollo's packages, as Node.js runs them: composition, and the gateway that it calls a router."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.gateway import Gateway
from tests.node.running import node, told

Json = dict[str, Any]


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
    async with node("federation/compose.js", listed) as process:
        return Composition(**await told(process))


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
    given = {"url": f"{gateway.url}/graphql", "sdl": sdl}
    async with node("federation/router.js", given) as process:
        yield Router((await told(process))["url"], gateway.http)
