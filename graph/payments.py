"""Klarna payments: the type, its questions and changes."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from typing_extensions import Doc

from graph.categories import PaymentMethodCategory, categories_of
from graph.context import Info
from graph.errors import Refusal
from graph.federation import entity
from graph.fields.computed import in_sql
from graph.fields.connections import connection_of, listed
from graph.fields.filters import filter_of
from graph.fields.inputs import changes, content, graph_input, graph_patch
from graph.fields.lookups import found_by
from graph.fields.mutations import mutation
from graph.fields.permissions import open_to
from graph.fields.relationships import one
from graph.fields.resources import AsOf, Resource, asked_for
from graph.fields.sorting import order_of
from graph.fields.types import graph_type
from graph.gateways import KlarnaGateway
from graph.mismatches import Mismatch
from resolvers import payments
from resolvers.errors import Refused
from resolvers.given import Given, Rows, key_in_sql, rows_in_sql
from resolvers.history import time_of
from resolvers.identity.permissions import EVERYONE, INTEGRATIONS, PAYERS, READERS
from resolvers.klarna.wire import authorize_payload
from resolvers.mismatches import mismatches
from resolvers.purchases import purchase_given, purchase_in_sql
from resolvers.recording import record_klarna_order
from store import payments as store
from store.addresses import addresses_by_id
from store.building import stored
from store.commits import at_once
from store.fields import Json
from store.gateways import gateways_by_id
from store.orders import orders_by_id
from store.payments import PaymentStatus, payments_by_id, payments_by_session
from store.resources import Referable

if TYPE_CHECKING:
    from graph.orders import Order

HERE = "graph.payments"


def _payload(snapshot: Json, orders: Rows, billing: Rows, shipping: Rows) -> Json | None:
    order = Given((orders_by_id, orders)).one(orders_by_id)
    if order is None:
        return None
    addresses = [Given((addresses_by_id, one)).one(addresses_by_id) for one in (billing, shipping)]
    return authorize_payload(snapshot, order, *addresses)


def _mismatches(payment: Rows, orders: Rows, *purchase: Rows) -> Any:
    given = Given((payments_by_id, payment), (orders_by_id, orders), *purchase_given(*purchase))
    order = given.one(orders_by_id)
    if order is None:
        return None
    try:
        return at_once(mismatches(given, order, given.one(payments_by_id)))
    except Refused:
        return None


@entity(payments_by_id, payments_by_session)
@graph_type
class KlarnaPayment(store.KlarnaPayment, Resource):
    """An order's payment with Klarna: the session, the authorization and what came of it."""

    status: strawberry.Private[PaymentStatus]
    payment_methods: strawberry.Private[list[Json]]
    client_token: strawberry.Private[str | None]
    auth_token: strawberry.Private[str | None]

    order: Annotated["Order", strawberry.lazy("graph.orders")] | None = one(
        orders_by_id, "order_id", "The order it pays."
    )
    payment_gateway: KlarnaGateway | None = one(
        gateways_by_id,
        "payment_gateway_id",
        "The gateway it goes through. Not for checkouts.",
        seen_by=READERS,
    )

    @strawberry.field(
        name="status",
        metadata=in_sql(
            lambda payment, asked: store.status_in_sql(payment, asked.now),
            "status",
            "session_expires_at",
            "auth_token_expires_at",
        ),
    )
    def standing(self, info: Info) -> PaymentStatus:
        """Where it stands now: sessions and authorizations end by the clock."""
        return store.status_at(self, info.context.time_of(self))

    @strawberry.field(
        name="paymentMethods",
        metadata=in_sql(
            lambda payment, asked: asked.finished(categories_of, stored(payment.payment_methods)),
            "payment_methods",
        ),
    )
    def categories(self) -> list[PaymentMethodCategory]:
        """Klarna's payment method categories for this order. Show the shopper one of these."""
        return categories_of(self.payment_methods)

    @strawberry.field(
        name="clientToken",
        metadata=open_to(PAYERS) | in_sql(lambda payment, _: payment.client_token, "client_token"),
    )
    def widget_token(self) -> str | None:
        """What the browser hands to `Klarna.Payments.init()`, good for this session only.

        Whoever holds it acts as the shopper in Klarna's widget, so operators do not read it.
        """
        return self.client_token

    @strawberry.field(
        name="authToken",
        metadata=open_to(INTEGRATIONS)
        | in_sql(lambda payment, _: payment.auth_token, "auth_token"),
    )
    def authorization(self) -> str | None:
        """The token of the shopper's authorization, for integrations only.

        Null before the authorization and whenever it is no longer good.
        """
        return self.auth_token

    @strawberry.field(
        metadata=in_sql(
            lambda payment, asked: store.mismatched_in_sql(payment, asked.reach),
            "order_id",
            "intent_amount_cents",
            "currency_code",
        )
    )
    async def mismatched_amounts(self, info: Info) -> bool:
        """Whether the order's total today is not what the session was last told.

        If it is true, call refreshKlarnaPayment and have the shopper authorize again.
        """
        order = await info.context.loaders_of(self).one(orders_by_id, self.order_id)
        return order is not None and store.mismatched(self, order)

    @strawberry.field(
        graphql_type=list[Mismatch] | None,
        metadata=in_sql(
            lambda payment, asked: asked.finished(
                _mismatches,
                *(
                    rows_in_sql(payments_by_id, payment.id, asked.reach),
                    rows_in_sql(orders_by_id, payment.order_id, asked.reach),
                ),
                *purchase_in_sql(payment.order_id, payment.payment_gateway_id),
            ),
            "id",
            "order_id",
            "payment_gateway_id",
        ),
    )
    async def mismatches(self, info: Info) -> Any:
        """What of the order is not what the session was last told, field by field.

        Null for a payment of the past, and where the order is not one that Klarna could be told:
        the order's `obstacles` say why.
        """
        loaders = info.context.loaders
        order = await loaders.one(orders_by_id, self.order_id)
        if order is None or time_of(self) is not None:
            return None
        try:
            return await mismatches(loaders, order, self)
        except Refused:
            return None

    @strawberry.field(
        graphql_type=Json | None,
        metadata=in_sql(
            lambda payment, asked: asked.finished(
                _payload,
                stored(payment.snapshot),
                rows_in_sql(orders_by_id, payment.order_id, asked.reach),
                *(
                    rows_in_sql(
                        addresses_by_id,
                        key_in_sql(orders_by_id, payment.order_id, name),
                        asked.reach,
                    )
                    for name in ("billing_address_id", "shipping_address_id")
                ),
            ),
            "snapshot",
            "order_id",
        ),
    )
    async def authorize_payload(self, info: Info) -> Json | None:
        """Exactly what to pass to `Klarna.Payments.authorize()`, so that no amount is built twice.

        It is what the session was last told, and the order's addresses as they are now. Null for a
        payment of the past.
        """
        loaders = info.context.loaders
        order = await loaders.one(orders_by_id, self.order_id)
        if order is None or time_of(self) is not None:
            return None
        billing, shipping = await asyncio.gather(
            loaders.one(addresses_by_id, order.billing_address_id),
            loaders.one(addresses_by_id, order.shipping_address_id),
        )
        return authorize_payload(self.snapshot, order, billing, shipping)


KlarnaPaymentFilter = filter_of(KlarnaPayment)
KlarnaPaymentOrder = order_of(KlarnaPayment)
KlarnaPaymentConnection = connection_of(KlarnaPayment)
KlarnaPaymentResult = Annotated[
    KlarnaPayment | Refusal,
    strawberry.union("KlarnaPaymentResult", description="The payment, or why not."),
]


@graph_input
class CreateKlarnaPaymentInput(Referable):
    """A new payment."""

    order_id: strawberry.ID = strawberry.field(description="The order to pay.")


@graph_patch
class UpdateKlarnaPaymentInput(Referable):
    """What is to change of a payment; what is left out stays as it is."""


@graph_type
class PaymentQuestions:
    """What can be asked of payments."""

    @strawberry.field(
        graphql_type=KlarnaPayment | None,
        metadata=open_to(EVERYONE) | found_by(id=payments_by_id),
    )
    async def klarna_payment(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The payment's id.")],
        as_of: AsOf = None,
    ) -> Any:
        """One payment, or null if the caller sees none of this id."""
        return await asked_for(info, payments_by_id, id, as_of)

    klarna_payments = listed("KlarnaPayment", HERE, "All payments. Not for checkouts.")


@graph_type
class PaymentChanges:
    """What can be done with payments."""

    @mutation(KlarnaPaymentResult, payments.create_klarna_payment, about=orders_by_id)
    async def create_klarna_payment(
        self, info: Info, input: Annotated[CreateKlarnaPaymentInput, Doc("The new payment.")]
    ) -> store.KlarnaPayment:
        """Open a Klarna session for an order, and make the payment the order's source.

        The order must be editable, with lines and a payment method whose gateway is enabled and
        serves its country. Creating again is fine: the newest payment counts, and what an older
        one has authorized is given up.
        """
        referable = content(Referable, input)
        return await payments.create_klarna_payment(info.context, input.order_id, referable)

    @mutation(KlarnaPaymentResult, payments.update_klarna_payment, in_one=True)
    async def update_klarna_payment(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The payment's id.")],
        input: Annotated[UpdateKlarnaPaymentInput, Doc("What is to change.")],
    ) -> store.KlarnaPayment:
        """Change your own marks on a payment. For integrations only.

        `metadata` is replaced as a whole. What Klarna is told follows the order: for that call
        refreshKlarnaPayment.
        """
        said = changes(Referable, input)
        return await payments.update_klarna_payment(info.context, id, said)

    @mutation(KlarnaPaymentResult, payments.delete_klarna_payment)
    async def delete_klarna_payment(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The payment's id.")]
    ) -> store.KlarnaPayment:
        """Delete a payment that nothing came of, and answer it as it was. For integrations only.

        What it has authorized is given up. A placed payment stays, and so does one that Klarna
        refused to place an order with.
        """
        return await payments.delete_klarna_payment(info.context, id)

    @mutation(
        KlarnaPaymentResult, payments.save_klarna_auth_token, about=payments_by_id, in_one=True
    )
    async def save_klarna_auth_token(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The payment's id.")],
        auth_token: Annotated[str, Doc("`authorization_token`, as the widget returned it.")],
    ) -> store.KlarnaPayment:
        """Save what `Klarna.Payments.authorize()` returned, as soon as it did.

        The order must be placed within 60 minutes. The same token again changes nothing, another
        one replaces it.
        """
        return await payments.save_klarna_auth_token(info.context, id, auth_token)

    @mutation(KlarnaPaymentResult, record_klarna_order)
    async def record_klarna_order(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The payment's id.")],
        klarna_order_id: Annotated[
            str | None, Doc("Klarna's id for the order, a UUID; left out, Klarna has none.")
        ] = None,
    ) -> store.KlarnaPayment | None:
        """Write down an order that Klarna placed and whose answer was lost. For integrations only.

        It is the way out for a payment that stays PLACING with SESSION_COMPLETED. Klarna's order is
        read, and must be of this payment and of its amount. Without an id it says that you found
        none at Klarna: that is taken once the session has ended, and the payment is free again.
        """
        await record_klarna_order(info.context, id, klarna_order_id)
        return await payments_by_id.one(info.context.database, id, info.context.scope)

    @mutation(KlarnaPaymentResult, payments.refresh_klarna_payment, about=payments_by_id)
    async def refresh_klarna_payment(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The payment's id.")]
    ) -> store.KlarnaPayment:
        """Tell Klarna's session what the order is now.

        If anything changed the authorization is void: `authToken` is null, and the shopper
        authorizes again. A session that is over is replaced; `clientToken` then is another one.
        """
        return await payments.refresh_klarna_payment(info.context, id)
