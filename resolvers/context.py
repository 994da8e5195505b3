"""What an operation is given: the services of the process, and the caller it acts for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

from resolvers.cursors import Cursors
from resolvers.errors import BadInput
from resolvers.history import Past, time_of
from resolvers.idempotency.claims import Claims
from resolvers.identity.access import Access
from resolvers.identity.callers import Caller
from resolvers.klarna.accounts import Accounts
from resolvers.loaders import Loaders
from resolvers.secrets.sealing import KeyRing
from resolvers.turns import Turns
from store.changes import Change
from store.database import Database, Transaction
from store.ids import NewId
from store.instants import Clock, Instant, instant
from store.lookups import Lookup
from store.scope import Scope

R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Services:
    """What all operations share, built once for the process."""

    database: Database
    clock: Clock
    new_id: NewId
    accounts: Accounts
    keys: KeyRing
    cursors: Cursors
    access: Access
    public_url: str | None
    """Where Klarna can reach this gateway, for its callbacks; None has it not call back."""
    turns: Turns = field(default_factory=Turns)
    claims: Claims = field(default_factory=Claims)
    """The requests under callers' keys that this process is working on."""


class Answering(Protocol):
    """Something that is answered in the very transaction of the change that it asks for."""

    @property
    def owner(self) -> str:
        """What tells it from all others, whichever attempt at it this is."""

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Make a change for it, and claim it in that if it is not claimed yet."""

    async def record(self, transaction: Transaction, result: object) -> None:
        """Write the answer down, if the change's result is one."""


class Context:
    """One caller's request."""

    def __init__(self, services: Services, caller: Caller) -> None:
        self.services = services
        self.caller = caller
        self.request: Answering | None = None
        """What is done once under a caller's key, and answered with the change it asks for."""
        self.given_up = False
        """Whether the caller was told that it took too long: no other change is begun then."""
        self.last_seen: str | None = None
        """The id of the last event that the caller has seen, where its connection says so."""
        self._pasts: dict[Instant, Past] = {}

    @cached_property
    def loaders(self) -> Loaders:
        """What finds records for this request; one that was compiled needs none."""
        return Loaders(self.database, self.scope)

    @property
    def database(self) -> Database:
        """Where questions are asked."""
        return self.services.database

    @property
    def scope(self) -> Scope:
        """What the caller sees."""
        return self.caller.scope

    def now(self) -> Instant:
        """Return the present."""
        return instant(self.services.clock.now())

    def new_id(self) -> str:
        """Return an id for a new resource."""
        return self.services.new_id()

    def past(self, at: Instant) -> Past:
        """Return loaders that answer as it was at a time."""
        past = self._pasts.get(at)
        if past is None:
            past = self._pasts[at] = Past(self.database, self.scope, at)
        return past

    async def seen_at(self, lookup: Lookup[R], key: str, at: Instant) -> R | None:
        """Return a record that is found by its id as it was at a time, or None.

        Raises BadInput for a time that is still to come or at which it was not there yet.
        """
        if at > self.now():
            raise BadInput("This time is still to come.", {"argument": "asOf", "value": at})
        found = await self.past(at).one(lookup, key)
        today: Any = await self.loaders.one(lookup, key) if found is None else None
        if today is not None:
            message = f"There was none before {today.created_at}, when it was created."
            raise BadInput(message, {"argument": "asOf", "value": at})
        return found

    def loaders_of(self, record: object) -> Loaders:
        """Return the loaders for what a record leads to: of its own time, if it is of the past."""
        at = time_of(record)
        return self.loaders if at is None else self.past(at)

    def time_of(self, record: object) -> Instant:
        """Return the time that a record is seen at: its own, if it is of the past."""
        return time_of(record) or self.now()

    async def change(self, work: Callable[[Change], Awaitable[T]]) -> T:
        """Change the store on the caller's behalf: wholly, and durably once this returns."""

        async def run(transaction: Transaction) -> T:
            who, at = self.caller.who, self.now()
            result = await work(Change(transaction, who, at, self.services.new_id))
            if self.request is not None:
                await self.request.record(transaction, result)
            return result

        write = self.services.database.write if self.request is None else self.request.write
        result = await write(run)
        if "loaders" in vars(self):  # they are made for who asks first: a change may need none
            self.loaders.forget()
        return result
