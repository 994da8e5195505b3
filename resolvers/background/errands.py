"""Errands: looking again at a payment when it is time, since Klarna's report may be lost."""

from collections.abc import Mapping
from datetime import timedelta

from resolvers.context import Context
from store import errands as log
from store.changes import Change
from store.errands import Errand, ErrandKind
from store.gateways import KlarnaGateway
from store.instants import after
from store.orders import Order
from store.payment_methods import payment_methods_by_id
from store.payments import KlarnaPayment

AGAIN: Mapping[ErrandKind, tuple[timedelta, ...]] = {
    ErrandKind.authorization: (
        timedelta(seconds=5),
        timedelta(minutes=1),
        timedelta(minutes=10),
        timedelta(minutes=40),
    ),
    ErrandKind.review: (timedelta(hours=1),) * 72,
    ErrandKind.recovery: (timedelta(minutes=15),) * 8 + (timedelta(hours=2),) * 24,
    ErrandKind.comparison: tuple(timedelta(days=days) for days in (3, 7, 14, 28, 28)),
}
"""When an errand that came to nothing is run again, until it is given up."""
REVIEW_ENDS = timedelta(hours=24)
"""When Klarna's review ends at the latest. Source: Klarna's pages on fraud review."""
RECOVERY_BEGINS = timedelta(minutes=10)
COMPARISON_BEGINS = timedelta(days=1)


class NotYet(Exception):
    """The errand came to nothing: there is nothing to be seen of it yet."""


def sealed(context: Context, payment: KlarnaPayment, said: Mapping[str, str]) -> str:
    """Seal what Klarna said of a payment."""
    return context.services.keys.seal(said, payment.id)


async def expect_authorization(
    change: Change, payment: KlarnaPayment, order: Order, gateway: KlarnaGateway
) -> None:
    """Have an authorization looked for, where more than the browser depends on hearing of it."""
    method = (
        await payment_methods_by_id.known(change.transaction, order.payment_method_id)
        if order.payment_method_id
        else None
    )
    if gateway.force_payments or (method is not None and method.auto_place):
        await _promise(change, payment, ErrandKind.recovery, RECOVERY_BEGINS)


async def expect_decision(change: Change, payment: KlarnaPayment) -> None:
    """Have Klarna asked for its decision on an order that it reviews."""
    await _promise(change, payment, ErrandKind.review, REVIEW_ENDS)


async def expect_agreement(change: Change, payment: KlarnaPayment) -> None:
    """Have the books of a placed order compared with Klarna's, while it lives there."""
    await _promise(change, payment, ErrandKind.comparison, COMPARISON_BEGINS)


async def _promise(
    change: Change, payment: KlarnaPayment, kind: ErrandKind, pause: timedelta
) -> None:
    errand = Errand(
        id=change.new_id(),
        mode=payment.mode,
        kind=kind,
        payment_id=payment.id,
        name=f"{kind} {payment.session_id}",
        content=None,
        created_at=change.at,
        next_attempt_at=after(change.at, pause),
    )
    await log.add(change.transaction, errand)
