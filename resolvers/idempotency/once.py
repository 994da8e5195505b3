"""Doing once what a caller asks for under a key of its own, however often it asks.

The answer is kept for seven days, sealed, since it may hold what only the caller may read. Where a
change's result is the answer, it is written in the change's own transaction: if one is there, so is
the other.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from resolvers.context import Context
from resolvers.errors import BadInput, Forbidden, NotFound, Refused
from resolvers.idempotency.answers import is_fleeting
from resolvers.idempotency.requests import Answered, Claim, Named
from store.database import StoreUnavailable, Transaction

R = TypeVar("R")

MAX_KEY = 255
"""How long a key may be."""


async def once(
    context: Context,
    key: str | None,
    asked: object,
    work: Callable[[], Awaitable[R]],
    *,
    about: Named | None = None,
    in_one: bool = False,
) -> R:
    """Do what is asked for, or return what came of it when it was asked for under this key.

    `asked` is what makes it the same request, as JSON. Where nobody knows the outcome, or nothing
    was done, the same request can be sent again. `about` is what a checkout names in asking, and
    must see still when it is answered again. With `in_one` the request is claimed in the first
    change that `work` makes, and not in one before it: that is for work that asks nothing of
    anybody until then. Raises what `work` raises, Refused and BadInput.
    """
    context.request = None
    if key is None:
        return await work()
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        message = f"A key has 1 to {MAX_KEY} characters that can be printed."
        raise BadInput(message, {"argument": "key"})
    claim = Claim(context, key, asked, about)
    try:
        if not in_one:
            await claim.write(_nothing)
        return await _answered(context, claim, work)
    except Answered as known:
        told: R = claim.read(known.sealed)
        return told
    finally:
        claim.let_go()


async def _nothing(_: Transaction) -> None:
    """Change nothing."""


async def _answered(context: Context, claim: Claim, work: Callable[[], Awaitable[R]]) -> R:
    """Do the work, and see to it that the request is answered or let go of."""
    context.request = claim
    try:
        result = await work()
    except Answered:
        raise
    except Refused as no:
        await claim.write(claim.release if no.retryable else claim.answering(no))
        raise
    except (NotFound, Forbidden, BadInput):
        if claim.taken:
            await claim.write(claim.forget)
        raise
    except Exception:  # whatever it was, it may have been done: only the same may be asked again
        with suppress(StoreUnavailable):
            await claim.write(claim.release)
        raise
    if is_fleeting(result):
        await claim.write(claim.release)
    elif claim.answered is not result:
        await claim.write(claim.answering(result))
    return result
