"""Requests under callers' keys: claimed, worked on, and answered in the changes they ask for."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

import orjson

from resolvers.context import Context
from resolvers.errors import RefusalCode, Refused
from resolvers.idempotency.answers import is_told, restored, told_of
from resolvers.idempotency.claims import KEYS_KEPT
from resolvers.identity.callers import CallerKind
from resolvers.secrets.sealing import KeyRing, Unreadable
from resolvers.seeing import seen
from store import requests as log
from store.database import Transaction
from store.instants import after
from store.lookups import Lookup
from store.records import replaced
from store.requests import Request

R = TypeVar("R")

CLAIM = timedelta(minutes=2)
"""How long a claim of another process is left alone; one of this process always is."""


class Named(NamedTuple):
    """What a caller names in asking for a change: whoever does not see it is answered nothing."""

    lookup: Lookup[Any]
    id: str


def _in_use() -> Refused:
    return Refused(
        RefusalCode.KEY_IN_USE,
        "A request with this key is being worked on at this moment.",
        path=["key"],
        retryable=True,
        hint="Send the same again in a few seconds for its answer.",
    )


class Answered(Exception):
    """The request was answered before: what would have been changed is not."""

    def __init__(self, sealed: str) -> None:
        super().__init__()
        self.sealed = sealed


class Claim:
    """One request under a key, while this process works on it."""

    answered: object = None
    """The answer that was written with the change that it tells of."""
    taken = False
    """Whether the request is claimed by now."""
    _new = False
    """Whether it is claimed by the transaction under way, and not written down in it yet."""
    _tidies = False
    """Whether that transaction rids the store of old keys, too."""

    def __init__(self, context: Context, key: str, asked: object, about: Named | None) -> None:
        # Not the context, which knows its claim: two that know each other have to be looked for
        self._services, self._caller = context.services, context.caller
        self._keys: KeyRing = context.services.keys
        self._live = context.services.claims
        self._about = about
        at = context.now()
        self._request = Request(
            mode=context.caller.mode,
            caller=context.caller.keeping_keys(about and about.id),
            key=key,
            fingerprint=hashlib.sha256(
                orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
            ).hexdigest(),
            claim=context.new_id(),
            claimed_until=at,
            created_at=at,
        )
        self.owner = f"{self._request.mode} {self._request.caller} {key}"
        """What tells the request from all others."""

    async def write(self, work: Callable[[Transaction], Awaitable[R]]) -> R:
        """Make a change for the request, and claim it in that if it is not claimed yet.

        Raises Answered, Refused and NotFound as `_take` does, and what the change raises: then
        nothing is changed, and nothing claimed.
        """
        database = self._services.database
        if self.taken:
            return await database.write(work)

        async def claimed(transaction: Transaction) -> R:
            await self._take(transaction)
            result = await work(transaction)
            if self._new:
                await self._add(transaction, self._claimed())
            return result

        result = await database.write(claimed)
        if self._tidies:
            self._live.tidied(self._request.created_at)
        self.taken = True
        self._live.add(self.owner)
        return result

    def let_go(self) -> None:
        """Work on the request no more."""
        if self.taken:
            self._live.discard(self.owner)

    async def _take(self, transaction: Transaction) -> None:
        """Claim the request. Raises Answered, Refused and NotFound.

        An answer is not given again to a checkout that would not see any more what it is about;
        whoever sees a mode sees all that was done in it. A claim that is live in this process is
        not taken over, however long it lasts.
        """
        wanted = self._request
        known = await log.find(transaction, wanted)
        self._tidies = self._live.untidy(wanted.created_at)
        if known is not None or self._tidies:
            over = after(wanted.created_at, -KEYS_KEPT)
            if known is not None and known.created_at <= over:
                known, self._tidies = None, True
            if self._tidies:
                await log.forget_until(transaction, over)
        self._new = known is None
        if known is None:
            return
        if known.fingerprint != wanted.fingerprint:
            raise Refused(
                RefusalCode.KEY_REUSED,
                "This key came with other arguments before.",
                path=["key"],
                hint="Send another request under a key of its own.",
            )
        if known.answer is not None:
            if self._about and self._caller.kind is CallerKind.sales_channel:
                context = Context(self._services, self._caller)
                await seen(context, transaction, self._about.lookup, self._about.id)
            raise Answered(known.answer)
        if known.claim == wanted.claim:
            return  # another change of the same request was faster
        if self.owner in self._live or known.claimed_until > wanted.created_at:
            raise _in_use()
        await log.claim(transaction, self._claimed())

    async def record(self, transaction: Transaction, result: object) -> None:
        """Write the answer in the transaction of the change that it tells of."""
        if is_told(result):
            await self.answering(result)(transaction)
            self.answered = result

    def answering(self, result: object) -> Callable[[Transaction], Awaitable[None]]:
        """Return the change that writes an answer down, unless another has claimed the request.

        What was done stands in any case: the books matter more than the answer.
        """
        sealed = self._keys.seal(told_of(result), self.owner)

        async def answer(transaction: Transaction) -> None:
            if self._new:
                await self._add(transaction, replaced(self._request, answer=sealed))
            else:
                await log.answer(transaction, self._request, sealed)

        return answer

    async def release(self, transaction: Transaction) -> None:
        """Let the same request be made again at once; another one still may not have its key."""
        if self._new:
            await self._add(transaction, self._request)
        else:
            await log.release(transaction, self._request)

    async def _add(self, transaction: Transaction, request: Request) -> None:
        """Write the request down: it is new."""
        self._new = False
        await log.add(transaction, request)

    def _claimed(self) -> Request:
        """Return the request as another attempt must leave it alone for a while."""
        until = after(self._request.created_at, CLAIM)
        return replaced(self._request, claimed_until=until)

    async def forget(self, transaction: Transaction) -> None:
        """Give the key back: nothing was asked that could be."""
        await log.forget(transaction, self._request)

    def read(self, sealed: str) -> Any:
        """Return the answer that was given before. Raises the Refused that it was."""
        try:
            told = self._keys.open(sealed, self.owner)
        except Unreadable as error:
            raise Refused(
                RefusalCode.KEY_REUSED,
                "The answer to this key cannot be opened here any more.",
                path=["key"],
                hint="Read the resource, and use another key.",
            ) from error
        return restored(told)
