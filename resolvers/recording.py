"""Recording: writing down an order that Klarna placed and whose answer was lost for good."""

from dataclasses import replace
from functools import partial

from resolvers.background.reviewing import REJECTED
from resolvers.context import Context
from resolvers.errors import RefusalCode, Refused
from resolvers.identity.permissions import INTEGRATIONS, done_by
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.answers import PlacedOrder
from resolvers.klarna.client import Klarna
from resolvers.moving.voiding import ENDED
from resolvers.operations import Unclear, perform
from resolvers.placing import PENDING, Placing
from resolvers.refusals import refusal
from resolvers.seeing import seen
from resolvers.sessions import unauthorized
from store.changes import Change
from store.operations import (
    UNSETTLED,
    Operation,
    OperationKind,
    OperationState,
    operations_by_payment,
    settle,
)
from store.payments import PaymentStatus, payments_by_id
from store.scope import EVERYTHING


@done_by(INTEGRATIONS)
async def record_klarna_order(
    context: Context, payment_id: str, klarna_order_id: str | None
) -> None:
    """Write down the order that Klarna placed from a payment's session, or that there is none.

    The payment must be PLACING, and Klarna's order must be of this payment and its amount. That
    there is none can be said once the session is over. Raises Forbidden, NotFound, Refused and
    Unavailable.
    """
    payment = await seen(context, context.database, payments_by_id, payment_id)
    if klarna_order_id is None:
        await context.services.turns.take(
            payment.order_id, lambda: context.change(partial(_none, payment.id))
        )
        return
    recording = Recording(context, payment.order_id, klarna_order_id)
    await context.services.turns.take(payment.order_id, lambda: perform(context, recording))


async def _none(payment_id: str, change: Change) -> None:
    """Write down that no order was placed: a person has looked, and nobody else can tell."""
    payment = await payments_by_id.known(change.transaction, payment_id)
    if payment.status is not PaymentStatus.PLACING or payment.session_expires_at > change.at:
        raise Refused(
            RefusalCode.PAYMENT_STATE,
            "It can still be asked what came of the placement, or none is open.",
            path=["klarna_order_id"],
            hint="Call placeOrder; after the session has ended Klarna can tell no more.",
        )
    found = await operations_by_payment(change.transaction, [payment.id], EVERYTHING)
    for operation in found:
        if operation.kind is OperationKind.place_order and operation.state in UNSETTLED:
            state = OperationState.abandoned
            over = replace(operation, state=state, settled_at=change.at, next_attempt_at=None)
            await settle(change.transaction, operation, over)
    void = unauthorized(payment, PaymentStatus.REAUTHORIZE)
    await change.save(payment, void, "placement_dismissed")


class Recording(Placing):
    """Reads the order instead of placing it."""

    def __init__(self, context: Context, order_id: str, klarna_order_id: str) -> None:
        super().__init__(context, order_id)
        self._klarna_order_id = klarna_order_id

    async def intend(self, change: Change) -> Operation:
        """Go on with the placement whose outcome nobody knows. Raises Refused if there is none."""
        operation = await super().intend(change)
        if self._before is not PaymentStatus.PLACING:
            raise Refused(
                RefusalCode.PAYMENT_STATE,
                f"The payment is {self._before}: nothing of it was lost.",
                hint="Call placeOrder.",
            )
        return operation

    async def send(self, klarna: Klarna, operation: Operation) -> PlacedOrder:
        """Read the order, and check that it is this payment's."""
        try:
            found = await klarna.order(self._klarna_order_id)
        except klarna_errors.KlarnaProblem as problem:
            raise Unclear(refusal(problem)) from problem
        payment = self._payment
        ours = (payment.intent_amount_cents, payment.currency_code, payment.id)
        if (found.order_amount, found.purchase_currency, found.merchant_reference2) != ours:
            raise Unclear(
                Refused(
                    RefusalCode.FIELD_INVALID,
                    "This order of Klarna's is not one of this payment.",
                    path=["klarna_order_id"],
                    hint="Call recordKlarnaOrder with the order whose merchant reference 2 is "
                    f"{payment.id}.",
                )
            )
        if found.status in ENDED:
            raise Unclear(
                Refused(
                    RefusalCode.PAYMENT_STATE,
                    f"Klarna's order is {found.status}: it guarantees nothing any more.",
                    path=["klarna_order_id"],
                    hint="Once the session has ended, call recordKlarnaOrder without klarnaOrderId "
                    "and have the shopper authorize again.",
                )
            )
        # A rejected order was placed as well: the review that follows writes the decision down
        decided = PENDING if found.fraud_status == REJECTED else found.fraud_status
        return PlacedOrder(found.order_id, decided, None, found.method)
