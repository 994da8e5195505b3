"""Giving up an authorization that no order will be placed with."""

from resolvers.context import Context
from resolvers.errors import Problem
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.client import Klarna
from resolvers.operations import Call, digest, intent, perform
from resolvers.sessions import unauthorized
from store.changes import Change
from store.gateways import gateways_by_id
from store.operations import Operation, OperationKind
from store.payments import KlarnaPayment, PaymentStatus, payments_by_id, status_at


class NothingHeld(Exception):
    """The payment holds no authorization, or one that an order is being placed with."""


async def release_authorization(context: Context, payment: KlarnaPayment) -> None:
    """Give up a payment's authorization, if it holds one, so that the shopper's limit is free.

    The payment's history tells of a failure; nobody else needs to know, as Klarna's own clock
    ends the authorization within the hour.
    """
    releasing = Releasing(payment.id)
    try:
        await context.services.turns.take(payment.order_id, lambda: perform(context, releasing))
    except (NothingHeld, Problem):
        return


class Releasing(Call[None, KlarnaPayment]):
    """Deletes an authorization at Klarna."""

    _token: str

    def __init__(self, payment_id: str) -> None:
        self._payment_id = payment_id

    async def intend(self, change: Change) -> Operation:
        """Check that there is an authorization. Raises NothingHeld."""
        payment = await payments_by_id.known(change.transaction, self._payment_id)
        held = status_at(payment, change.at) is PaymentStatus.AUTHORIZED
        if not held or payment.auth_token is None:
            raise NothingHeld
        self.about = payment
        self._token = payment.auth_token
        self.gateway = await gateways_by_id.known(change.transaction, payment.payment_gateway_id)
        kind, name = OperationKind.cancel_authorization, digest(self._token)
        return intent(change, kind, payment, name=name, request={})

    async def send(self, klarna: Klarna, operation: Operation) -> None:
        """Delete the authorization."""
        await klarna.cancel_authorization(self._token, key=operation.key)

    async def succeed(self, change: Change, answer: None) -> KlarnaPayment:
        """Forget the token."""
        return await self._forget(change, "authorization_released")

    async def refuse(self, change: Change, no: klarna_errors.Refused) -> None:
        """Forget the token all the same, unless it was the login that Klarna refused."""
        if not isinstance(no, klarna_errors.Unauthorized):
            await self._forget(change, "authorization_void")

    async def _forget(self, change: Change, event: str) -> KlarnaPayment:
        payment = await payments_by_id.known(change.transaction, self._payment_id)
        if payment.auth_token != self._token:
            return payment
        return await change.save(payment, unauthorized(payment, PaymentStatus.REAUTHORIZE), event)
