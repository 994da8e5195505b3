"""Transactions: writing down what Klarna did with an order's money, and what is left of it."""

from typing import Any

from sqlalchemy import ColumnElement, case, func, literal_column, select

from resolvers.klarna.errors import Refused
from store.changes import Change
from store.database import Reader
from store.lookups import Finder, Lookup
from store.orders import Order
from store.payments import KlarnaPayment
from store.scope import EVERYTHING
from store.transactions import (
    Transaction,
    TransactionKind,
    captures_by_authorization,
    refunds_by_capture,
    transactions,
    transactions_by_order,
    voids_by_authorization,
)

_HAPPENED = {
    TransactionKind.authorizations: "authorized",
    TransactionKind.captures: "captured",
    TransactionKind.voids: "voided",
    TransactionKind.refunds: "refunded",
}
_LETTERS = {
    TransactionKind.authorizations: "A",
    TransactionKind.captures: "C",
    TransactionKind.voids: "V",
    TransactionKind.refunds: "R",
}


async def add_transaction(
    change: Change,
    order: Order,
    payment: KlarnaPayment,
    kind: TransactionKind,
    *,
    amount: int,
    no: Refused | None = None,
    **refers: Any,
) -> Transaction:
    """Write down that Klarna moved an order's money, or that it said `no`."""
    transaction = Transaction(
        id=change.new_id(),
        mode=order.mode,
        created_at=change.at,
        updated_at=change.at,
        kind=kind,
        order_id=order.id,
        payment_source_id=payment.id,
        number=await next_number(change.transaction, order, kind),
        currency_code=payment.currency_code,
        amount_cents=amount,
        succeeded=no is None,
        message=no.message if no else None,
        error_code=no.code if no else None,
        error_detail=no.correlation_id if no else None,
        token=payment.klarna_order_id,
        **refers,
    )
    return await change.save(None, transaction, "refused" if no else _HAPPENED[kind])


async def next_number(reader: Reader, order: Order, kind: TransactionKind) -> str:
    """Return the next transaction's number: `W1001/A/002` is the order's second authorization."""
    before = await transactions_by_order(reader, [order.id], EVERYTHING)
    count = sum(transaction.kind is kind for transaction in before) + 1
    return f"{order.number or order.id}/{_LETTERS[kind]}/{count:03}"


async def captured(reader: Reader | Finder, authorization: Transaction) -> int:
    """Return how much of an authorization was captured, in minor units."""
    return await _moved(reader, captures_by_authorization, authorization)


async def left_to_capture(reader: Reader | Finder, authorization: Transaction) -> int:
    """Return how much of an authorization is neither captured nor voided, in minor units."""
    if not authorization.succeeded:
        return 0
    gone = await _moved(reader, voids_by_authorization, authorization)
    return authorization.amount_cents - gone - await captured(reader, authorization)


async def refunded(reader: Reader | Finder, capture: Transaction) -> int:
    """Return how much of a capture was refunded, in minor units."""
    return await _moved(reader, refunds_by_capture, capture)


async def left_to_refund(reader: Reader | Finder, capture: Transaction) -> int:
    """Return how much of a capture was not refunded, in minor units."""
    return capture.amount_cents - await refunded(reader, capture) if capture.succeeded else 0


def captured_in_sql(authorization: Any) -> ColumnElement[int]:
    """Return what `captured` says, of a row's columns."""
    return _moved_in_sql(captures_by_authorization, authorization)


def left_to_capture_in_sql(authorization: Any) -> ColumnElement[int]:
    """Return what `left_to_capture` says, of a row's columns."""
    gone = _moved_in_sql(voids_by_authorization, authorization)
    left = authorization.amount_cents - gone - captured_in_sql(authorization)
    return case((authorization.succeeded, left), else_=_NOTHING)


def refunded_in_sql(capture: Any) -> ColumnElement[int]:
    """Return what `refunded` says, of a row's columns."""
    return _moved_in_sql(refunds_by_capture, capture)


def left_to_refund_in_sql(capture: Any) -> ColumnElement[int]:
    """Return what `left_to_refund` says, of a row's columns."""
    left = capture.amount_cents - refunded_in_sql(capture)
    return case((capture.succeeded, left), else_=_NOTHING)


_NOTHING: ColumnElement[int] = literal_column("0")


def _moved_in_sql(lookup: Lookup[Transaction], of: Any) -> ColumnElement[int]:
    return (
        select(func.coalesce(func.sum(transactions.c.amount_cents), _NOTHING))
        .where(lookup.column == of.id, *lookup.where, transactions.c.succeeded)
        .correlate_except(transactions)
        .scalar_subquery()
    )


async def _moved(reader: Reader | Finder, lookup: Lookup[Transaction], of: Transaction) -> int:
    found = await lookup(reader, [of.id], EVERYTHING)
    return sum(one.amount_cents for one in found if one.succeeded)
