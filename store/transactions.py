"""Transactions: what was authorized, captured, voided and refunded of an order."""

from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Column, Index
from typing_extensions import Doc

from store.fields import Cents, References
from store.lookups import Lookup
from store.resources import Resource
from store.tables import Traits, derive
from store.words import Word


class TransactionKind(Word):
    """What a transaction did with the money."""

    authorizations = "authorizations", "Klarna guarantees the amount."
    captures = "captures", "Money was taken."
    voids = "voids", "An authorization was given up."
    refunds = "refunds", "Money was given back."


@dataclass(kw_only=True)
class Transaction(Resource):
    """One movement of an order's money, or the attempt at it."""

    kind: Annotated[TransactionKind, Doc("What it did with the money.")]
    order_id: Annotated[str, Doc("The id of its order."), References("orders")]
    payment_source_id: Annotated[
        str, Doc("The id of the payment it belongs to."), References("klarna_payments")
    ]
    number: Annotated[str, Doc("Its number: the order's, and a count.")]
    currency_code: Annotated[str, Doc("Its currency, ISO 4217.")]
    amount_cents: Annotated[Cents, Doc("Its amount, in minor units.")]
    succeeded: Annotated[bool, Doc("Whether Klarna agreed.")]
    message: Annotated[str | None, Doc("Klarna's words on it, where there were any.")] = None
    error_code: Annotated[str | None, Doc("Klarna's error code when it failed.")] = None
    error_detail: Annotated[
        str | None, Doc("The correlation id to quote to Klarna when it failed.")
    ] = None
    token: Annotated[
        str | None, Doc("Klarna's id for the order it is about; null when none was made.")
    ] = None
    reference_authorization_id: Annotated[
        str | None,
        Doc("The id of the authorization that a capture or a void draws on."),
        References("transactions", enforced=False),
    ] = None
    reference_capture_id: Annotated[
        str | None,
        Doc("The id of the capture that a refund gives back."),
        References("transactions", enforced=False),
    ] = None
    gateway_transaction_id: Annotated[
        str | None, Doc("Klarna's id for the transaction itself.")
    ] = None


transactions = derive(
    "transactions",
    Transaction,
    Index(None, "order_id", "created_at", "id"),
    Index(None, "mode", "created_at", "id"),
    Index(None, "payment_source_id"),
    Index(None, "reference_authorization_id"),
    Index(None, "reference_capture_id"),
    traits=Traits(named_by="kind"),  # of no owner: a checkout sees none of them
)

transactions_by_id = Lookup(Transaction, transactions.c.id)
transactions_by_order = Lookup(
    Transaction,
    transactions.c.order_id,
    order_by=(transactions.c.created_at, transactions.c.id),
)
transactions_by_payment = Lookup(Transaction, transactions.c.payment_source_id)


def _of_kind(kind: TransactionKind, column: Column[str]) -> Lookup[Transaction]:
    return Lookup(
        Transaction,
        column,
        where=(transactions.c.kind == str(kind),),
        order_by=(transactions.c.created_at, transactions.c.id),
    )


_K, _C = TransactionKind, transactions.c
authorizations_by_order = _of_kind(_K.authorizations, _C.order_id)
captures_by_order = _of_kind(_K.captures, _C.order_id)
voids_by_order = _of_kind(_K.voids, _C.order_id)
refunds_by_order = _of_kind(_K.refunds, _C.order_id)
captures_by_authorization = _of_kind(_K.captures, _C.reference_authorization_id)
voids_by_authorization = _of_kind(_K.voids, _C.reference_authorization_id)
refunds_by_capture = _of_kind(_K.refunds, _C.reference_capture_id)
