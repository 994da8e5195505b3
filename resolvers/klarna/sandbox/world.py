"""What all parts of the sandbox share: the time, new ids, the switches and the books."""

from dataclasses import dataclass, field
from datetime import datetime

from resolvers.klarna.sandbox.agenda import Agenda
from resolvers.klarna.sandbox.callbacks import Kind, Outbox
from resolvers.klarna.sandbox.clock import Clock
from resolvers.klarna.sandbox.ids import NewId
from resolvers.klarna.sandbox.ledger import Ledger
from resolvers.klarna.sandbox.messages import Json
from resolvers.klarna.sandbox.options import Options


@dataclass(slots=True)
class World:
    """One sandbox's surroundings, thrown away as a whole when it is reset."""

    clock: Clock
    new_id: NewId
    options: Options
    agenda: Agenda = field(default_factory=Agenda)
    ledger: Ledger = field(default_factory=Ledger)
    outbox: Outbox = field(default_factory=Outbox)

    def fresh_id(self) -> str:
        """Return a new id as Klarna writes them: a UUID in lower case."""
        return str(self.new_id())

    def call_back(self, kind: Kind, url: str | None, body: Json, at: datetime) -> None:
        """Have a merchant's URL called at a moment, if there is one."""
        if url:
            self.outbox.post(kind, url, body, at, self.options)


def filled(url: str | None, *, session_id: str, order_id: str = "") -> str | None:
    """Put ids in the place of `{session.id}` and `{order.id}` in a merchant's URL."""
    if url is None:
        return None
    return url.replace("{session.id}", session_id).replace("{order.id}", order_id)
