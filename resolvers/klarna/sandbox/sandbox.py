"""The sandbox as a whole: Klarna for merchants, a control API for tests, and an outbox.

It is synchronous and knows neither sockets nor the time of day, so that a simulation can run it
in-process; `resolvers.klarna.sandbox.app` puts it on a port.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from resolvers.klarna.sandbox import control
from resolvers.klarna.sandbox.callbacks import Delivery
from resolvers.klarna.sandbox.checkout import Step
from resolvers.klarna.sandbox.clock import AdjustableClock, Clock
from resolvers.klarna.sandbox.desk import Desk
from resolvers.klarna.sandbox.exchanges import Exchange
from resolvers.klarna.sandbox.faults import Fault
from resolvers.klarna.sandbox.ids import NewId
from resolvers.klarna.sandbox.klarna import Klarna
from resolvers.klarna.sandbox.ledger import Entry
from resolvers.klarna.sandbox.merchants import Credential, Merchants
from resolvers.klarna.sandbox.messages import Json, Reply, Request
from resolvers.klarna.sandbox.options import Options
from resolvers.klarna.sandbox.orders import Order
from resolvers.klarna.sandbox.world import World


class Sandbox:
    """An emulated Klarna.

    Everything follows from what is handed in: the clock (UTC), the credentials it accepts, its
    options, and a source of ids. The same requests at the same times get the same answers.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        credentials: Iterable[Credential],
        options: Options | None = None,
        new_id: NewId = uuid4,
    ) -> None:
        self.clock = clock
        self._merchants = Merchants(credentials)
        self._initial = options or Options()
        self._new_id = new_id
        self._listeners: list[Callable[[], None]] = []
        self.reset()

    def reset(self) -> None:
        """Forget everything that happened, and change all options back. Time stays."""
        self._world = World(self.clock, self._new_id, self._initial)
        self._klarna = Klarna(self._world)
        self._desk = Desk(self._world, self._merchants, self._klarna)

    def handle(self, request: Request) -> Reply:
        """Answer a request, be it a merchant's or one to the control API."""
        now = self._present()
        if request.segments[0] == control.PREFIX:
            reply = control.answer(self, request)
        else:
            reply = self._desk.answer(request, now)
        self._changed()
        return reply

    def shopper(self, session_id: str, step: Step, wish: Json | None = None) -> Json:
        """Take a step of the shopper's, and return what the SDK's callback would be given.

        `wish` is what the step is asked for: `{"payment_method_category": ..., "data": {...}}`.
        Raises KlarnaError if the session cannot be used.
        """
        self._present()
        answer = self._klarna.checkout.step(step, session_id, wish or {})
        self._changed()
        return answer

    def close(self, order_id: str) -> Order:
        """Close a captured order, as Klarna does to old ones. Raises KeyError or KlarnaError."""
        self._present()
        return self._klarna.endings.close(order_id)

    def arrived(self, reply: Reply) -> None:
        """Tell that a delayed reply has reached its caller, if the clock does not tell it."""
        self._desk.arrived(reply)

    def waiting(self) -> list[Delivery]:
        """Return all callbacks that are still to be sent, in the order in which they are due."""
        return self._world.outbox.waiting()

    def due(self) -> list[Delivery]:
        """Return the callbacks to be sent by now. They stay due until they are settled."""
        now = self._present()
        return [delivery for delivery in self.waiting() if delivery.due_at <= now]

    def next_due_at(self) -> datetime | None:
        """Return when the next callback is to be sent, or None if none is waiting."""
        return next((delivery.due_at for delivery in self.waiting()), None)

    def settle(self, delivery: Delivery, status: int | None) -> None:
        """Record how a callback was answered, None if it was not, and plan its repetition."""
        self._world.outbox.settle(delivery, status, self._present())
        self._changed()

    def advance(self, by: timedelta) -> datetime:
        """Move an adjustable clock forwards. Raises ValueError if it is none, or for the past."""
        if not isinstance(self.clock, AdjustableClock):
            raise ValueError("The clock is not adjustable.")  # noqa: TRY004  # of a right type
        self.clock.advance(by)
        now = self._present()
        self._changed()
        return now

    def accept(self, credential: Credential) -> None:
        """Let another credential call, as Klarna's portal makes one. Raises ValueError."""
        self._merchants.add(credential)

    def disable(self, username: str) -> None:
        """Answer a credential with 401 from now on. Raises KeyError if there is none."""
        self._merchants.remove(username)

    def inject(self, fault: Fault) -> None:
        """Have the next calls of an operation go wrong."""
        self._desk.faults.add(fault)

    def clear_faults(self) -> None:
        """Have nothing go wrong any more."""
        self._desk.faults.waiting.clear()

    def watch(self, listener: Callable[[], None]) -> None:
        """Have a function called whenever something may have become due."""
        self._listeners.append(listener)

    def unwatch(self, listener: Callable[[], None]) -> None:
        """Stop calling a function."""
        self._listeners.remove(listener)

    @property
    def credential(self) -> Credential:
        """The first credential, for whoever is to use the sandbox."""
        return self._merchants.first

    @property
    def credentials(self) -> Sequence[Credential]:
        """The credentials that are accepted now."""
        return self._merchants.all

    @property
    def options(self) -> Options:
        """The switches as they are now; assign to change them."""
        return self._world.options

    @options.setter
    def options(self, options: Options) -> None:
        self._world.options = options

    @property
    def operations(self) -> list[str]:
        """The names of the operations, for faults."""
        return self._klarna.routes.operations

    @property
    def faults(self) -> Sequence[Fault]:
        """The faults still to come."""
        return self._desk.faults.waiting

    @property
    def ledger(self) -> Sequence[Entry]:
        """Every effect ever committed, oldest first."""
        self._present()
        return self._world.ledger.entries

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """What merchants asked and were answered, oldest first."""
        return self._desk.exchanges

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """Every callback there was, oldest first."""
        return self._world.outbox.deliveries

    def _present(self) -> datetime:
        """Let happen what the clock has brought, and return the time."""
        now = self.clock()
        self._world.agenda.run(now)
        return now

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()
