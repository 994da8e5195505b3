"""A shop on the command line: Klarna's sandbox and the gateway, each a process of its own."""

import sqlite3
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from graph.demo.shop import orders
from tests import documents
from tests.commands.process import line, ran, started
from tests.commands.test_commands import environment

Json = dict[str, Any]


@dataclass
class Shop:
    """A shop that the sandbox knows, and its gateway while that is running."""

    http: aiohttp.ClientSession
    login: Json
    """The shop's account at the sandbox."""
    origin: str
    """The sandbox's own address."""
    variables: dict[str, str]
    """The environment that the gateway runs in."""
    file: Path
    url: str = ""
    method_id: str = ""

    @asynccontextmanager
    async def serving(self, **more: str) -> AsyncIterator[Process]:
        """Run the gateway until the context ends; the first one is furnished."""
        async with started("serve", **self.variables, **more) as gateway:
            _, listens, self.url = (await line(gateway)).partition("klarna-graph listens on ")
            assert listens
            if not self.method_id:
                await self.furnish()
            yield gateway

    async def furnish(self) -> None:
        """Make a gateway and a payment method."""
        key = {"apiKey": self.login["username"], "apiSecret": self.login["password"]}
        given = {"name": "EU", "countryCode": "EU", **key}
        gateway = await self.do(documents.CREATE_GATEWAY, input=given)
        method = await self.do(documents.CREATE_METHOD, input={"paymentGatewayId": gateway["id"]})
        self.method_id = method["id"]

    async def post(self, document: str, **variables: object) -> Json:
        """The answer to an operation."""
        body = {"query": document, "variables": variables}
        async with self.http.post(f"{self.url}/graphql", json=body) as reply:
            assert reply.status == 200
            answer: Json = await reply.json()
        return answer

    async def do(self, document: str, **variables: object) -> Json:
        """The only field of an operation's data."""
        (value,) = (await self.post(document, **variables))["data"].values()
        found: Json = value
        return found

    async def codes(self, document: str, **variables: object) -> list[str]:
        """The codes of the errors that an operation ends with."""
        answer = await self.post(document, **variables)
        return [one["extensions"]["code"] for one in answer.get("errors", [])]

    async def authorized(self, **changes: object) -> str:
        """An order whose shopper has authorized it at the sandbox."""
        order = orders()[0]["input"] | {"paymentMethodId": self.method_id} | changes
        pushed = await self.do(documents.PUT_ORDER, input=order)
        payment = await self.do(documents.CREATE_PAYMENT, input={"orderId": pushed["id"]})
        data = {"data": payment["authorizePayload"]}
        session = f"{self.origin}/_sandbox/sessions/{payment['sessionId']}"
        async with self.http.post(f"{session}/authorize", json=data) as reply:
            token = (await reply.json())["authorization_token"]
        await self.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
        order_id: str = pushed["id"]
        return order_id

    async def fault(self, **fault: object) -> None:
        """Have the sandbox's next call of an operation go wrong."""
        async with self.http.post(f"{self.origin}/_sandbox/faults", json=fault) as reply:
            assert reply.ok

    async def ledger(self) -> list[Json]:
        """What the sandbox says was done, oldest first."""
        async with self.http.get(f"{self.origin}/_sandbox/ledger") as reply:
            entries: list[Json] = (await reply.json())["entries"]
        return entries

    async def effects(self) -> list[str]:
        """The same in words."""
        return [entry["effect"] for entry in await self.ledger()]

    def rows(self, sql: str) -> list[Any]:
        """Rows of the gateway's store."""
        with closing(sqlite3.connect(self.file)) as database:
            return database.execute(sql).fetchall()

    def is_whole(self) -> bool:
        """Whether SQLite finds nothing wrong with the file."""
        checks = [self.rows(f"PRAGMA {one}_check") for one in ("integrity", "foreign_key")]
        return checks == [[("ok",)], []]


@asynccontextmanager
async def shop(folder: Path, **settings: str) -> AsyncIterator[Shop]:
    """Run the sandbox until the context ends; the gateway waits for `serving`."""
    async with started("sandbox", "--json", "--port", "0") as sandbox:
        klarna = orjson.loads(await line(sandbox))
        urls = orjson.dumps(klarna["base_urls"]).decode()
        variables = environment(folder, KLARNA_GRAPH_KLARNA_TEST_URLS=urls, **settings)
        _, token, _ = await ran("token", **variables)
        headers = {"Authorization": f"Bearer {token.strip()}"}
        origin = klarna["base_urls"]["EU"].removesuffix("/eu")
        async with aiohttp.ClientSession(headers=headers) as http:
            yield Shop(http, klarna, origin, variables, folder / "gateway.sqlite")
