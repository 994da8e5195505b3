"""Subscriptions: what is new, pushed as it is committed."""

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry
from typing_extensions import Doc

from graph.audit import EventStore
from graph.context import Info
from graph.fields.permissions import open_to
from graph.fields.types import graph_type
from graph.orders import Order
from graph.payments import KlarnaPayment
from resolvers import live
from resolvers.identity.permissions import EVERYONE, READERS
from store import events, orders, payments


@graph_type
class Subscriptions:
    """What can be followed."""

    @strawberry.subscription(graphql_type=KlarnaPayment, metadata=open_to(EVERYONE))
    async def klarna_payment_changed(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The payment's id.")]
    ) -> AsyncIterator[payments.KlarnaPayment]:
        """The payment as it is now, at once, and again after each change of it or of its order.

        So a reconnection needs no catching up: what it begins with is the present. Several changes
        may come as one, when its session or its authorization ends by the clock that comes too,
        and it completes when the payment is deleted or yours to see no more.
        """
        return await live.payment_changes(info.context, id)

    @strawberry.subscription(graphql_type=Order, metadata=open_to(EVERYONE))
    async def order_changed(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The order's id.")]
    ) -> AsyncIterator[orders.Order]:
        """The order as it is now, at once, and again after each change of it or what belongs to it.

        That is its lines, addresses, payments and transactions. Several changes may come as one. It
        completes when the order is yours to see no more: for a checkout, when it is cancelled.
        """
        return await live.order_changes(info.context, id)

    @strawberry.subscription(graphql_type=EventStore, metadata=open_to(READERS))
    async def event_stores(
        self,
        info: Info,
        after: Annotated[
            strawberry.ID | None,
            Doc("The last event you have seen; without it, only what happens from now on is told."),
        ] = None,
    ) -> AsyncIterator[events.EventStore]:
        """All that happens, in its order and each event once. Not for checkouts.

        Keep the `id` of the last event you have dealt with, and begin `after` it the next time:
        nothing is missed, however long you were away. `0-0` is before the first event.
        """
        context = info.context
        return await live.events_since(context, context.last_seen or after)
