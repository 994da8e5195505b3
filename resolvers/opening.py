"""Opening a session with Klarna: for a new payment, or anew for one whose session is over."""

from collections.abc import Sequence
from dataclasses import replace

from resolvers.background.errands import expect_authorization
from resolvers.context import Context
from resolvers.errors import Refused
from resolvers.klarna.answers import Session
from resolvers.klarna.client import Klarna
from resolvers.klarna.wire import Body, Purchase
from resolvers.moving.releasing import promise_release
from resolvers.operations import Call, intent, request_of
from resolvers.purchases import (
    checked_body,
    gateway_for,
    must_be_editable,
    must_be_enabled,
    purchase_of,
)
from resolvers.sessions import intended, new_payment, opened, session_body
from store.changes import Change
from store.gateways import KlarnaGateway, gateways_by_id
from store.operations import Operation, OperationKind
from store.orders import Order, orders_by_id
from store.payments import KlarnaPayment, payments_by_id
from store.resources import Referable


class Opening(Call[Session, KlarnaPayment]):
    """Opens the first session of a new payment."""

    given_up: Sequence[KlarnaPayment] = ()
    """The payments whose authorizations are to be given up once the call has succeeded."""
    draft: KlarnaPayment
    purchase: Purchase
    body: Body

    def __init__(self, context: Context, order_id: str, referable: Referable) -> None:
        self.context = context
        self.order_id = order_id
        self._referable = referable

    async def intend(self, change: Change) -> Operation:
        """Check that the order may be paid, as it is now, and describe the session."""
        order = await orders_by_id.known(change.transaction, self.order_id)
        await must_be_editable(change.transaction, order)
        self.gateway = await self.find_gateway(change, order)
        self.purchase = await purchase_of(change.transaction, order, self.gateway)
        self.body = checked_body(self.purchase)
        self.draft = self.make_draft(change)
        self.about = order
        kind, name = OperationKind.open_session, change.new_id()
        public_url = self.context.services.public_url
        request = session_body(public_url, self.purchase, self.body, self.draft)
        return intent(change, kind, self.draft, name=name, request=request)

    async def find_gateway(self, change: Change, order: Order) -> KlarnaGateway:
        """Return the gateway of the order's payment method, which must be enabled."""
        gateway = await gateway_for(change.transaction, order)
        must_be_enabled(gateway)
        return gateway

    def make_draft(self, change: Change) -> KlarnaPayment:
        """Return the payment as it is about to be."""
        return new_payment(change, self.purchase, self.body, self.gateway, self._referable)

    async def send(self, klarna: Klarna, operation: Operation) -> Session:
        """Open the session."""
        return await klarna.create_session(request_of(operation, self.draft), key=operation.key)

    async def succeed(self, change: Change, answer: Session) -> KlarnaPayment:
        """Write the payment down and make it the order's source, if that may still change."""
        self.given_up = ()
        payment = await change.save(None, opened(self.draft, answer, change.at), "session_opened")
        order = await orders_by_id.known(change.transaction, self.order_id)
        await expect_authorization(change, payment, order, self.gateway)
        try:
            await must_be_editable(change.transaction, order)
            chosen = await gateway_for(change.transaction, order)
        except Refused:
            return payment  # it was placed meanwhile, with the payment it had
        if chosen.id != self.gateway.id:
            return payment  # another payment method was chosen meanwhile
        self.given_up = await promise_release(change, order.id, but=payment.id)
        await change.save(order, replace(order, payment_source_id=payment.id), "payment_chosen")
        return payment


class Reopening(Opening):
    """Opens another session for a payment, which keeps its id and its gateway."""

    def __init__(self, context: Context, payment: KlarnaPayment) -> None:
        super().__init__(context, payment.order_id, payment)
        self._payment = payment

    async def find_gateway(self, change: Change, order: Order) -> KlarnaGateway:
        """Return the payment's own gateway, even if it is disabled by now."""
        return await gateways_by_id.known(change.transaction, self._payment.payment_gateway_id)

    def make_draft(self, change: Change) -> KlarnaPayment:
        """Return the payment with what its order is now."""
        return intended(self._payment, self.purchase, self.body)

    async def succeed(self, change: Change, answer: Session) -> KlarnaPayment:
        """Give the payment its new session."""
        payment = await payments_by_id.known(change.transaction, self._payment.id)
        reopened = opened(intended(payment, self.purchase, self.body), answer, change.at)
        payment = await change.save(payment, reopened, "session_reopened")
        order = await orders_by_id.known(change.transaction, self.order_id)
        await expect_authorization(change, payment, order, self.gateway)
        return payment
