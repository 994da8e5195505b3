"""A doctor that looks at a gateway of the tests, and never at Klarna itself."""

from dataclasses import replace
from typing import Any

import aiohttp

from graph.commands.doctor import Checkup, check_up
from graph.settings import Settings
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.transport import HttpTransport, Reply, Request, Transport
from store.instants import SystemClock
from tests import documents
from tests.gateway import Gateway

HOSTS = {
    "https://api.klarna.com": "live/eu",
    "https://api-na.klarna.com": "live/us",
    "https://api-oc.klarna.com": "live/oc",
}


class Rerouted:
    """Sends what is meant for Klarna's production to the sandbox's."""

    def __init__(self, gateway: Gateway) -> None:
        self._origin = gateway.klarna.origin
        timeout = aiohttp.ClientTimeout(total=10)
        self._http = HttpTransport(gateway.http, timeout)
        self.sent: list[str] = []

    async def send(self, request: Request) -> Reply:
        url = request.url
        for host, path in HOSTS.items():
            url = url.replace(f"{host}/", f"{self._origin}/{path}/")
        assert url.startswith(self._origin), "tests call nobody"
        self.sent.append(request.method)
        return await self._http.send(replace(request, url=url))


def well_set(gateway: Gateway, **settings: Any) -> Settings:
    given = {"public_url": "https://pay.example.com", **settings}
    return gateway.settings.model_copy(update=given)


async def examined(
    gateway: Gateway, transport: Transport | None = None, **settings: Any
) -> Checkup:
    """A look at a gateway that runs meanwhile."""
    chosen = well_set(gateway, **settings)
    return await check_up(chosen, SystemClock(), transport or Rerouted(gateway))


def text(told: Checkup) -> str:
    """What a person reads, without the breaks of lines."""
    return " ".join(told.as_text().split())


def wrongs(told: Checkup) -> list[tuple[str, str]]:
    return [(one.subject, one.said) for one in told.findings if one.health == "wrong"]


async def make(gateway: Gateway, credential: Credential, **given: Any) -> str:
    """Another gateway with its own credentials; its id."""
    login = {"apiKey": credential.username, "apiSecret": credential.password}
    settings = {"name": "Another", "countryCode": "EU", **login, **given}
    made = await gateway.do(documents.CREATE_GATEWAY, input=settings)
    made_id: str = made["id"]
    return made_id
