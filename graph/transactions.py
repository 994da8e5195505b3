"""Transactions: what was authorized, captured, voided and refunded of an order."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import strawberry
from typing_extensions import Doc

from graph.context import Info
from graph.federation import entity
from graph.fields.connections import connected, connection_of
from graph.fields.filters import filter_of
from graph.fields.lookups import found_by
from graph.fields.permissions import open_to
from graph.fields.relationships import one
from graph.fields.resources import Resource
from graph.fields.sorting import order_of
from graph.fields.types import amounts, graph_interface, graph_type
from resolvers.identity.permissions import READERS
from resolvers.moving import transactions as sums
from store import transactions as store
from store.lookups import Lookup
from store.orders import orders_by_id
from store.payments import payments_by_id
from store.transactions import TransactionKind

if TYPE_CHECKING:
    from graph.orders import Order
    from graph.payments import KlarnaPayment

HERE = "graph.transactions"


def moved(name: str, lookup: Lookup[store.Transaction], description: str) -> Any:
    """Declare the transactions of one kind that a record leads to, as connections of it."""
    about = f"{description} Not for checkouts."
    return connected(name, HERE, lookup, "id", about, seen_by=READERS, asked_as="Transaction")


@graph_interface
class Transaction(store.Transaction, Resource):
    """One movement of an order's money, or the attempt at it."""

    order: Annotated["Order", strawberry.lazy("graph.orders")] | None = one(
        orders_by_id, "order_id", "The order whose money it moved."
    )
    payment_source: Annotated["KlarnaPayment", strawberry.lazy("graph.payments")] | None = one(
        payments_by_id, "payment_source_id", "The payment it belongs to."
    )


def _is(kind: TransactionKind) -> Any:
    """Tell a type's records from those of the other kinds in their table."""
    return classmethod(
        lambda _, value, __: isinstance(value, store.Transaction) and value.kind is kind
    )


@entity(store.transactions_by_id, seen_by=READERS)
@graph_type
class Authorization(Transaction):
    """Klarna's guarantee for an amount, or the attempt to get it."""

    shows: ClassVar = TransactionKind.authorizations
    is_type_of = _is(shows)

    captures = moved("Capture", store.captures_by_authorization, "What was captured of it.")
    voids = moved("Void", store.voids_by_authorization, "What was given up of it.")
    capture_amount_cents, capture_amount_float, formatted_capture_amount = amounts(
        sums.captured, sums.captured_in_sql, "What was captured of it"
    )
    capture_balance_cents, capture_balance_float, formatted_capture_balance = amounts(
        sums.left_to_capture, sums.left_to_capture_in_sql, "What can still be captured of it"
    )
    void_balance_cents, void_balance_float, formatted_void_balance = amounts(
        sums.left_to_capture, sums.left_to_capture_in_sql, "What can still be given up of it"
    )


@entity(store.transactions_by_id, seen_by=READERS)
@graph_type
class Capture(Transaction):
    """Money taken of what was authorized, or the attempt to take it."""

    shows: ClassVar = TransactionKind.captures
    is_type_of = _is(shows)

    reference_authorization: Authorization | None = one(
        store.transactions_by_id, "reference_authorization_id", "The authorization it draws on."
    )
    refunds = moved("Refund", store.refunds_by_capture, "What was given back of it.")
    refund_amount_cents, refund_amount_float, formatted_refund_amount = amounts(
        sums.refunded, sums.refunded_in_sql, "What was given back of it"
    )
    refund_balance_cents, refund_balance_float, formatted_refund_balance = amounts(
        sums.left_to_refund, sums.left_to_refund_in_sql, "What can still be given back of it"
    )


@entity(store.transactions_by_id, seen_by=READERS)
@graph_type
class Void(Transaction):
    """An authorization, or the rest of one, that was given up, or the attempt to."""

    shows: ClassVar = TransactionKind.voids
    is_type_of = _is(shows)

    reference_authorization: Authorization | None = one(
        store.transactions_by_id, "reference_authorization_id", "The authorization it gave up."
    )


@entity(store.transactions_by_id, seen_by=READERS)
@graph_type
class Refund(Transaction):
    """Money given back of what was captured, or the attempt to."""

    shows: ClassVar = TransactionKind.refunds
    is_type_of = _is(shows)

    reference_capture: Capture | None = one(
        store.transactions_by_id, "reference_capture_id", "The capture it gave back of."
    )


TransactionFilter = filter_of(Transaction)
TransactionOrder = order_of(Transaction)
TransactionConnection = connection_of(Transaction)
AuthorizationConnection = connection_of(Authorization)
CaptureConnection = connection_of(Capture)
VoidConnection = connection_of(Void)
RefundConnection = connection_of(Refund)


@graph_type
class TransactionQuestions:
    """What can be asked of transactions."""

    @strawberry.field(
        graphql_type=Transaction | None,
        metadata=open_to(READERS) | found_by(id=store.transactions_by_id),
    )
    async def transaction(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The transaction's id.")]
    ) -> store.Transaction | None:
        """One authorization, capture, void or refund, or null if there is none of this id.

        Not for checkouts.
        """
        return await info.context.loaders.one(store.transactions_by_id, id)
