"""Calls to Klarna that have an effect: written down before they are sent, settled after.

What if the process dies? Before the intent is durable nothing was sent. After it the row says
what was asked and under which key, and whoever finds it can ask again, or what came of it.
"""

import hashlib
import uuid
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Generic, TypeVar

import orjson
from structlog.contextvars import bound_contextvars

from resolvers.context import Context
from resolvers.errors import Problem, RefusalCode, Refused
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.answers import summary
from resolvers.klarna.client import Klarna
from resolvers.klarna.errors import KlarnaProblem, LockedOut, Silent
from resolvers.refusals import refusal
from store import operations as log
from store.changes import Change
from store.fields import Json
from store.gateways import KlarnaGateway
from store.instants import after
from store.operations import Operation, OperationKind, OperationState
from store.payments import KlarnaPayment
from store.resources import Resource

A = TypeVar("A")
T = TypeVar("T")

KEYS = uuid.UUID("8f0c6d1e-54b0-4c38-9d5e-2f6a1c7f3b90")
"""The namespace of our idempotency keys: the same operation always has the same key."""
ATTENDED = timedelta(minutes=2)
"""How long the reconciler leaves an operation to whoever began it: longer than any request."""
_PAUSES = (timedelta(seconds=5), timedelta(minutes=5), timedelta(hours=5))
"""How long the reconciler waits after each attempt without an answer; Klarna's own advice."""
SECRET = "{secret}"
"""What stands in a request that is written down for the secret that is sent."""


class NotDone(Exception):
    """An earlier attempt at a call had no effect."""


class Settled(Exception):
    """The outcome of an operation became known meanwhile."""


class Unclear(Exception):
    """Nobody can tell whether an earlier attempt at a call had its effect."""

    def __init__(self, told: Problem) -> None:
        super().__init__(str(told))
        self.told = told
        """What the caller is told."""


class Call(ABC, Generic[A, T]):
    """One call to Klarna that has an effect, and what follows from each of its outcomes."""

    gateway: KlarnaGateway
    """Whose account it goes through; `intend` says."""
    about: Resource
    """The record whose history tells of it; `intend` says."""

    @abstractmethod
    async def intend(self, change: Change) -> Operation:
        """Check that the call may be made, change what it changes beforehand, and describe it."""

    @abstractmethod
    async def send(self, klarna: Klarna, operation: Operation) -> A:
        """Make the call, as the operation describes it and not as it would be described now."""

    @abstractmethod
    async def succeed(self, change: Change, answer: A) -> T:
        """Write down what a yes changes."""

    async def refuse(self, change: Change, no: klarna_errors.Refused) -> None:
        """Write down what a no changes: by default nothing."""

    async def forgo(self, change: Change) -> None:
        """Take back what was changed beforehand: Klarna did not take the call."""

    async def doubt(self, change: Change) -> None:
        """Write down what follows from not knowing the answer: by default nothing."""

    async def brought(self, klarna: Klarna, operation: Operation) -> A:
        """Return what an earlier attempt brought, read before the call is made again.

        Raises NotDone if it brought nothing, or where repeating the call tells.
        """
        raise NotDone

    async def recall(self, klarna: Klarna, operation: Operation, no: KlarnaProblem) -> A:
        """Return what an earlier attempt brought, now that Klarna says no to another one.

        Raises NotDone if it brought nothing, which is also the answer where doing it twice does
        no harm, and Unclear if nobody can tell.
        """
        raise NotDone


def intent(
    change: Change, kind: OperationKind, payment: KlarnaPayment, *, name: str, request: Json
) -> Operation:
    """Describe a call: `name` tells it from the payment's other calls of its kind.

    The request is kept whole, so that it can be sent again to the letter; only the secret in our
    own addresses is left out, and the addresses do not make it another request.
    """
    essence = {key: value for key, value in request.items() if key != "merchant_urls"}
    return Operation(
        id=change.new_id(),
        mode=payment.mode,
        kind=kind,
        state=OperationState.pending,
        payment_gateway_id=payment.payment_gateway_id,
        order_id=payment.order_id,
        payment_id=payment.id,
        key=operation_key(payment, kind, name),
        fingerprint=digest(essence),
        request=_with(request, payment.callback_secret, SECRET),
        created_at=change.at,
        next_attempt_at=after(change.at, ATTENDED),
    )


def about(operation: Operation) -> dict[str, str]:
    """Return how the log names an operation."""
    return {
        "operation": operation.id,
        "kind": str(operation.kind),
        "payment": operation.payment_id,
        "order": operation.order_id,
    }


async def promise(change: Change, operation: Operation) -> None:
    """Write down, with the change that makes it needful, a call that is to be made after it.

    If nobody makes it, the reconciler does.
    """
    await log.begin(change.transaction, operation)


def operation_key(payment: KlarnaPayment, kind: OperationKind, name: str) -> str:
    """Return the idempotency key of a call, the same whenever it is made."""
    return str(uuid.uuid5(KEYS, f"{payment.id}:{kind}:{name}"))


def request_of(operation: Operation, payment: KlarnaPayment) -> dict[str, Any]:
    """Return the request of an operation as it is sent."""
    return _with(operation.request, SECRET, payment.callback_secret)


def _with(request: Json, found: str, instead: str) -> dict[str, Any]:
    """Return a request with one text in the place of another in our own addresses."""
    urls = request.get("merchant_urls")
    if urls is None:
        return dict(request)
    changed = {name: url.replace(found, instead) for name, url in urls.items()}
    return {**request, "merchant_urls": changed}


def digest(value: Json | str) -> str:
    """Return the SHA-256 of a text, or of an object with its keys in order."""
    content = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


async def perform(context: Context, call: Call[A, T]) -> T:
    """Make a call and return what became of it.

    Raises the resolvers' Refused when Klarna refuses, and Unavailable when it cannot be reached
    or nobody knows its answer; the operation's row says which.
    """
    try:
        klarna, operation, doubtful = await context.change(partial(_intend, context, call))
    except LockedOut as problem:
        raise refusal(problem) from problem
    sent = replace(operation, attempts=operation.attempts + 1)
    try:
        with bound_contextvars(**about(sent)):
            answer = await _answer(klarna, call, sent, doubtful=doubtful)
    except KlarnaProblem as problem:
        await context.change(partial(_unanswered, call, operation, sent, problem, doubtful))
        raise refusal(problem) from problem
    except Unclear as unclear:
        doubt = Silent(str(unclear))
        await context.change(partial(_unanswered, call, operation, sent, doubt, doubtful))
        raise unclear.told from unclear

    async def succeed(change: Change) -> T:
        state, said = OperationState.succeeded, summary(answer)
        done = replace(sent, state=state, answer=said, settled_at=change.at, next_attempt_at=None)
        await _settle(change, operation, done)
        return await call.succeed(change, answer)

    return await context.change(succeed)


async def abandon(
    context: Context, operation: Operation, call: Call[Any, Any] | None = None
) -> None:
    """Ask no more for what makes no difference any more; `call` writes down its doubts."""

    async def settle(change: Change) -> None:
        if call is not None:
            await call.doubt(change)
        state = OperationState.abandoned
        over = replace(operation, state=state, settled_at=change.at, next_attempt_at=None)
        await log.settle(change.transaction, operation, over)

    await context.change(settle)


async def _intend(
    context: Context, call: Call[Any, Any], change: Change
) -> tuple[Klarna, Operation, bool]:
    """Write the intent down, unless nothing could be sent and nothing was before."""
    described = await call.intend(change)
    klarna = context.services.accounts.of(call.gateway)
    operation, doubtful = await log.begin(change.transaction, described)
    if not doubtful:
        klarna.must_be_open()
    if operation.fingerprint != described.fingerprint:
        raise Refused(
            RefusalCode.PAYMENT_STATE,
            "Klarna was asked for something else under the same authorization before.",
            hint="Authorize again, then call saveKlarnaAuthToken.",
        )
    return klarna, operation, doubtful


async def _answer(klarna: Klarna, call: Call[A, Any], sent: Operation, *, doubtful: bool) -> A:
    """Return Klarna's answer, or what an earlier attempt brought. Raises KlarnaProblem, Unclear."""
    if doubtful:
        try:
            return await call.brought(klarna, sent)
        except NotDone:
            pass
        except LockedOut:
            raise
        except KlarnaProblem as problem:
            raise Silent(
                problem.message, problem.correlation_id
            ) from problem  # as doubtful as ever
    try:
        return await call.send(klarna, sent)
    except (Silent, LockedOut):
        raise
    except KlarnaProblem as no:
        if not doubtful and not (isinstance(no, klarna_errors.Refused) and no.after_silence):
            raise
        try:
            return await call.recall(klarna, sent, no)
        except NotDone:
            raise no from None


async def _settle(change: Change, before: Operation, after_: Operation) -> None:
    """Write down what became of an operation. Raises Settled if somebody else has done so."""
    if not await log.settle(change.transaction, before, after_):
        raise Settled


async def _unanswered(  # noqa: PLR0917  (called by `perform` only)
    call: Call[Any, Any],
    before: Operation,
    sent: Operation,
    problem: KlarnaProblem,
    doubtful: bool,
    change: Change,
) -> None:
    """Write down that there was no yes, and what that changes."""
    outcome = replace(sent, correlation_id=problem.correlation_id)
    again = after(change.at, _PAUSES[min(outcome.attempts, len(_PAUSES)) - 1])
    if isinstance(problem, Silent):
        happened = "unanswered"
        state = OperationState.unknown
        await _settle(change, before, replace(outcome, state=state, next_attempt_at=again))
        await call.doubt(change)
    elif isinstance(problem, klarna_errors.Refused) and not (
        doubtful and isinstance(problem, klarna_errors.Unauthorized)
    ):
        happened = "refused"
        outcome = replace(outcome, klarna_code=problem.code)
        await _settle(change, before, _refused(outcome, change))
        await call.refuse(change, problem)
    elif doubtful:
        # It was promised, or may have happened before: somebody must ask again
        happened = "put_off"
        await _settle(change, before, replace(outcome, next_attempt_at=again))
    else:
        happened = "not_sent"
        await _settle(change, before, _refused(outcome, change))
        await call.forgo(change)
    told = {
        "operation": sent.id,
        "message": problem.message,
        "klarna_code": problem.code if isinstance(problem, klarna_errors.Refused) else None,
        "correlation_id": problem.correlation_id,
    }
    await change.note(call.about, f"{sent.kind}_{happened}", told)


def _refused(outcome: Operation, change: Change) -> Operation:
    state = OperationState.refused
    return replace(outcome, state=state, settled_at=change.at, next_attempt_at=None)
