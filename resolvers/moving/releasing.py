"""Giving up an authorization that no order will be placed with."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from resolvers.context import Context
from resolvers.errors import Problem
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.client import Klarna
from resolvers.operations import Call, Settled, digest, intent, operation_key, perform, promise
from resolvers.purchases import EDITABLE
from resolvers.sessions import unauthorized
from store.changes import Change
from store.gateways import gateways_by_id
from store.instants import Instant
from store.operations import Operation, OperationKind
from store.orders import orders_by_id
from store.payments import (
    KlarnaPayment,
    PaymentStatus,
    payments_by_id,
    payments_by_order,
    status_at,
)
from store.scope import EVERYTHING


class NothingHeld(Exception):
    """The payment holds no authorization, or one that an order is being placed with."""


async def release(context: Context, payments: Sequence[KlarnaPayment]) -> None:
    """Give up what payments have authorized, so that the shopper's limit is free.

    The payments' history tells of a failure; nobody else needs to know, as the reconciler tries
    again, and Klarna's own clock ends an authorization within the hour.
    """
    for payment in payments:
        releasing = partial(perform, context, Releasing(payment.id, token=payment.auth_token))
        with suppress(NothingHeld, Problem, Settled):
            await context.services.turns.take(payment.order_id, releasing)


async def promise_release(
    change: Change, order_id: str, *, but: str | None = None
) -> list[KlarnaPayment]:
    """Write down that what an order's payments have authorized is to be given up.

    Returns those payments. `but` is the id of the one that keeps its authorization.
    """
    found = await payments_by_order(change.transaction, [order_id], EVERYTHING)
    given_up = []
    for payment in found:
        if payment.id != but and payment.auth_token and _held(payment, change.at):
            await promise(change, _release(change, payment, payment.auth_token))
            given_up.append(payment)
    return given_up


def _held(payment: KlarnaPayment, now: Instant) -> bool:
    return status_at(payment, now) is PaymentStatus.AUTHORIZED


def _release(change: Change, payment: KlarnaPayment, token: str) -> Operation:
    kind = OperationKind.cancel_authorization
    return intent(change, kind, payment, name=digest(token), request={})


class Releasing(Call[None, None]):
    """Deletes an authorization at Klarna: a certain one, one that was meant before, or any."""

    _token: str

    def __init__(
        self, payment_id: str, *, token: str | None = None, resumed: Operation | None = None
    ) -> None:
        self._payment_id = payment_id
        self._only = token
        self._resumed = resumed

    async def intend(self, change: Change) -> Operation:
        """Check that there is an authorization. Raises NothingHeld."""
        payment = await payments_by_id.one(change.transaction, self._payment_id, EVERYTHING)
        if payment is None or not _held(payment, change.at) or payment.auth_token is None:
            raise NothingHeld
        if not await self._meant(change, payment, payment.auth_token):
            raise NothingHeld
        self.about = payment
        self._token = payment.auth_token
        self.gateway = await gateways_by_id.known(change.transaction, payment.payment_gateway_id)
        return _release(change, payment, self._token)

    async def _meant(self, change: Change, payment: KlarnaPayment, token: str) -> bool:
        """Whether the token that the payment holds now is the one to be given up still."""
        if self._only is not None:
            return token == self._only
        if self._resumed is None:
            return True
        order = await orders_by_id.known(change.transaction, payment.order_id)
        wanted = order.payment_source_id == payment.id and order.status in EDITABLE
        kind = OperationKind.cancel_authorization
        return not wanted and self._resumed.key == operation_key(payment, kind, digest(token))

    async def send(self, klarna: Klarna, operation: Operation) -> None:
        """Delete the authorization."""
        await klarna.cancel_authorization(self._token, key=operation.key)

    async def succeed(self, change: Change, answer: None) -> None:
        """Forget the token."""
        await self._forget(change, "authorization_released")

    async def refuse(self, change: Change, no: klarna_errors.Refused) -> None:
        """Forget the token all the same, unless it was the login that Klarna refused."""
        if not isinstance(no, klarna_errors.Unauthorized):
            await self._forget(change, "authorization_void")

    async def _forget(self, change: Change, event: str) -> None:
        payment = await payments_by_id.known(change.transaction, self._payment_id)
        if payment.auth_token == self._token:
            await change.save(payment, unauthorized(payment, PaymentStatus.REAUTHORIZE), event)
