"""Who comes at once with many others does not wait for as many turns of the loop."""

import asyncio
import socket

import uvloop
from aiohttp import web

from graph.http.connections import Connection
from graph.http.listening import listen

MANY = 64


def test_many_who_come_at_once_are_let_in_within_a_few_turns() -> None:
    turns = uvloop.run(_turns())

    assert len(turns) == MANY
    assert turns[-1] - turns[0] < 10


async def _turns() -> list[int]:
    """The turns of the loop in which clients that wait already are let in."""
    let_in: list[int] = []
    turn = 0
    loop = asyncio.get_running_loop()

    class Noticing(web.Server):
        def __call__(self) -> Connection:
            let_in.append(turn)
            made: Connection = super().__call__()  # type: ignore[assignment]
            return made

    async def nothing(_: web.BaseRequest) -> web.Response:
        return web.Response()

    runner = web.ServerRunner(Noticing(nothing))
    await runner.setup()
    await listen(runner, "127.0.0.1", 0)
    clients = [socket.socket() for _ in range(MANY)]
    try:
        for client in clients:
            client.connect(runner.addresses[0])
        while len(let_in) < MANY:
            again: asyncio.Future[None] = loop.create_future()
            loop.call_soon(again.set_result, None)
            await again
            turn += 1
    finally:
        for client in clients:
            client.close()
        await runner.cleanup()
    return let_in
