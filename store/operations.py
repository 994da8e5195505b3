"""Operations: one row for each call to Klarna that has an effect, written before it is sent."""

from dataclasses import dataclass, replace
from typing import Annotated

from sqlalchemy import Index, bindparam, insert, select, update
from typing_extensions import Doc

from store.database import Reader, Transaction
from store.fields import Json, Mark, References
from store.instants import Instant
from store.lookups import Lookup
from store.rows import rows_of
from store.scope import EVERYTHING, Mode
from store.statements import Query, Statement
from store.tables import Traits, columns_of, derive
from store.words import Word


class OperationKind(Word):
    """What Klarna was asked to do."""

    open_session = "open_session", "Open a session."
    update_session = "update_session", "Bring a session up to date with its order."
    place_order = "place_order", "Place the authorized order."
    cancel_authorization = (
        "cancel_authorization",
        "Give an authorization up before an order is placed with it.",
    )
    capture = "capture", "Take money."
    release = "release", "Give up what is left of an authorization after captures."
    cancel = "cancel", "Cancel an order of which nothing was captured."
    refund = "refund", "Give money back."
    extend = "extend", "Extend an order's authorization."
    update_references = "update_references", "Replace the merchant references."


class OperationState(Word):
    """What is known of Klarna's answer."""

    pending = "pending", "Written down; the answer is not in yet."
    succeeded = "succeeded", "Klarna did it."
    refused = "refused", "Klarna did not do it."
    unknown = "unknown", "It may or may not have happened: to be settled by asking Klarna."
    abandoned = "abandoned", "Nobody asks any more: whether it happened makes no difference."


UNSETTLED = frozenset({OperationState.pending, OperationState.unknown})


@dataclass(kw_only=True)
class Operation:
    """One call to Klarna that has an effect, from the intent to its settlement."""

    id: Annotated[str, Doc("Ten letters, stable and opaque.")]
    mode: Annotated[Mode, Doc("The Klarna environment it was made in.")]
    kind: Annotated[OperationKind, Doc("What Klarna was asked to do.")]
    state: Annotated[OperationState, Doc("What is known of Klarna's answer.")]
    payment_gateway_id: Annotated[
        str, Doc("The id of the gateway it went through."), References("klarna_gateways")
    ]
    order_id: Annotated[str, Doc("The id of the order it is about."), References("orders")]
    payment_id: Annotated[str, Doc("The id of the payment it is about, which it may have made.")]
    key: Annotated[str, Doc("The idempotency key that Klarna was given, a UUID.")]
    fingerprint: Annotated[
        str, Doc("A digest of the request: the same key must ask the same."), Mark.INTERNAL
    ]
    attempts: Annotated[int, Doc("How many times it was sent.")] = 0
    correlation_id: Annotated[
        str | None, Doc("Klarna's id for the last answer, to quote to its support.")
    ] = None
    klarna_code: Annotated[str | None, Doc("Klarna's error code when it refused.")] = None
    request: Annotated[Json, Doc("What was asked, without secrets.")]
    answer: Annotated[Json | None, Doc("What Klarna answered, without secrets.")] = None
    created_at: Annotated[Instant, Doc("When the intent was written down.")]
    settled_at: Annotated[Instant | None, Doc("When its outcome became known.")] = None
    next_attempt_at: Annotated[
        Instant | None,
        Doc(
            "When the gateway looks after it by itself, if it is not settled by then; null once it "
            "is settled."
        ),
    ] = None


operations = derive(
    "operations",
    Operation,
    Index(None, "key", unique=True),
    Index(None, "payment_id", "created_at"),
    Index(None, "payment_gateway_id"),
    Index(None, "next_attempt_at"),
    Index(None, "mode", "created_at", "id"),
    traits=Traits(owner="order_id"),
)

operations_by_id = Lookup(Operation, operations.c.id)
operations_by_payment = Lookup(
    Operation,
    operations.c.payment_id,
    order_by=(operations.c.created_at, operations.c.id),
)
operations_by_gateway = Lookup(Operation, operations.c.payment_gateway_id)
operations_by_key = Lookup(Operation, operations.c.key)

_INSERT = Statement(insert(operations))


def _changing(*names: str) -> Statement:
    """Return the UPDATE of an operation that is as it was read."""
    return Statement(
        update(operations)
        .where(
            operations.c.id == bindparam("_id"),
            operations.c.state == bindparam("_state"),
            operations.c.attempts == bindparam("_attempts"),
        )
        .values({name: bindparam(f"new_{name}") for name in names})
    )


_OUTCOME = (
    "state",
    "attempts",
    "correlation_id",
    "klarna_code",
    "answer",
    "settled_at",
    "next_attempt_at",
)
_SETTLE = _changing(*_OUTCOME)
_REOPEN = _changing("state", "fingerprint", "request", "settled_at", "next_attempt_at")
_ATTEND = Statement(
    update(operations)
    .where(
        operations.c.id == bindparam("_id"),
        operations.c.next_attempt_at == bindparam("_next_attempt_at"),
    )
    .values(next_attempt_at=bindparam("new_next_attempt_at"))
)
_DUE = Query(
    Operation,
    select(*columns_of(Operation))
    .where(operations.c.next_attempt_at <= bindparam("now", required=True))
    .order_by(operations.c.next_attempt_at)
    .limit(bindparam("count", required=True)),
)


async def begin(transaction: Transaction, described: Operation) -> tuple[Operation, bool]:
    """Write an intent down, and say whether an earlier attempt at it may have had its effect.

    The one that has its key already is returned in its place. One that came to nothing is opened
    again as it is described now, since nothing was done under the old description.
    """
    known = await operations_by_key.one(transaction, described.key, EVERYTHING)
    if known is None:
        await transaction.run(_INSERT, **rows_of(Operation).values(described))
        return described, False
    if known.state in (OperationState.refused, OperationState.abandoned):
        again = replace(
            described, id=known.id, attempts=known.attempts, created_at=known.created_at
        )
        await _change(transaction, _REOPEN, known, again)
        return again, False
    return known, True


async def due(reader: Reader, now: Instant, count: int) -> list[Operation]:
    """Return the operations that somebody should look after by now."""
    return await reader.all(_DUE, now=now, count=count)


async def attend(transaction: Transaction, operation: Operation, until: Instant) -> bool:
    """Look after an operation until a time; say whether nobody else was faster."""
    times = {"_next_attempt_at": operation.next_attempt_at, "new_next_attempt_at": until}
    return await transaction.run(_ATTEND, _id=operation.id, **times) == 1


async def settle(transaction: Transaction, before: Operation, after: Operation) -> bool:
    """Write down what became of an operation, unless somebody else did; say which."""
    return await _change(transaction, _SETTLE, before, after)


async def _change(
    transaction: Transaction, statement: Statement, before: Operation, after: Operation
) -> bool:
    values = {f"new_{name}": value for name, value in rows_of(Operation).values(after).items()}
    as_read = {"_id": before.id, "_state": str(before.state), "_attempts": before.attempts}
    return await transaction.run(statement, **as_read, **values) == 1
