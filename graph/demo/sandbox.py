"""Klarna's sandbox alone, for any integration's own tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from resolvers.klarna.sandbox.app import Served, running, running_clock
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.sandbox.sandbox import Sandbox

LOGIN = Credential("klarna-sandbox", "klarna_test_api_of_the_sandbox")


@asynccontextmanager
async def sandbox(host: str, port: int) -> AsyncIterator[Served]:
    """Run the sandbox until the context ends; port 0 picks a free one."""
    klarna = Sandbox(clock=running_clock(), credentials=[LOGIN])
    async with running(klarna, host=host, port=port) as served:
        yield served


def as_text(served: Served) -> str:
    """Return what a person needs to know, in a few lines."""
    urls = "\n".join(f"  {region}  {url}" for region, url in served.base_urls.items())
    return f"""\
Klarna's sandbox runs here. Use these in the place of Klarna's playground:
{urls}
  username  {served.credential.username}
  password  {served.credential.password}
In the place of Klarna's browser SDK: {served.sdk}
To authorize in the shopper's place, to move the clock, to inject faults: {served.control}
Nothing is kept. Ctrl-C stops it."""
