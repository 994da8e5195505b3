"""The network to Klarna: it delays, loses, doubles, and delivers what nobody waits for any more."""

import asyncio
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

from multidict import CIMultiDict

from resolvers.klarna.errors import Silent, Unreachable
from resolvers.klarna.sandbox import messages
from resolvers.klarna.sandbox.sandbox import Sandbox
from resolvers.klarna.transport import Reply, Request


@dataclass
class Weather:
    """How often a message meets which fate."""

    lost_on_the_way: float = 0.0
    lost_on_the_way_back: float = 0.0
    late: float = 0.0
    """Delivered, but after its sender has given up."""
    doubled: float = 0.0
    refused_connection: float = 0.0

    @classmethod
    def bad(cls, random: Random) -> "Weather":
        return cls(*(random.choice((0.0, 0.02, 0.1, 0.3)) for _ in range(5)))


@dataclass
class Network:
    """Carries requests to the sandbox. What is under way outlives the process that sent it."""

    sandbox: Sandbox
    random: Random
    weather: Weather = field(default_factory=Weather)
    under_way: list[Request] = field(default_factory=list)

    async def send(self, request: Request) -> Reply:
        weather, chance = self.weather, self.random.random
        await asyncio.sleep(chance() * 0.2)
        if chance() < weather.refused_connection:
            raise Unreachable("Klarna could not be reached.")
        if chance() < weather.lost_on_the_way:
            await asyncio.sleep(10)
            raise Silent("Klarna gave no answer.")
        if chance() < weather.late:
            self.under_way.append(request)
            asyncio.get_running_loop().call_later(chance() * 60, self._arrive, request)
            await asyncio.sleep(10)
            raise Silent("Klarna gave no answer.")
        reply = self._handle(request)
        if chance() < weather.doubled:
            self._handle(request)
        await asyncio.sleep(chance() * 0.5)
        if chance() < weather.lost_on_the_way_back:
            await asyncio.sleep(10)
            raise Silent("Klarna gave no answer.")
        if reply.close or reply.delay:
            raise Silent("Klarna gave no answer.")
        return Reply(reply.status, CIMultiDict(reply.headers), reply.body)

    def calm(self) -> None:
        """Have nothing go wrong from here on, and everything under way arrive or be lost."""
        self.weather = Weather()
        self.process_died()

    def process_died(self) -> None:
        """Let what a dead process has sent arrive all the same, or not."""
        for request in self.under_way[:]:
            if self.random.random() < 0.5:
                self._arrive(request)
        self.under_way.clear()

    def _arrive(self, request: Request) -> None:
        if request in self.under_way:
            self.under_way.remove(request)
            self._handle(request)

    def _handle(self, request: Request) -> messages.Reply:
        url = urlsplit(request.url)
        return self.sandbox.handle(
            messages.Request(request.method, url.path, request.headers, request.body or b"")
        )
