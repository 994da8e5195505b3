"""Recording: writing down an order that Klarna placed and whose answer was lost for good."""

from resolvers.callers import CallerKind
from resolvers.context import Context
from resolvers.errors import RefusalCode, Refused
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.answers import PlacedOrder
from resolvers.klarna.client import Klarna
from resolvers.operations import Unclear, perform
from resolvers.payments import payment_seen
from resolvers.placing import Placing
from resolvers.refusals import refusal
from store.changes import Change
from store.operations import Operation
from store.orders import Order
from store.payments import PaymentStatus


async def record_klarna_order(context: Context, payment_id: str, klarna_order_id: str) -> Order:
    """Write down the order that Klarna placed from a payment's session, and return ours.

    The payment must be PLACING, and Klarna's order must be of this payment and its amount.
    Raises Forbidden, NotFound, Refused and Unavailable.
    """
    context.caller.must_be(CallerKind.integration)
    payment = await payment_seen(context, context.database, payment_id)
    recording = Recording(context, payment.order_id, klarna_order_id)
    return await context.services.turns.take(payment.order_id, lambda: perform(context, recording))


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
                    hint=f"Its merchant reference 2 must be {payment.id}.",
                )
            )
        return PlacedOrder(found.order_id, found.fraud_status, None, found.method)
