"""What is new, as it is committed: a payment or an order as it is now, and events one by one.

Nothing is kept for whoever listens: it is woken, and reads what there is by then, as far as its
caller sees it at that moment.
"""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from resolvers.context import Context
from resolvers.errors import BadInput
from resolvers.seeing import seen
from store.events import EventStore, events_after, newest_position, position_of_event
from store.instants import Instant, moment
from store.lookups import Lookup
from store.orders import Order, orders_by_id
from store.payments import KlarnaPayment, ends_at, payments_by_id

R = TypeVar("R")

AT_ONCE = 100
"""How many events are read, and held for one listener, at a time."""


async def payment_changes(context: Context, payment_id: str) -> AsyncIterator[KlarnaPayment]:
    """Yield a payment as it is, now and whenever it or its order changes. Raises NotFound.

    It ends when the caller sees the payment no more.
    """
    payment = await seen(context, context.database, payments_by_id, payment_id)
    return _states(context, payments_by_id, payment.id, payment.order_id, ends_at)


async def order_changes(context: Context, order_id: str) -> AsyncIterator[Order]:
    """Yield an order as it is, now and whenever it or what belongs to it changes. Raises NotFound.

    It ends when the caller sees the order no more.
    """
    order = await seen(context, context.database, orders_by_id, order_id)
    return _states(context, orders_by_id, order.id, order.id, lambda _order, _now: None)


async def _states(
    context: Context,
    lookup: Lookup[R],
    key: str,
    order_id: str,
    ends: Callable[[R, Instant], Instant | None],
) -> AsyncIterator[R]:
    with context.database.announcements.listen(order_id) as listener:
        while record := await lookup.one(context.database, key, context.scope):
            yield record
            end = ends(record, context.now())
            await listener.news(None if end is None else _seconds_until(context, end))


def _seconds_until(context: Context, end: Instant) -> float:
    return max(0.0, (moment(end) - context.services.clock.now()).total_seconds())


async def events_since(context: Context, after: str | None) -> AsyncIterator[EventStore]:
    """Yield the events after one of them in their order, each once; without one, from now on.

    Raises BadInput if there is no such event yet.
    """
    newest = await newest_position(context.database)
    position = newest if after is None else position_of_event(after)
    if position is None or position > newest:
        message = "This is not the id of an event of this store."
        raise BadInput(message, {"argument": "after", "value": after})
    return _events(context, position)


async def _events(context: Context, position: int) -> AsyncIterator[EventStore]:
    database = context.database
    with database.announcements.listen() as listener:
        while True:
            newest = await newest_position(database)
            found = await events_after(database, position, context.scope, AT_ONCE)
            for event in found.records:
                yield event
                position = event.position
            if not found.more:
                # Those of the other mode are passed over, and not read again each time
                position = max(position, newest)
                await listener.news()
