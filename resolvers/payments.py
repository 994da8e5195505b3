"""Klarna payments: opening them, saving the shopper's token, following the order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from resolvers.context import Context
from resolvers.errors import RefusalCode, Refused
from resolvers.identity.permissions import INTEGRATIONS, PAYERS, done_by
from resolvers.moving.releasing import NothingHeld, Releasing, promise_release, release
from resolvers.opening import Opening
from resolvers.operations import digest, operation_key, perform
from resolvers.purchases import EDITABLE
from resolvers.refreshing import refresh
from resolvers.seeing import seen, unseen
from resolvers.sessions import authorized
from resolvers.texts import check_texts
from resolvers.uses import must_be_unused
from store.authorizing import authorizable
from store.changes import Change
from store.instants import Instant
from store.operations import OperationKind, operations_by_key
from store.orders import orders_by_id
from store.payments import KlarnaPayment, PaymentStatus, payments_by_id, status_at
from store.resources import Referable, content_of
from store.scope import EVERYTHING
from store.transactions import transactions_by_payment

TOKEN_LENGTH = 255
_TAKES_TOKENS = frozenset({PaymentStatus.OPEN, PaymentStatus.AUTHORIZED, PaymentStatus.REAUTHORIZE})
_DELETABLE = frozenset({PaymentStatus.OPEN, PaymentStatus.REAUTHORIZE, PaymentStatus.EXPIRED})
"""Where no authorization is held; one that has ended by the clock counts as held no more."""


@done_by(PAYERS)
async def create_klarna_payment(
    context: Context, order_id: str, referable: Referable
) -> KlarnaPayment:
    """Open a Klarna session for an order and make it the order's payment source.

    The order must be editable and complete, and its payment method's gateway enabled and serving
    its country. Doing so again for the same order is legal: the newest payment becomes the source,
    and an authorization that the older one holds is given up.
    Raises NotFound, Refused and Unavailable.
    """
    check_texts(referable)
    order = await seen(context, context.database, orders_by_id, order_id)
    opening = Opening(context, order.id, referable)
    payment = await context.services.turns.take(order.id, lambda: perform(context, opening))
    await release(context, opening.given_up)
    return payment


@done_by(INTEGRATIONS)
async def update_klarna_payment(
    context: Context, payment_id: str, said: Mapping[str, Any]
) -> KlarnaPayment:
    """Change what is `said` of a payment: the caller's own marks. Raises NotFound and Refused."""

    async def update(change: Change) -> KlarnaPayment:
        payment = await seen(context, change.transaction, payments_by_id, payment_id)
        after = replace(payment, **said)
        check_texts(content_of(Referable, after))
        return await change.save(payment, after, "updated")

    return await context.change(update)


@done_by(INTEGRATIONS)
async def delete_klarna_payment(context: Context, payment_id: str) -> KlarnaPayment:
    """Delete a payment that nothing came of, and return it as it was.

    What it has authorized is given up first. Raises Forbidden, NotFound, Refused and Unavailable.
    """
    asked = await seen(context, context.database, payments_by_id, payment_id)

    async def delete(change: Change) -> KlarnaPayment:
        payment = await seen(context, change.transaction, payments_by_id, asked.id)
        status = status_at(payment, change.at)
        if status is PaymentStatus.AUTHORIZED:
            raise Refused(
                RefusalCode.PAYMENT_STATE,
                "The shopper has authorized again at this moment.",
                retryable=True,
                hint="Call deleteKlarnaPayment again, if that is still wanted.",
            )
        if status not in _DELETABLE:
            raise Refused(
                RefusalCode.PAYMENT_STATE,
                f"The payment is {status}: the shop's books need it.",
                hint="Leave it; createKlarnaPayment makes another one where one is wanted.",
            )
        uses = {"transactions": transactions_by_payment}
        await must_be_unused(change.transaction, payment.id, uses, hint="Leave it.")
        order = await orders_by_id.known(change.transaction, payment.order_id)
        if order.payment_source_id == payment.id:
            left = replace(order, payment_source_id=None)
            await change.save(order, left, "payment_deleted")
        await change.save(payment, None, "deleted")
        return payment

    async def conversation() -> KlarnaPayment:
        try:
            await perform(context, Releasing(asked.id))
        except NothingHeld:
            pass
        except Refused as no:
            if no.code is not RefusalCode.NOT_AUTHORIZED:
                raise  # but one that Klarna does not know is as good as given up
        return await context.change(delete)

    return await context.services.turns.take(asked.order_id, conversation)


@done_by(PAYERS)
async def save_klarna_auth_token(
    context: Context, payment_id: str, auth_token: str
) -> KlarnaPayment:
    """Save what the shopper's authorization returned. The same token again changes nothing.

    Raises NotFound and Refused.
    """
    if not auth_token or len(auth_token) > TOKEN_LENGTH or not auth_token.isprintable():
        raise Refused(
            RefusalCode.FIELD_INVALID,
            "This is no authorization token.",
            path=["auth_token"],
            hint="Pass `authorization_token` as Klarna.Payments.authorize() returned it.",
        )

    async def save(change: Change) -> KlarnaPayment | Unwanted:
        found = await authorizable(change.transaction, payment_id, context.scope)
        if found is None:
            raise unseen(payments_by_id, payment_id)
        payment = found.payment
        _must_take_tokens(payment, change.at)
        if payment.auth_token != auth_token:
            if found.refused:
                await _must_be_fresh(change, payment, auth_token)
            held = authorized(payment, auth_token, change.at)
            payment = await change.save(payment, held, "authorized")
        if found.order_status in EDITABLE:
            return payment
        return Unwanted(await promise_release(change, payment.order_id))

    saved = await context.change(save)
    if isinstance(saved, Unwanted):
        await release(context, saved.payments)
        raise Refused(
            RefusalCode.ORDER_NOT_EDITABLE,
            "The order was paid otherwise or is over: the authorization was given up.",
            hint="Read the order.",
        )
    return saved


class Unwanted(NamedTuple):
    """What an order has no use for any more: authorizations that are to be given up."""

    payments: Sequence[KlarnaPayment]


def _must_take_tokens(payment: KlarnaPayment, now: Instant) -> None:
    """Raise Refused for a payment that takes no authorization, or none at this moment."""
    status = status_at(payment, now)
    if status is PaymentStatus.PLACING:
        raise Refused(
            RefusalCode.PAYMENT_STATE,
            "An order is being placed with another authorization at this moment.",
            retryable=True,
            hint="Call placeOrder to learn what came of it, then save this one if it failed.",
        )
    if status is PaymentStatus.EXPIRED:
        raise Refused(
            RefusalCode.SESSION_EXPIRED,
            "The payment's session has ended, and its authorizations with it.",
            hint="Call refreshKlarnaPayment, then authorize again.",
        )
    if status not in _TAKES_TOKENS:
        raise Refused(
            RefusalCode.PAYMENT_STATE,
            f"The payment is {status} and takes no authorization any more.",
            hint="Read its order: if it is not placed, createKlarnaPayment opens another one.",
        )


async def _must_be_fresh(change: Change, payment: KlarnaPayment, auth_token: str) -> None:
    """Raise Refused for a token that Klarna refused to place the order with before."""
    key = operation_key(payment, OperationKind.place_order, digest(auth_token))
    tried = await operations_by_key.one(change.transaction, key, EVERYTHING)
    if tried is not None and tried.klarna_code is not None:
        raise Refused(
            RefusalCode.NOT_AUTHORIZED,
            "Klarna has refused this authorization: it is spent.",
            path=["auth_token"],
            hint="Have the shopper authorize again, then call saveKlarnaAuthToken.",
            klarna_code=tried.klarna_code,
            correlation_id=tried.correlation_id,
        )


@done_by(PAYERS)
async def refresh_klarna_payment(context: Context, payment_id: str) -> KlarnaPayment:
    """Make a payment's session say what its order says now.

    The payment keeps its id. An authorization is void if anything changed, so the shopper
    authorizes again; a session that is over is replaced by a new one.
    Raises NotFound, Refused and Unavailable.
    """
    payment = await seen(context, context.database, payments_by_id, payment_id)
    return await context.services.turns.take(payment.order_id, lambda: refresh(context, payment.id))
