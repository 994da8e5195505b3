"""Errands: what is to be done about a payment later, written down so that no end can lose it."""

from dataclasses import dataclass, replace
from typing import Annotated

from sqlalchemy import Index, UniqueConstraint, bindparam, insert, select, update
from typing_extensions import Doc

from store.database import Reader, Transaction
from store.fields import References, Sealed
from store.instants import Instant
from store.lookups import Lookup
from store.rows import rows_of
from store.scope import EVERYTHING, Mode
from store.statements import Query, Statement
from store.tables import columns_of, derive
from store.words import Word

MOST = 100
"""How many errands one payment may have in its life: more is nobody's business of ours."""


class ErrandKind(Word):
    """What is to be done."""

    authorization = "authorization", "Look at the authorization that Klarna reported."
    review = "review", "Ask Klarna what came of its review."
    recovery = "recovery", "Look for an authorization whose report was lost."
    comparison = "comparison", "Compare the books of a placed order with Klarna's."


@dataclass(kw_only=True)
class Errand:
    """One thing to be done about a payment, again and again until it is done."""

    id: Annotated[str, Doc("Ten letters, stable and opaque.")]
    mode: Annotated[Mode, Doc("The Klarna environment of its payment.")]
    kind: Annotated[ErrandKind, Doc("What is to be done.")]
    payment_id: Annotated[
        str, Doc("The id of its payment."), References("klarna_payments", enforced=False)
    ]
    name: Annotated[str, Doc("What tells it from the payment's others: the same comes once.")]
    content: Annotated[
        str | None,
        Doc("What Klarna said, sealed; null where that was nothing."),
        Sealed("payment_id"),
    ]
    attempts: Annotated[int, Doc("How often it was tried.")] = 0
    created_at: Annotated[Instant, Doc("When it was written down.")]
    next_attempt_at: Annotated[Instant | None, Doc("When it is due; null once it is done.")]


errands = derive(
    "errands",
    Errand,
    UniqueConstraint("payment_id", "name"),
    Index(None, "next_attempt_at"),
)

errands_by_payment = Lookup(Errand, errands.c.payment_id)

_INSERT = Statement(insert(errands))
_AS_READ = (
    errands.c.id == bindparam("_id"),
    errands.c.next_attempt_at == bindparam("_next_attempt_at"),
)
_PUT_OFF = Statement(
    update(errands)
    .where(*_AS_READ)
    .values(attempts=bindparam("new_attempts"), next_attempt_at=bindparam("new_next_attempt_at"))
)
_DUE = Query(
    Errand,
    select(*columns_of(Errand))
    .where(errands.c.next_attempt_at <= bindparam("now", required=True))
    .order_by(errands.c.kind == str(ErrandKind.comparison), errands.c.next_attempt_at)
    .limit(bindparam("count", required=True)),
)


async def add(transaction: Transaction, errand: Errand) -> bool:
    """Write an errand down, unless the payment has one of this name, or too many; say which."""
    known = await errands_by_payment(transaction, [errand.payment_id], EVERYTHING)
    if len(known) >= MOST or any(one.name == errand.name for one in known):
        return False
    await transaction.run(_INSERT, **rows_of(Errand).values(errand))
    return True


async def due(reader: Reader, now: Instant, count: int) -> list[Errand]:
    """Return the errands that are due; comparisons can wait until nothing else is."""
    return await reader.all(_DUE, now=now, count=count)


async def attend(transaction: Transaction, errand: Errand, until: Instant) -> Errand | None:
    """Have nobody else run an errand until a time; None if somebody was faster."""
    return await _change(transaction, errand, replace(errand, next_attempt_at=until))


async def put_off(transaction: Transaction, errand: Errand, until: Instant | None) -> None:
    """Have an errand that was run be due at another time, or never again."""
    run = replace(errand, attempts=errand.attempts + 1, next_attempt_at=until)
    await _change(transaction, errand, run)


async def _change(transaction: Transaction, before: Errand, after: Errand) -> Errand | None:
    changed = await transaction.run(
        _PUT_OFF,
        _id=before.id,
        _next_attempt_at=before.next_attempt_at,
        new_attempts=after.attempts,
        new_next_attempt_at=after.next_attempt_at,
    )
    return after if changed else None
