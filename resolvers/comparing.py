"""Comparing: an order in our books and in Klarna's, as they are now."""

from dataclasses import dataclass

from resolvers.books import Books, books_of
from resolvers.callers import CallerKind
from resolvers.context import Context
from resolvers.errors import NotFound
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.answers import KlarnaOrder
from resolvers.mismatches import Mismatch
from resolvers.purchases import source_of
from resolvers.refusals import refusal
from resolvers.seeing import seen
from store.gateways import gateways_by_id
from store.orders import orders_by_id


@dataclass(frozen=True, slots=True)
class Compared:
    """An order in Klarna's books, and where ours differ."""

    klarna: KlarnaOrder
    drift: list[Mismatch]


async def klarna_order(context: Context, order_id: str) -> Compared | None:
    """Read an order's money from Klarna and compare it with the books; None before it is placed.

    Raises Forbidden, NotFound, Refused and Unavailable.
    """
    context.caller.must_be(CallerKind.integration)
    order = await seen(context, context.database, orders_by_id, order_id)
    payment = await source_of(context.database, order)
    if payment is None or payment.klarna_order_id is None:
        return None
    gateway = await gateways_by_id.known(context.database, payment.payment_gateway_id)
    try:
        found = await context.services.accounts.of(gateway).order(payment.klarna_order_id)
    except klarna_errors.KlarnaProblem as problem:
        if isinstance(problem, klarna_errors.Refused) and problem.code == "NO_SUCH_ORDER":
            raise NotFound(
                f"Klarna knows no order {payment.klarna_order_id} of this account.",
                {"path": ["id"]},
            ) from problem
        raise refusal(problem) from problem
    return Compared(found, _drift(await books_of(context.database, order), found))


def _drift(books: Books, klarna: KlarnaOrder) -> list[Mismatch]:
    """Return where our books and Klarna's differ: `expected` is ours and `actual` Klarna's."""
    pairs = {
        "order_amount": (books.authorized, klarna.order_amount),
        "captured_amount": (books.captured, klarna.captured_amount),
        "refunded_amount": (books.refunded, klarna.refunded_amount),
        "remaining_authorized_amount": (books.left, klarna.remaining_authorized_amount),
    }
    return [
        Mismatch((name,), str(ours), str(theirs))
        for name, (ours, theirs) in pairs.items()
        if ours != theirs
    ]
