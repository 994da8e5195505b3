"""Authorizing: a payment with all that decides whether it takes an authorization, as one look."""

from typing import NamedTuple

from sqlalchemy import bindparam, exists, literal, select

from store.database import Reader
from store.operations import OperationKind, operations
from store.orders import OrderStatus, orders
from store.payments import KlarnaPayment, klarna_payments
from store.rows import rows_of
from store.scope import Reach, Scope, visible
from store.statements import Statement
from store.tables import columns_of


class Authorizable(NamedTuple):
    """A payment, and what is beside it."""

    payment: KlarnaPayment
    order_status: OrderStatus
    refused: bool
    """Whether Klarna has ever refused to place the order with an authorization of it."""


_refused = exists().where(
    operations.c.payment_id == klarna_payments.c.id,
    operations.c.kind == literal(str(OperationKind.place_order)),
    operations.c.klarna_code.is_not(None),
)
_found = (
    select(*columns_of(KlarnaPayment), orders.c.status, _refused)
    .join_from(klarna_payments, orders, orders.c.id == klarna_payments.c.order_id)
    .where(klarna_payments.c.id == bindparam("id", required=True))
)
_FIND = {
    reach: Statement(_found.where(visible(klarna_payments, reach, klarna_payments.c.id)))
    for reach in Reach
}


async def authorizable(reader: Reader, payment_id: str, scope: Scope) -> Authorizable | None:
    """Return a payment as far as the scope shows it, with what is beside it, or None."""
    for *columns, status, refused in await reader.rows(
        _FIND[scope.reach], id=payment_id, **scope.parameters
    ):
        return Authorizable(
            rows_of(KlarnaPayment).read(columns), OrderStatus(status), bool(refused)
        )
    return None
