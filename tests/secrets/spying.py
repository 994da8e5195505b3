"""A spy: a gateway with canaries for secrets, and all that it says over HTTP and in its log."""

import base64
import io
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from graph.logs.output import flush_logs
from resolvers.klarna.sandbox.merchants import Credential
from tests.gateway import LOGIN, Gateway, running_gateway
from tests.secrets.canaries import Watch

TOKEN_SECRET = "canary-token-secret-5e1f0c7ab2d94c63"
OLD, NEW = b"canary-sealing-key-old-012345678", b"canary-sealing-key-new-012345678"
NEXT = Credential("K0001_canary_next_user", "canary-next-password-8c1d", merchant=LOGIN.username)
WRONG = Credential("canary-unknown-username-77", "canary-unknown-password-77")


@dataclass
class Spy:
    """Hears all that a gateway says over HTTP and into its log."""

    watch: Watch = field(default_factory=Watch)
    asking: str = "integration"
    """Who asks what at the moment, for the places of what is answered."""
    log: io.BytesIO = field(default_factory=io.BytesIO)

    def tracing(self) -> aiohttp.TraceConfig:
        trace = aiohttp.TraceConfig()

        async def headers(_: Any, __: Any, told: aiohttp.TraceRequestEndParams) -> None:
            self.watch.saw(f"http {self.asking}", str(told.response.headers))

        async def body(_: Any, __: Any, told: aiohttp.TraceResponseChunkReceivedParams) -> None:
            self.watch.saw(f"http {self.asking}", told.chunk)

        trace.on_request_end.append(headers)
        trace.on_response_chunk_received.append(body)
        return trace


@contextmanager
def overheard(log: io.BytesIO) -> Iterator[None]:
    """Have what is logged go there: pytest has put its own in the place of standard error."""
    flush_logs()
    before, sys.stderr = sys.stderr, io.TextIOWrapper(log, write_through=True)
    try:
        yield
    finally:
        flush_logs()
        sys.stderr.detach()
        sys.stderr = before


@asynccontextmanager
async def spied(folder: Path, spy: Spy) -> AsyncIterator[Gateway]:
    """A gateway with canaries for secrets, all of whose answers the spy hears."""
    keys = {"old": SecretStr(base64.b64encode(OLD).decode())}
    settings: dict[str, Any] = {"sealing_keys": keys, "token_secret": SecretStr(TOKEN_SECRET)}
    with overheard(spy.log):
        async with running_gateway(folder, **settings, public_url="https://pay.example") as gateway:
            gateway.sandbox.accept(NEXT)
            async with aiohttp.ClientSession(trace_configs=[spy.tracing()]) as http:
                gateway.http = http
                watch = spy.watch
                for name, login in (("present", LOGIN), ("next", NEXT), ("wrong", WRONG)):
                    watch.plant(f"api key, {name}", login.username)
                    watch.plant(f"api secret, {name}", login.password)
                    pair = f"{login.username}:{login.password}"
                    watch.plant(f"login, {name}", pair)
                watch.plant("token secret", TOKEN_SECRET)
                watch.plant("sealing key, old", OLD)
                watch.plant("sealing key, new", NEW)
                watch.plant("access token", gateway.token())
                yield gateway
    watch.saw("log", spy.log.getvalue())
    watch.saw_database(gateway.settings.database)
