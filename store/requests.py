"""Requests: what callers asked for under keys of their own, and what they were answered."""

from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Index, bindparam, delete, insert, select, update
from typing_extensions import Doc

from store.database import Transaction
from store.fields import Sealed
from store.instants import Instant
from store.rows import rows_of
from store.scope import Mode
from store.statements import Query, Statement
from store.tables import columns_of, derive


@dataclass(kw_only=True)
class Request:
    """One change that a caller asked for under a key."""

    mode: Annotated[Mode, Doc("The Klarna environment of the caller.")]
    caller: Annotated[str, Doc("Who asked; two callers may use the same key.")]
    key: Annotated[str, Doc("The caller's own name for the request.")]
    fingerprint: Annotated[str, Doc("A digest of what was asked: the same key must ask the same.")]
    claim: Annotated[str, Doc("Which attempt works on it; only that one may answer it.")]
    claimed_until: Annotated[Instant, Doc("When another attempt may take it over.")]
    answer: Annotated[
        str | None,
        Doc("What was answered, sealed; null before that."),
        Sealed("mode", "caller", "key"),
    ] = None
    created_at: Annotated[Instant, Doc("When it was first asked for.")]


requests = derive(
    "requests",
    Request,
    Index(None, "created_at"),
    key=("mode", "caller", "key"),
)

_c = requests.c
_THIS = (
    _c.mode == bindparam("_mode", required=True),
    _c.caller == bindparam("_caller", required=True),
    _c.key == bindparam("_key", required=True),
)
_CLAIMED = (*_THIS, _c.claim == bindparam("_claim", required=True))
_FIND = Query(Request, select(*columns_of(Request)).where(*_THIS))
_ADD = Statement(insert(requests))
_CLAIM = Statement(
    update(requests)
    .where(*_THIS, _c.answer.is_(None))
    .values(claim=bindparam("new_claim"), claimed_until=bindparam("new_claimed_until"))
)
_RELEASE = Statement(
    update(requests)
    .where(*_CLAIMED, _c.answer.is_(None))
    .values(claimed_until=bindparam("new_claimed_until"))
)
_ANSWER = Statement(update(requests).where(*_CLAIMED).values(answer=bindparam("new_answer")))
_FORGET = Statement(delete(requests).where(*_CLAIMED, _c.answer.is_(None)))
_FORGET_UNTIL = Statement(
    delete(requests).where(_c.created_at <= bindparam("until", required=True))
)


async def find(transaction: Transaction, wanted: Request) -> Request | None:
    """Return the request that has the same key of the same caller, or None."""
    return next(iter(await transaction.all(_FIND, **_this(wanted))), None)


async def add(transaction: Transaction, request: Request) -> None:
    """Write a request down, claimed."""
    await transaction.run(_ADD, **rows_of(Request).values(request))


async def claim(transaction: Transaction, request: Request) -> None:
    """Claim a request that has no answer."""
    claimed = {"new_claim": request.claim, "new_claimed_until": request.claimed_until}
    await transaction.run(_CLAIM, **_this(request), **claimed)


async def release(transaction: Transaction, request: Request) -> None:
    """Let others claim a request at once, if the claim still holds."""
    claimed = {"_claim": request.claim, "new_claimed_until": request.created_at}
    await transaction.run(_RELEASE, **_this(request), **claimed)


async def answer(transaction: Transaction, request: Request, sealed: str) -> None:
    """Write the answer down, if the claim still holds."""
    claimed = {"_claim": request.claim, "new_answer": sealed}
    await transaction.run(_ANSWER, **_this(request), **claimed)


async def forget(transaction: Transaction, request: Request) -> None:
    """Forget a request that was not answered."""
    await transaction.run(_FORGET, **_this(request), _claim=request.claim)


async def forget_until(transaction: Transaction, until: Instant) -> None:
    """Forget what was asked until a time."""
    await transaction.run(_FORGET_UNTIL, until=until)


def _this(request: Request) -> dict[str, str]:
    return {"_mode": str(request.mode), "_caller": request.caller, "_key": request.key}
