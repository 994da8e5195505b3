"""Access: whose token it is, ours or another issuer's, found out once and remembered."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable

from resolvers.errors import Unauthenticated
from resolvers.identity.callers import Caller, CallerKind
from resolvers.identity.issuers import Issuers
from resolvers.identity.tokens import Tokens
from store.instants import Clock

LONGEST = 8 * 1024
"""How long a token may be, in characters."""
REMEMBERED = 10_000
"""How many tokens are remembered; the one that was not seen for longest is forgotten first."""


def digest_of(token: str) -> bytes:
    """Return what a token is remembered by."""
    return hashlib.sha256(token.encode()).digest()


class Access:
    """Knows callers by their tokens.

    A token is read and its signature verified when it first comes; after that only its digest is
    looked up, with the caller that it stands for. Whether it has expired or its application is
    revoked is asked each time, and it is verified again where its issuer's keys are not fresh:
    they may be others by now.
    """

    def __init__(
        self,
        tokens: Tokens,
        clock: Clock,
        issuers: Issuers | None = None,
        *,
        guests: bool = False,
        revoked: Iterable[str] = (),
    ) -> None:
        self.tokens = tokens
        self.guests = guests
        """Whether a checkout's token need not name its order."""
        self._clock = clock
        self._issuers = issuers
        self._revoked = set(revoked)
        self.on_revoked: Callable[[str], object] = lambda _: None
        """Told the id of each application that is revoked, once its tokens are good no more."""
        self._known: OrderedDict[bytes, Caller] = OrderedDict()
        self._fetches = 0

    def knows(self, token: str) -> bool:
        """Whether a token was found good before: whoever sends it is not guessing."""
        return token.isascii() and digest_of(token) in self._known

    async def caller(self, token: str) -> Caller:
        """Return the holder of a token. Raises Unauthenticated, and Unavailable."""
        if len(token) > LONGEST or not token.isascii():
            raise Unauthenticated("This is no access token.")
        if self._issuers is not None and self._issuers.fetches != self._fetches:
            self._known.clear()
            self._fetches = self._issuers.fetches
        digest = digest_of(token)
        caller = self._known.get(digest)
        if caller is None or not self._vouched_for(caller):
            caller = await self._read(token)
        if caller.expires_at <= self._clock.now():
            self._known.pop(digest, None)
            raise Unauthenticated("The access token has expired: get a new one.")
        if caller.issuer is None and caller.application_id in self._revoked:
            raise Unauthenticated("The access token's application is revoked.")
        self._remember(digest, caller)
        return caller

    def known(self, digest: bytes) -> Caller | None:
        """Return the holder of a token that was seen before and is still good, by its SHA-256."""
        if self._issuers is not None and self._issuers.fetches != self._fetches:
            return None
        caller = self._known.get(digest)
        if caller is None or caller.expires_at <= self._clock.now():
            return None
        if not self._vouched_for(caller):
            return None
        if caller.issuer is None and caller.application_id in self._revoked:
            return None
        self._known.move_to_end(digest)
        return caller

    def revoke(self, application_id: str) -> None:
        """Take no token of an application any more, from now on."""
        self._revoked.add(application_id)
        self.on_revoked(application_id)

    def _vouched_for(self, caller: Caller) -> bool:
        return self._issuers is None or self._issuers.vouches_for(caller)

    async def _read(self, token: str) -> Caller:
        issuer = None if self._issuers is None else self._issuers.of(token)
        if issuer is None or self._issuers is None:
            caller = self.tokens.caller(token)
        else:
            caller = await self._issuers.caller(token, issuer)
        if caller.kind is CallerKind.sales_channel and caller.order_id is None and not self.guests:
            raise Unauthenticated(
                "A checkout's token must name its order here: createCheckoutToken makes one."
            )
        return caller

    def _remember(self, digest: bytes, caller: Caller) -> None:
        self._known[digest] = caller
        self._known.move_to_end(digest)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
