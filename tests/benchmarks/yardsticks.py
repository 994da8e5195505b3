"""Yardsticks: servers that do less than the gateway, inside the gateway's own application.

Run as a program it serves as `klarna-graph serve` does, with two more routes. What `/floor` costs
is what HTTP, a token, JSON and one hop to the database cost: nothing that answers from the database
behind this application is faster. `/naive` saves an authorization as one would write it down at
once: a few statements and a commit for each request, as durable as the gateway's.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosqlite
import orjson
from aiohttp import web
from sqlalchemy import text

from graph import app
from graph.__main__ import main
from graph.settings import Settings
from resolvers.context import Services
from store.ids import new_id
from store.instants import SystemClock, instant
from store.statements import Statement

SERVICES = web.AppKey("services", Services)
_create_app = app.create_app
_ONE = Statement(text("SELECT 1"))
_LAST = "SELECT max(position) FROM event_stores"
_PAYMENT = "SELECT revision, auth_token FROM klarna_payments WHERE id = ? AND mode = 'test'"
_UPDATE = (
    "UPDATE klarna_payments SET status = 'AUTHORIZED', auth_token = ?, auth_token_expires_at = ?, "
    "updated_at = ?, revision = revision + 1 WHERE id = ? AND revision = ?"
)
_VERSION = (
    "INSERT INTO versions (id, mode, resource_type, resource_id, revision, event, changes, who, "
    "created_at) VALUES (?, 'test', 'klarna_payments', ?, ?, 'update', ?, ?, ?)"
)
_EVENT = (
    "INSERT INTO event_stores (id, mode, resource_type, resource_id, position, event, payload, "
    "who, created_at) VALUES (?, 'test', 'klarna_payments', ?, ?, 'authorized', ?, ?, ?)"
)
_REQUEST = (
    "INSERT INTO requests (mode, caller, key, fingerprint, claim, claimed_until, answer, "
    "created_at) VALUES ('test', 'benchmarks', ?, '', '', ?, ?, ?)"
)
_WHO = '{"application":{"id":"benchmarks","kind":"integration","public":false}}'
_CHANGES = '{"auth_token":["[redacted]","[redacted]"]}'
_PAYLOAD = '{"auth_token":{"from":"[redacted]","to":"[redacted]"}}'


async def floor(request: web.Request) -> web.Response:
    """Take any request for what asking the database one thing costs."""
    orjson.loads(await request.read())
    ((one,),) = await request.app[SERVICES].database.rows(_ONE)
    return _json({"data": {"one": one}})


class Naive:
    """Saves authorizations one by one."""

    _connection: aiosqlite.Connection

    def __init__(self, file: Path) -> None:
        self._file = file
        self._turn = asyncio.Lock()

    async def connected(self, _: web.Application) -> AsyncIterator[None]:
        async with aiosqlite.connect(self._file, isolation_level=None) as self._connection:
            await self._connection.execute("PRAGMA synchronous = FULL")
            await self._connection.execute("PRAGMA busy_timeout = 5000")
            yield

    async def post(self, request: web.Request) -> web.Response:
        asked = orjson.loads(await request.read())["variables"]
        async with self._turn:
            try:
                await self._connection.execute("BEGIN IMMEDIATE")
                payment = await self._save(asked["id"], asked["token"], asked["key"])
                await self._connection.execute("COMMIT")
            except BaseException:
                await self._connection.execute("ROLLBACK")
                raise
        return _json({"data": {"saveKlarnaAuthToken": payment}})

    async def _save(self, id: str, token: str, key: str) -> dict[str, str]:
        now = instant(SystemClock().now())
        connection = self._connection
        ((last,),) = await connection.execute_fetchall(_LAST)
        ((revision, _),) = await connection.execute_fetchall(_PAYMENT, (id,))
        await connection.execute(_UPDATE, (token, now, now, id, revision))
        version = (new_id(), id, revision + 1, _CHANGES, _WHO, now)
        await connection.execute(_VERSION, version)
        event = (f"naive-{last + 1}", id, last + 1, _PAYLOAD, _WHO, now)
        await connection.execute(_EVENT, event)
        payment = {"id": id, "status": "AUTHORIZED", "authToken": token}
        answer = orjson.dumps(payment).decode()
        await connection.execute(_REQUEST, (key, now, answer, now))
        return payment


def _json(body: object) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")


def create_app(settings: Settings, services: Services, *others: Any) -> web.Application:
    """Return the gateway's own application, with the yardsticks beside it."""
    made = _create_app(settings, services, *others)
    made[SERVICES] = services
    made.router.add_post("/floor", floor)

    naive = Naive(settings.database)
    made.router.add_post("/naive", naive.post)
    made.cleanup_ctx.append(naive.connected)
    return made


if __name__ == "__main__":
    setattr(app, "create_app", create_app)  # noqa: B010  (its signature may change)
    sys.argv[1:] = ["serve"]
    main()
