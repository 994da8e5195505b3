"""Acting: doing what an errand is for, on Klarna's report or on our own account."""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import structlog
from structlog.contextvars import bound_contextvars

from resolvers.background.comparing import watch
from resolvers.background.errands import AGAIN, NotYet
from resolvers.background.reviewing import decide
from resolvers.context import Context, Services
from resolvers.errors import Problem, Refused
from resolvers.identity.callers import Caller
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.answers import KlarnaOrder
from resolvers.moving.capturing import Capturing, promise_capture
from resolvers.moving.releasing import promise_release, release
from resolvers.operations import ATTENDED, Settled, perform
from resolvers.payments import save_klarna_auth_token
from resolvers.placing import place_order
from resolvers.purchases import editable
from resolvers.secrets.sealing import Unreadable
from store import errands as log
from store.changes import Change
from store.errands import Errand, ErrandKind
from store.gateways import gateways_by_id
from store.instants import after
from store.operations import Operation
from store.orders import OrderStatus, orders_by_id
from store.payment_methods import payment_methods_by_id
from store.payments import KlarnaPayment, PaymentStatus, payments_by_id, status_at
from store.scope import EVERYTHING, Mode

logger = structlog.get_logger()


def itself(services: Services, mode: Mode, role: str) -> Context:
    """Return the context in which the gateway acts on its own."""
    return Context(services, Caller.itself(mode, role))


async def run(context: Context, errand: Errand) -> bool:
    """Run an errand once, and say whether it is done; one that is not is put off.

    Nothing is raised: what goes wrong is logged, and the errand is run again.
    """
    known = {"errand": errand.id, "errand_kind": str(errand.kind), "payment": errand.payment_id}
    with bound_contextvars(**context.caller.words, **known):
        try:
            return await _run(context, errand)
        except Exception:  # one that fails must not keep others from being run
            logger.exception("errand_failed")
            return False


async def _run(context: Context, errand: Errand) -> bool:
    until = after(context.now(), ATTENDED)
    claimed = await context.database.write(lambda change: log.attend(change, errand, until))
    if claimed is None:
        return False
    again: timedelta | None = None
    outcome, told = "done", None
    try:
        await _look(context, errand)
    except (NotYet, Problem, Settled, Unreadable, klarna_errors.KlarnaProblem) as reason:
        pauses = AGAIN[errand.kind]
        over = isinstance(reason, Refused) and not reason.retryable
        if not over and errand.attempts < len(pauses):
            again = pauses[errand.attempts]
        outcome, told = "put_off" if again else "given_up", str(reason)
    logger.info("errand", outcome=outcome, attempt=errand.attempts + 1, reason=told)
    next_at = after(context.now(), again) if again else None
    await context.database.write(lambda change: log.put_off(change, claimed, next_at))
    return again is None


async def _look(context: Context, errand: Errand) -> None:
    payment = await payments_by_id.one(context.database, errand.payment_id, EVERYTHING)
    if payment is None:
        return
    if errand.kind is ErrandKind.review:
        await _review(context, payment)
        return
    if errand.kind is ErrandKind.comparison:
        await watch(context, payment)
        return
    said: Mapping[str, str] = {}
    if errand.content is not None:
        said = context.services.keys.open(errand.content, payment.id)
    await _authorization(context, payment, said)


_TAKES_NEWER = (PaymentStatus.REAUTHORIZE, PaymentStatus.AUTHORIZED)


async def _authorization(context: Context, payment: KlarnaPayment, said: Mapping[str, str]) -> None:
    """Save the token that the session holds, and do what is to be done on an authorization."""
    if said and said["session_id"] != payment.session_id:
        return  # the session was replaced since
    status = status_at(payment, context.now())
    if status is PaymentStatus.PLACING:
        raise NotYet("An order is being placed from the session.")
    newer = bool(said) and said["authorization_token"] != payment.auth_token
    if status is PaymentStatus.OPEN or (newer and status in _TAKES_NEWER):
        gateway = await gateways_by_id.known(context.database, payment.payment_gateway_id)
        session = await context.services.accounts.of(gateway).session(payment.session_id)
        token = session.authorization_token
        if token is None or session.complete:
            raise NotYet("The session holds no authorization.")
        if said and not hmac.compare_digest(token, said["authorization_token"]):
            raise NotYet("The session holds another authorization.")
        payment = await save_klarna_auth_token(context, payment.id, token)
    elif status is not PaymentStatus.AUTHORIZED:
        return
    await _go_on(context, payment)


async def _go_on(context: Context, payment: KlarnaPayment) -> None:
    """Make an authorized payment its order's source, and place the order, where settings say so."""
    given_up: list[KlarnaPayment]

    async def choose(change: Change) -> bool:
        nonlocal given_up
        given_up = []
        order = await orders_by_id.known(change.transaction, payment.order_id)
        gateway = await gateways_by_id.known(change.transaction, payment.payment_gateway_id)
        if order.payment_source_id != payment.id:
            if not gateway.force_payments or not await editable(change.transaction, order):
                return False
            given_up = await promise_release(change, order.id, but=payment.id)
            chosen = replace(order, payment_source_id=payment.id)
            order = await change.save(order, chosen, "payment_forced")
        if order.payment_method_id is None or order.status is not OrderStatus.pending:
            return False
        method = await payment_methods_by_id.known(change.transaction, order.payment_method_id)
        return method.auto_place

    place = await context.change(choose)
    await release(context, given_up)
    if place:
        await place_order(context, payment.order_id)


async def _review(context: Context, payment: KlarnaPayment) -> None:
    """Ask Klarna what came of its review, and write that down."""
    if payment.klarna_order_id is None:
        if payment.status is PaymentStatus.PLACING:
            raise NotYet("Nobody knows yet which order it is about.")
        return
    gateway = await gateways_by_id.known(context.database, payment.payment_gateway_id)
    found = await context.services.accounts.of(gateway).order(payment.klarna_order_id)
    capture = await context.services.turns.take(
        payment.order_id, lambda: _decided(context, payment, found)
    )
    if capture is not None:
        await context.services.turns.take(
            payment.order_id,
            lambda: perform(context, Capturing(context, payment.order_id, capture)),
        )


async def _decided(
    context: Context, payment: KlarnaPayment, found: KlarnaOrder
) -> Operation | None:
    async def write(change: Change) -> Operation | None:
        order = await decide(change, payment.id, found)
        if order is None:
            return None
        return await promise_capture(context, change, order)

    operation = await context.change(write)
    if found.fraud_status in ("PENDING", None):
        raise NotYet("Klarna has not decided yet.")
    return operation
