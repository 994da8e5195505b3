"""Bringing a payment's session up to date with its order."""

from resolvers.context import Context
from resolvers.errors import NotFound, RefusalCode, Refused
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.answers import Session
from resolvers.klarna.client import Klarna
from resolvers.klarna.wire import Body, Purchase
from resolvers.opening import Reopening
from resolvers.operations import Call, intent, perform, request_of
from resolvers.purchases import checked_body, must_be_editable, purchase_of
from resolvers.refusals import SESSION_COMPLETED
from resolvers.sessions import AUTHORIZATION_LIFE, intended, read_again, unauthorized
from store.changes import Change
from store.gateways import gateways_by_id
from store.instants import after
from store.operations import Operation, OperationKind
from store.orders import orders_by_id
from store.payments import KlarnaPayment, PaymentStatus, payments_by_id, status_at
from store.scope import EVERYTHING

REFRESHABLE = frozenset(
    {
        PaymentStatus.OPEN,
        PaymentStatus.AUTHORIZED,
        PaymentStatus.REAUTHORIZE,
        PaymentStatus.EXPIRED,
    }
)


class SessionOver(Exception):
    """The session cannot follow the order any more: the payment needs another one."""


class UpToDate(Exception):
    """The session says what the order says, and an update would only void the authorization."""


async def refresh(context: Context, payment_id: str) -> KlarnaPayment:
    """Make a payment's session say what its order says now, in place where Klarna allows it.

    Raises Refused and Unavailable.
    """
    refreshing = Refreshing(payment_id)
    try:
        return await perform(context, refreshing)
    except UpToDate:
        return refreshing.payment
    except SessionOver:
        pass
    except Refused as no:
        if not _ends_the_session(no.__cause__):
            raise
    return await perform(context, Reopening(context, refreshing.payment))


def _ends_the_session(cause: object) -> bool:
    """Whether Klarna's no to an update means that another session is needed."""
    return (
        isinstance(cause, klarna_errors.Refused)
        and not isinstance(cause, klarna_errors.Unauthorized)
        and cause.code != SESSION_COMPLETED
    )


class Refreshing(Call[Session | None, KlarnaPayment]):
    """Updates the session in place. Klarna voids its authorization by that."""

    payment: KlarnaPayment
    """The payment as it was when the update was decided on."""
    _purchase: Purchase
    _body: Body

    def __init__(self, payment_id: str, resumed: Operation | None = None) -> None:
        self._payment_id = payment_id
        self._resumed = resumed

    async def intend(self, change: Change) -> Operation:
        """Check that there is something to update. Raises SessionOver and UpToDate."""
        payment = await payments_by_id.one(change.transaction, self._payment_id, EVERYTHING)
        if payment is None:
            raise NotFound("The payment was deleted meanwhile.", {"path": ["id"]})
        self.about = self.payment = payment
        status = status_at(payment, change.at)
        if status not in REFRESHABLE:
            raise Refused(
                RefusalCode.PAYMENT_STATE,
                f"The payment is {status} and follows its order no more.",
                hint="Read its order: if it is not placed, createKlarnaPayment opens another one.",
            )
        order = await orders_by_id.known(change.transaction, payment.order_id)
        await must_be_editable(change.transaction, order)
        self.gateway = await gateways_by_id.known(change.transaction, payment.payment_gateway_id)
        self._purchase = await purchase_of(change.transaction, order, self.gateway)
        self._body = checked_body(self._purchase)
        new = intended(payment, self._purchase, self._body)
        moved = (new.country_code, new.currency_code) != (
            payment.country_code,
            payment.currency_code,
        )
        if status is PaymentStatus.EXPIRED or moved:
            raise SessionOver
        if status is PaymentStatus.AUTHORIZED and self._body == payment.snapshot:
            raise UpToDate
        return intent(
            change, OperationKind.update_session, payment, name=change.new_id(), request=self._body
        )

    async def send(self, klarna: Klarna, operation: Operation) -> Session | None:
        """Update the session, and read what Klarna offers in it now if that is to be had."""
        body = request_of(operation, self.payment)
        await klarna.update_session(self.payment.session_id, body, key=operation.key)
        try:
            return await klarna.session(self.payment.session_id)
        except klarna_errors.KlarnaProblem:
            return None

    async def succeed(self, change: Change, answer: Session | None) -> KlarnaPayment:
        """Write down what the session says; the authorization it held is void.

        A token that arrived while the update was under way is kept: it may be a newer one, and if
        it is not, Klarna will say so when the order is placed.
        """
        payment = await payments_by_id.known(change.transaction, self._payment_id)
        refreshed = intended(payment, self._purchase, self._body)
        if payment.auth_token == self.payment.auth_token:
            refreshed = unauthorized(refreshed, PaymentStatus.OPEN)
        if answer is not None:
            refreshed = read_again(refreshed, answer)
        return await change.save(payment, refreshed, "session_refreshed")

    async def refuse(self, change: Change, no: klarna_errors.Refused) -> None:
        """Doubt the authorization if an attempt before went unanswered."""
        if no.after_silence:
            await self.doubt(change)

    async def doubt(self, change: Change) -> None:
        """Take the authorization for void, as it is if the update did arrive.

        One that came after an update of which a dead process left no answer is kept.
        """
        payment = await payments_by_id.one(change.transaction, self._payment_id, EVERYTHING)
        if payment is not None and payment.status is PaymentStatus.AUTHORIZED:
            ends, begun = payment.auth_token_expires_at, self._resumed
            if ends and begun and ends > after(begun.created_at, AUTHORIZATION_LIFE):
                return
            void = unauthorized(payment, PaymentStatus.REAUTHORIZE)
            await change.save(payment, void, "authorization_in_doubt")
