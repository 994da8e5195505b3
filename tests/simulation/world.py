"""One world: a shop, its shoppers, its back office, Klarna, and a gateway that may die any time."""

import asyncio
import random as chance
import string
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from graph.execution.executor import Executor
from graph.execution.limits import Limits
from graph.schema import schema
from resolvers.context import Context, Services
from resolvers.cursors import Cursors
from resolvers.identity.access import Access
from resolvers.identity.callers import Caller, CallerKind
from resolvers.identity.tokens import Tokens
from resolvers.klarna.accounts import Accounts
from resolvers.klarna.lanes import Pace
from resolvers.klarna.sandbox.ids import seeded_ids
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.sandbox.options import Options
from resolvers.klarna.sandbox.sandbox import Sandbox
from resolvers.secrets.credentials import Credentials
from resolvers.secrets.sealing import KeyRing
from store.scope import Mode
from tests.simulation.loop import SeededLoop, Time
from tests.simulation.network import Network, Weather
from tests.simulation.store import Disk, MemoryDatabase

Json = dict[str, Any]
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EXECUTOR = Executor(schema, Limits(rate=0, checkout_rate=0))
LOGIN = Credential("K0001_merchant", "klarna_test_api_secret")


@dataclass(frozen=True)
class WorldClock:
    """The world's time as the gateway reads it."""

    time: Time

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.time.now)


@dataclass
class Intent:
    """One movement of money that the back office wants: exactly once, if it has a key."""

    order_id: str
    effect: str
    amount: int | None
    key: str | None
    acknowledged: bool = False


@dataclass
class World:
    """What outlives the gateway's processes."""

    seed: int
    random: Random = field(init=False)
    time: Time = field(default_factory=Time)
    disk: Disk = field(default_factory=Disk)
    orders: list[str] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        chance.seed(self.seed)
        clock = WorldClock(self.time)
        self.sandbox = Sandbox(
            clock=clock.now,
            credentials=[LOGIN],
            options=Options(strict_tax=True),
            new_id=seeded_ids(self.seed),
        )
        self.network = Network(self.sandbox, self.random)
        self._ids = count(self.seed * 1_000_000)

    def new_id(self) -> str:
        """An id of ten letters, as the gateway makes them, and the same for the same seed."""
        letters, number, made = string.ascii_letters, next(self._ids), ""
        for _ in range(10):
            number, place = divmod(number, len(letters))
            made = letters[place] + made
        return made

    def born(self) -> Services:
        """A process of the gateway over what is on the disk."""
        keys = KeyRing({"k1": b"k" * 32})
        urls: Any = dict.fromkeys(("EU", "US", "OC"), "http://sandbox/eu")
        database, clock = MemoryDatabase(self.disk, self.random), WorldClock(self.time)
        credentials = Credentials(database, keys, clock, self.new_id)
        return Services(
            database=database,
            clock=clock,
            new_id=self.new_id,
            accounts=Accounts(self.network, credentials, urls, Pace(attempts=2, patience=15)),
            keys=keys,
            cursors=Cursors(b"c"),
            access=Access(Tokens("s" * 32, WorldClock(self.time)), WorldClock(self.time)),
            public_url="https://pay.example",
        )

    def live(
        self,
        life: Callable[[Services], Coroutine[Any, Any, None]],
        *,
        killed_after: float | None = None,
    ) -> bool:
        """Run a process to its end, or kill it in the middle; whether it came to its end."""
        loop = SeededLoop(self.time, self.random)
        services = self.born()
        task = loop.create_task(life(services))
        task.add_done_callback(lambda _: loop.stop())
        if killed_after is not None:
            loop.call_later(killed_after, loop.stop)
        try:
            asyncio.set_event_loop(loop)
            loop.run_forever()
            ended = task.done()
            if ended:
                task.result()
            return ended
        finally:
            loop.abandon()
            asyncio.set_event_loop(None)
            self.network.process_died()

    async def ask(self, services: Services, document: str, **variables: Any) -> Json:
        """What an integration is answered: the field's value, or `{"error": code}`."""
        forever = datetime.max.replace(tzinfo=UTC)
        caller = Caller(CallerKind.integration, Mode.test, "shop", expires_at=forever)
        answered = await EXECUTOR.answer(Context(services, caller), document, variables, None)
        errors = answered.body.get("errors")
        if errors:
            code = errors[0]["extensions"]["code"]
            assert code != "INTERNAL", (self.seed, errors)
            return {"error": code}
        (value,) = answered.body["data"].values()
        found: Json = value or {}
        return found

    def storm(self) -> None:
        """Have the network be as bad as the seed wants."""
        self.network.weather = Weather.bad(self.random)
