"""Placing an authorized order with Klarna: once, however often it is asked for."""

from collections.abc import Sequence
from dataclasses import replace

from resolvers.background.errands import expect_agreement, expect_decision
from resolvers.context import Context
from resolvers.errors import Problem, RefusalCode, Refused, Unavailable
from resolvers.identity.permissions import PAYERS, done_by
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.answers import PlacedOrder
from resolvers.klarna.client import Klarna
from resolvers.moving.capturing import Capturing, promise_capture
from resolvers.moving.releasing import promise_release, release
from resolvers.moving.transactions import add_transaction
from resolvers.obstacles import obstacles
from resolvers.operations import (
    Call,
    NotDone,
    Settled,
    Unclear,
    digest,
    intent,
    perform,
    request_of,
)
from resolvers.refusals import SESSION_COMPLETED
from resolvers.seeing import seen
from resolvers.sessions import placement_body, unauthorized
from store.changes import Change
from store.gateways import gateways_by_id
from store.operations import Operation, OperationKind
from store.orders import Order, OrderPaymentStatus, OrderStatus, orders_by_id
from store.payments import KlarnaPayment, PaymentStatus, payments_by_id
from store.transactions import TransactionKind

PENDING = "PENDING"
_PLACED = frozenset({OrderStatus.placed, OrderStatus.approved})


@done_by(PAYERS)
async def place_order(context: Context, order_id: str) -> Order:
    """Place an order with Klarna by its payment's authorization.

    The order must be pending and must not have changed since its session was opened or refreshed.
    Placing it again returns it as it is. Raises NotFound, Refused and Unavailable.
    """
    asked = await seen(context, context.database, orders_by_id, order_id)

    async def conversation() -> Order:
        order = await orders_by_id.known(context.database, asked.id)
        if order.status in _PLACED:
            return order
        placing = Placing(context, order.id)
        try:
            placed = await perform(context, placing)
        except Settled:  # another process was faster
            return await orders_by_id.known(context.database, order.id)
        apart = Context(context.services, context.caller)  # it is no part of what is asked for
        context.services.turns.begin(release(apart, placing.given_up))
        return placed if placing.capture is None else await _captured(context, placing.capture)

    return await context.services.turns.join("place", asked.id, conversation)


async def _captured(context: Context, promised: Operation) -> Order:
    """Capture what was promised with the placement; if that fails, the order is placed still."""
    try:
        return await perform(context, Capturing(context, promised.order_id, promised))
    except (Problem, Settled):
        return await orders_by_id.known(context.database, promised.order_id)


class Placing(Call[PlacedOrder, Order]):
    """Places the order that was authorized, with the amounts and lines that were authorized.

    The same token with the same body is the same order to Klarna, so that a call whose answer was
    lost can be made again.
    """

    capture: Operation | None = None
    """What was promised with the placement, where the payment method captures by itself."""
    given_up: Sequence[KlarnaPayment] = ()
    """The order's other payments whose authorizations nobody needs any more."""
    _payment: KlarnaPayment
    _before: PaymentStatus
    """Where the payment stood until then."""
    _order: Order

    def __init__(self, context: Context, order_id: str) -> None:
        self._context = context
        self._order_id = order_id

    async def intend(self, change: Change) -> Operation:
        """Check that the order may be placed, and hold it and its payment still."""
        self._order = await orders_by_id.known(change.transaction, self._order_id)
        for obstacle in await obstacles(change.transaction, self._order, change.at):
            raise obstacle
        payment = await payments_by_id.known(
            change.transaction, self._order.payment_source_id or ""
        )
        self._before = payment.status
        if payment.status is not PaymentStatus.PLACING:
            held = replace(payment, status=PaymentStatus.PLACING)
            payment = await change.save(payment, held, "placing")
        self.about = self._payment = payment
        self.gateway = await gateways_by_id.known(change.transaction, payment.payment_gateway_id)
        kind, name = OperationKind.place_order, digest(payment.auth_token or "")
        request = placement_body(self._context.services.public_url, self._order, payment)
        return intent(change, kind, payment, name=name, request=request)

    async def send(self, klarna: Klarna, operation: Operation) -> PlacedOrder:
        """Place the order."""
        token, body = self._payment.auth_token or "", request_of(operation, self._payment)
        try:
            return await klarna.place_order(token, body, key=operation.key)
        except klarna_errors.Refused as no:
            if no.code == SESSION_COMPLETED:
                raise self._placed_elsewhere(no) from no
            raise

    async def recall(
        self, klarna: Klarna, operation: Operation, no: klarna_errors.KlarnaProblem
    ) -> PlacedOrder:
        """Tell from the session whether an earlier attempt placed the order after all.

        A token that is over, or said to be consumed, may be so because of that very attempt.
        """
        if not isinstance(no, klarna_errors.Refused) or isinstance(no, klarna_errors.Unauthorized):
            raise self._unclear(no)
        try:
            session = await klarna.session(self._payment.session_id)
        except klarna_errors.KlarnaProblem:
            raise self._unclear(no) from None
        raise self._placed_elsewhere(no) if session.complete else NotDone

    def _unclear(self, no: klarna_errors.KlarnaProblem) -> Unclear:
        return Unclear(
            Unavailable(
                f"{no} The order may have been placed before: ask again, nothing is done twice. "
                "If it stays so, look it up at Klarna and call recordKlarnaOrder.",
                {"retryable": True, "correlationId": no.correlation_id},
            )
        )

    def _placed_elsewhere(self, no: klarna_errors.Refused) -> Unclear:
        """Say that there is an order: nobody must authorize a second one."""
        return Unclear(
            Refused(
                RefusalCode.SESSION_COMPLETED,
                "Klarna has placed an order from this session, and its answer was lost.",
                hint=f"Find it at Klarna by its merchant reference 2, {self._payment.id}, and call "
                "recordKlarnaOrder.",
                klarna_code=no.code,
                correlation_id=no.correlation_id,
            )
        )

    async def succeed(self, change: Change, answer: PlacedOrder) -> Order:
        """Write the placed order, its payment and its authorization down."""
        self.given_up, self.capture = (), None
        payment = await payments_by_id.known(change.transaction, self._payment.id)
        order = await orders_by_id.known(change.transaction, self._order_id)
        if payment.klarna_order_id is not None:
            return order
        review = answer.fraud_status == PENDING
        placed = replace(
            unauthorized(payment, PaymentStatus.PENDING_REVIEW if review else PaymentStatus.PLACED),
            klarna_order_id=answer.order_id,
            fraud_status=answer.fraud_status,
            redirect_url=answer.redirect_url,
            payment_instrument={"issuer": "klarna", "issuer_type": answer.method},
        )
        await change.save(payment, placed, "review_begun" if review else "placed")
        self.given_up = await promise_release(change, order.id, but=payment.id)
        await self._record(change, order, placed)
        paid_for = replace(
            order,
            status=OrderStatus.placed,
            payment_status=OrderPaymentStatus.authorized,
            placed_at=change.at,
            payment_updated_at=change.at,
        )
        order = await change.save(order, paid_for, "placed")
        await expect_agreement(change, placed)
        if review:
            await expect_decision(change, placed)
        else:
            self.capture = await promise_capture(self._context, change, order)
        return order

    async def refuse(self, change: Change, no: klarna_errors.Refused) -> None:
        """Write the failed authorization down. A token that Klarna refused is spent."""
        if isinstance(no, klarna_errors.Unauthorized):
            await self.forgo(change)
            return
        payment = await payments_by_id.known(change.transaction, self._payment.id)
        order = await orders_by_id.known(change.transaction, self._order_id)
        await self._record(change, order, payment, no)
        spent = unauthorized(payment, PaymentStatus.REAUTHORIZE)
        await change.save(payment, spent, "placement_refused")

    async def _record(
        self,
        change: Change,
        order: Order,
        payment: KlarnaPayment,
        no: klarna_errors.Refused | None = None,
    ) -> None:
        await add_transaction(
            change,
            order,
            payment,
            TransactionKind.authorizations,
            amount=payment.intent_amount_cents,
            no=no,
            gateway_transaction_id=payment.klarna_order_id,
        )

    async def forgo(self, change: Change) -> None:
        """Let go of the payment: its authorization is as good as before."""
        payment = await payments_by_id.known(change.transaction, self._payment.id)
        released = replace(payment, status=PaymentStatus.AUTHORIZED)
        await change.save(payment, released, "placement_postponed")
