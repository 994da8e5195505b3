"""Operations: one row for each call to Klarna that has an effect, written before it is sent."""

from dataclasses import dataclass, replace
from typing import Annotated

from sqlalchemy import Index, bindparam, insert, update
from typing_extensions import Doc

from store.database import Transaction
from store.fields import Json, References
from store.instants import Instant
from store.lookups import Lookup
from store.rows import rows_of
from store.scope import EVERYTHING, Mode
from store.statements import Statement
from store.tables import Traits, derive
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
    fingerprint: Annotated[str, Doc("A digest of the request: the same key must ask the same.")]
    attempts: Annotated[int, Doc("How many times it was sent.")] = 0
    correlation_id: Annotated[
        str | None, Doc("Klarna's id for the last answer, to quote to its support.")
    ] = None
    klarna_code: Annotated[str | None, Doc("Klarna's error code when it refused.")] = None
    request: Annotated[Json, Doc("What was asked, without secrets.")]
    answer: Annotated[Json | None, Doc("What Klarna answered, without secrets.")] = None
    created_at: Annotated[Instant, Doc("When the intent was written down.")]
    settled_at: Annotated[Instant | None, Doc("When its outcome became known.")] = None


operations = derive(
    "operations",
    Operation,
    Index(None, "key", unique=True),
    Index(None, "payment_id", "created_at"),
    Index(None, "state", "created_at"),
    traits=Traits(owner="order_id"),
)

operations_by_key = Lookup(Operation, operations.c.key)

_INSERT = Statement(insert(operations))


def _changing(*names: str) -> Statement:
    """Return the UPDATE of an operation that is in the state in which it was read."""
    return Statement(
        update(operations)
        .where(operations.c.id == bindparam("_id"), operations.c.state == bindparam("_state"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )


_OUTCOME = ("state", "attempts", "correlation_id", "klarna_code", "answer", "settled_at")
_SETTLE = _changing(*_OUTCOME)
_REOPEN = _changing("state", "fingerprint", "request", "settled_at")


async def begin(transaction: Transaction, described: Operation) -> tuple[Operation, bool]:
    """Write an intent down, and say whether an earlier attempt at it may have had its effect.

    The one that has its key already is returned in its place. One that came to nothing is opened
    again as it is described now, since nothing was done under the old description.
    """
    known = await operations_by_key.one(transaction, described.key, EVERYTHING)
    if known is None:
        await transaction.run(_INSERT, **rows_of(Operation).values(described))
        return described, False
    if known.state is OperationState.refused:
        again = replace(
            described, id=known.id, attempts=known.attempts, created_at=known.created_at
        )
        await _change(transaction, _REOPEN, known, again)
        return again, False
    return known, True


async def settle(transaction: Transaction, before: Operation, after: Operation) -> bool:
    """Write down what became of an operation, unless somebody else did; say which."""
    return await _change(transaction, _SETTLE, before, after)


async def _change(
    transaction: Transaction, statement: Statement, before: Operation, after: Operation
) -> bool:
    values = {f"new_{name}": value for name, value in rows_of(Operation).values(after).items()}
    state = str(before.state)
    return await transaction.run(statement, _id=before.id, _state=state, **values) == 1
