"""Orders: the types, their questions and changes."""

from collections.abc import Callable
from typing import Annotated, Any

import strawberry
from sqlalchemy import ColumnElement
from typing_extensions import Doc

from graph.context import Info
from graph.errors import Refusal, told
from graph.federation import entity, shareable
from graph.fields.computed import Columns, Statement, in_sql
from graph.fields.connections import connected, connection_of, listed
from graph.fields.filters import filter_of
from graph.fields.inputs import content, graph_input
from graph.fields.lookups import found_by
from graph.fields.mutations import mutation
from graph.fields.permissions import open_to
from graph.fields.relationships import many, one
from graph.fields.resources import AsOf, Resource, asked_for
from graph.fields.sorting import order_of
from graph.fields.types import graph_type
from graph.payment_methods import PaymentMethod
from graph.payments import KlarnaPayment
from graph.transactions import moved
from resolvers import deciding, orders, purchases
from resolvers.errors import BadInput, Refused
from resolvers.given import Given, Rows, key_in_sql, rows_in_sql
from resolvers.history import time_of
from resolvers.identity.permissions import EVERYONE, READERS
from resolvers.obstacles import obstacles
from resolvers.placing import place_order
from resolvers.purchases import purchase_given, purchase_in_sql
from resolvers.snapshots import Snapshot
from store import addresses, line_items
from store import orders as store
from store.addresses import AddressContent, addresses_by_id
from store.commits import at_once
from store.instants import Instant
from store.line_items import LineItemContent, line_items_by_order
from store.orders import OrderContent, orders_by_id, orders_by_reference, orders_by_token
from store.payment_methods import payment_methods_by_id
from store.payments import payments_by_id, payments_by_order
from store.scope import Reach
from store.transactions import (
    authorizations_by_order,
    captures_by_order,
    refunds_by_order,
    transactions_by_order,
    voids_by_order,
)

HERE = "graph.orders"


@shareable
@graph_type
class Address(addresses.Address, Resource):
    """An order's billing or shipping address. Each order has its own."""


@shareable
@graph_type
class LineItem(line_items.LineItem, Resource):
    """One line of an order: goods, shipping, a discount or a charge."""


def _obstacles_in_sql(answered: Callable[[list[Refused]], Any]) -> dict[str, Any]:
    """Return the metadata of a field that is answered from what stands in an order's way."""

    def finish(now: Instant, orders: Rows, sources: Rows, *purchase: Rows) -> Any:
        found = (orders_by_id, orders), (payments_by_id, sources), *purchase_given(*purchase)
        given = Given(*found)
        return answered(at_once(obstacles(given, given.one(orders_by_id), now)))

    def express(order: Columns, asked: Statement) -> ColumnElement[Any]:
        source = order.payment_source_id
        return asked.finished(
            finish,
            asked.now,
            rows_in_sql(orders_by_id, order.id, asked.reach),
            rows_in_sql(payments_by_id, source, Reach.everything),
            *purchase_in_sql(order.id, key_in_sql(payments_by_id, source, "payment_gateway_id")),
        )

    return in_sql(express, "id", "payment_source_id")


@shareable
@entity(orders_by_id)
@graph_type
class Order(store.Order, Resource):
    """A shop's order as the shop last pushed it, with what has been paid of it."""

    line_items: list[LineItem] = many(line_items_by_order, "id", "Its lines, in their order.")
    billing_address: Address | None = one(
        addresses_by_id, "billing_address_id", "Who pays it; null if the shop pushed none."
    )
    shipping_address: Address | None = one(
        addresses_by_id, "shipping_address_id", "Where it goes; null if the shop pushed none."
    )
    payment_method: PaymentMethod | None = one(
        payment_methods_by_id,
        "payment_method_id",
        "The payment method chosen. Not for checkouts.",
        seen_by=READERS,
    )
    payment_source: KlarnaPayment | None = one(
        payments_by_id, "payment_source_id", "The payment that is to pay it, or has paid it."
    )
    klarna_payments = connected(
        "KlarnaPayment",
        "graph.payments",
        payments_by_order,
        "id",
        "All payments ever opened for it.",
    )
    transactions = moved(
        "Transaction", transactions_by_order, "All that was done with its money, and attempted."
    )
    authorizations = moved(
        "Authorization", authorizations_by_order, "Klarna's authorizations of it, failed ones too."
    )
    captures = moved("Capture", captures_by_order, "The captures of it, failed ones too.")
    voids = moved("Void", voids_by_order, "The voids of its authorizations, failed ones too.")
    refunds = moved("Refund", refunds_by_order, "The refunds of its captures, failed ones too.")

    @strawberry.field(
        metadata=in_sql(
            lambda order, _: purchases.editable_in_sql(order), "status", "payment_source_id"
        )
    )
    async def editable(self, info: Info) -> bool:
        """Whether it may still change: it is not placed, nor just being placed."""
        return await purchases.editable(info.context.loaders_of(self), self)

    @strawberry.field(metadata=_obstacles_in_sql(lambda found: not found))
    async def placeable(self, info: Info) -> bool | None:
        """Whether `placeOrder` would ask Klarna now. Null for an order of the past."""
        found = await _obstacles(self, info)
        return None if found is None else not found

    @strawberry.field(
        graphql_type=list[Refusal] | None,
        metadata=_obstacles_in_sql(lambda found: [told(refused) for refused in found]),
    )
    async def obstacles(self, info: Info) -> list[Refusal] | None:
        """All that stands in the way of placing it, the weightiest first; none if `placeable`.

        `placeOrder` refuses with the first one. Null for an order of the past.
        """
        found = await _obstacles(self, info)
        return None if found is None else [told(refused) for refused in found]


async def _obstacles(order: store.Order, info: Info) -> list[Refused] | None:
    context = info.context
    if time_of(order) is not None:
        return None  # what Klarna was told is not kept in the history
    return await obstacles(context.loaders, order, context.now())


OrderFilter = filter_of(Order)
OrderOrder = order_of(Order)
OrderConnection = connection_of(Order)
OrderResult = Annotated[
    Order | Refusal, strawberry.union("OrderResult", description="The order, or why not.")
]


@graph_input
class AddressInput(AddressContent):
    """An address, whole."""


@graph_input
class LineItemInput(LineItemContent):
    """A line, whole. Its total is checked, not computed."""


@graph_input
class OrderInput(OrderContent):
    """An order, whole: what is not in here is gone after it is put."""

    id: strawberry.ID | None = strawberry.field(
        description="The order's id, or your own for a new one: up to 64 letters, digits, - and _.",
        default=None,
    )
    line_items: list[LineItemInput] = strawberry.field(
        description="Its lines, in their order; at most 1,000."
    )
    billing_address: AddressInput | None = strawberry.field(
        description="Who pays it.", default=None
    )
    shipping_address: AddressInput | None = strawberry.field(
        description="Where it goes.", default=None
    )
    payment_method_id: strawberry.ID | None = strawberry.field(
        description="The payment method chosen; null leaves it as it is.", default=None
    )

    def snapshot(self) -> Snapshot:
        """Return it as the resolvers take it."""
        return Snapshot(
            order=content(OrderContent, self),
            lines=[content(LineItemContent, line) for line in self.line_items],
            billing_address=self.billing_address and content(AddressContent, self.billing_address),
            shipping_address=self.shipping_address
            and content(AddressContent, self.shipping_address),
            payment_method_id=self.payment_method_id,
            order_id=self.id,
        )


@graph_type
class OrderQuestions:
    """What can be asked of orders."""

    @strawberry.field(
        graphql_type=Order | None,
        metadata=open_to(EVERYONE)
        | found_by(id=orders_by_id, reference=orders_by_reference, token=orders_by_token),
    )
    async def order(
        self,
        info: Info,
        id: Annotated[strawberry.ID | None, Doc("The order's id.")] = None,
        reference: Annotated[str | None, Doc("The shop's own id for it.")] = None,
        token: Annotated[str | None, Doc("The order's token.")] = None,
        as_of: AsOf = None,
    ) -> Any:
        """One order, by one of three ways, or null if the caller sees none.

        Of several orders with one reference it is the newest.
        """
        loaders = info.context.loaders
        match (id, reference, token):
            case (str(), None, None):
                return await asked_for(info, orders_by_id, id, as_of)
            case (None, str(), None):
                found = await loaders.many(orders_by_reference, reference)
            case (None, None, str()):
                found = await loaders.many(orders_by_token, token)
            case _:
                message = "Give exactly one of `id`, `reference` and `token`."
                raise BadInput(message, {"argument": "id"})
        if not found or as_of is None:
            return found[-1] if found else None
        return await asked_for(info, orders_by_id, found[-1].id, as_of)

    orders = listed("Order", HERE, "All orders. Not for checkouts.")


@graph_type
class OrderChanges:
    """What can be done with orders."""

    @mutation(OrderResult, orders.put_order, in_one=True)
    async def put_order(
        self, info: Info, input: Annotated[OrderInput, Doc("The order, whole.")]
    ) -> store.Order:
        """Make the gateway's order what the shop's is, found by its id or its reference.

        Sums are checked and never invented. The same again changes nothing. A placed order, and
        one that is just being placed, is refused. For integrations only.
        """
        return await orders.put_order(info.context, input.snapshot())

    @mutation(OrderResult, deciding.set_order_payment_method)
    async def set_order_payment_method(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The order's id.")],
        payment_method_id: Annotated[strawberry.ID, Doc("The payment method's id.")],
    ) -> store.Order:
        """Choose how an order is to be paid. For integrations only.

        A payment that another method made is no longer its source, and what that had authorized
        is given up: call createKlarnaPayment next.
        """
        return await deciding.set_order_payment_method(info.context, id, payment_method_id)

    @mutation(OrderResult, deciding.approve_order)
    async def approve_order(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The order's id.")]
    ) -> store.Order:
        """Approve a placed order for fulfilment. For integrations only.

        Klarna is not told. Wait while the payment is PENDING_REVIEW: Klarna may still refuse it.
        """
        return await deciding.approve_order(info.context, id)

    @mutation(OrderResult, deciding.cancel_order)
    async def cancel_order(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The order's id.")]
    ) -> store.Order:
        """Cancel an order that is not placed, and give up what was authorized for it.

        A placed one is cancelled by voidOrder, unless Klarna refused it in its review. For
        integrations only.
        """
        return await deciding.cancel_order(info.context, id)

    @mutation(OrderResult, place_order, about=orders_by_id)
    async def place_order(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The order's id.")]
    ) -> store.Order:
        """Place a pending order with Klarna, by the authorization its payment holds.

        Calling it again, from wherever, places nothing twice. If nobody knows what Klarna did, the
        error is UNAVAILABLE and the payment PLACING: call it again.
        """
        return await place_order(info.context, id)
