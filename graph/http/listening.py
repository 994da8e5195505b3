"""Listening: where clients open their connections."""

import asyncio
import os
import socket
from typing import cast

from aiohttp import web

DOORS = 16
"""How many connections are taken in one turn of the loop, at the most.

libuv takes one at each socket that it listens on. Where many clients come at once to a server that
has much to do, the last of them would wait for as many turns as there are clients.
"""


async def listen(runner: web.BaseRunner, host: str, port: int) -> None:
    """Listen on an address, several times over. Raises OSError."""
    site = web.TCPSite(runner, host, port)
    await site.start()
    server = cast("asyncio.Server", site._server)  # noqa: SLF001  (nothing else has the sockets)
    for listening in server.sockets:
        for _ in range(DOORS - 1):
            door = socket.socket(fileno=os.dup(listening.fileno()))
            await web.SockSite(runner, door).start()
