"""Comparing: an order in our books and in Klarna's, as they are now.

Whatever is done at Klarna's own portal, or by another system, our books do not hear of.
"""

from dataclasses import dataclass
from functools import partial

from resolvers.background.errands import NotYet
from resolvers.context import Context
from resolvers.errors import NotFound
from resolvers.identity.permissions import READERS, done_by
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.answers import KlarnaOrder
from resolvers.mismatches import Mismatch
from resolvers.moving.books import Books, books_of
from resolvers.moving.movements import unsettled_movement
from resolvers.purchases import source_of
from resolvers.refusals import refusal
from resolvers.seeing import seen
from store.changes import Change
from store.events import events_by_resource
from store.gateways import gateways_by_id
from store.orders import orders_by_id
from store.payments import KlarnaPayment
from store.scope import EVERYTHING


@dataclass(frozen=True, slots=True)
class Compared:
    """An order in Klarna's books, and where ours differ."""

    klarna: KlarnaOrder
    drift: list[Mismatch]


@done_by(READERS)
async def klarna_order(context: Context, order_id: str) -> Compared | None:
    """Read an order's money from Klarna and compare it with the books; None before it is placed.

    Raises Forbidden, NotFound, Refused and Unavailable.
    """
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


DRIFTED, AGREED = "klarna_drifted", "klarna_agreed"
"""What an order's history says of Klarna's books when they part from ours, and when they meet."""


async def watch(context: Context, payment: KlarnaPayment) -> None:
    """Compare a placed payment's books with Klarna's, and tell its order's history what is new.

    Raises KlarnaProblem, and NotYet in any other case: what agrees today may not tomorrow.
    """
    if payment.klarna_order_id is None:
        raise NotYet("Nobody knows yet which order it is about.")
    gateway = await gateways_by_id.known(context.database, payment.payment_gateway_id)
    klarna = context.services.accounts.of(gateway)
    order = await orders_by_id.known(context.database, payment.order_id)
    placed_id = payment.klarna_order_id

    async def conversation() -> None:
        before = await books_of(context.database, order)
        found = await klarna.order(placed_id)
        await context.change(partial(_tell, payment, before, found))

    await context.services.turns.take(order.id, conversation)
    raise NotYet("It is compared again later.")


async def _tell(payment: KlarnaPayment, before: Books, found: KlarnaOrder, change: Change) -> None:
    order = await orders_by_id.known(change.transaction, payment.order_id)
    books = await books_of(change.transaction, order)
    if books != before or await unsettled_movement(change, payment) is not None:
        return  # Klarna was read in the middle of something
    drift = {one.path[0]: {"from": one.expected, "to": one.actual} for one in _drift(books, found)}
    events = await events_by_resource(change.transaction, [order.id], EVERYTHING)
    told = [event for event in events if event.event in {DRIFTED, AGREED}]
    if drift != (told[-1].payload if told else {}):
        await change.note(order, DRIFTED if drift else AGREED, drift)


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
