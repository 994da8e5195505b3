"""Issuers: others whose tokens are good here, known by the keys that they publish."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from resolvers.errors import Unauthenticated
from resolvers.identity.callers import Caller
from resolvers.identity.key_sets import Fetch, KeySet
from resolvers.identity.tokens import BROKEN, OPTIONS, caller_of
from store.instants import Clock

LEEWAY = timedelta(seconds=30)
"""How far an issuer's clock may be from ours."""


class Issuers:
    """Reads the tokens of others. `urls` are where each issuer publishes its keys.

    With an `audience` their tokens must name it; without one they must name none.
    """

    def __init__(
        self, urls: Mapping[str, str], audience: str | None, fetch: Fetch, clock: Clock
    ) -> None:
        self._sets = {name: KeySet(name, url, fetch, clock) for name, url in urls.items()}
        self._audience = audience
        self._clock = clock

    @property
    def fetches(self) -> int:
        """How often keys were fetched: what was known by the old ones may be so no more."""
        return sum([one.fetches for one in self._sets.values()]) if self._sets else 0

    def vouches_for(self, caller: Caller) -> bool:
        """Whether a caller that was known by an issuer's keys can be taken for known still."""
        return caller.issuer is None or self._sets[caller.issuer].fresh

    def of(self, token: str) -> str | None:
        """Return the issuer that a token names, if it is one of these. Raises Unauthenticated."""
        if not self._sets:
            return None
        try:
            claims = jwt.decode_complete(token, options={"verify_signature": False})["payload"]
        except BROKEN as error:
            raise Unauthenticated("The access token is no JSON Web Token.") from error
        issuer = claims.get("iss")
        return issuer if isinstance(issuer, str) and issuer in self._sets else None

    async def caller(self, token: str, issuer: str) -> Caller:
        """Return the holder of an issuer's token. Raises Unauthenticated and Unavailable."""
        try:
            header = jwt.get_unverified_header(token)
            key_id = header["kid"]
        except BROKEN as error:
            raise Unauthenticated("The access token does not say which key signed it.") from error
        key = await self._sets[issuer].key(key_id)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.public,
                [key.algorithm],
                audience=self._audience,
                issuer=issuer,
                options=OPTIONS,
            )
            early = datetime.fromtimestamp(claims.get("nbf", 0), UTC) - LEEWAY > self._clock.now()
            caller = caller_of(claims | {"exp": claims["exp"] + LEEWAY.total_seconds()}, issuer)
        except jwt.InvalidAudienceError as error:
            raise Unauthenticated("The access token is for somebody else: see `aud`.") from error
        except BROKEN as error:
            raise Unauthenticated("The access token is not good: see its claims.") from error
        if early:
            raise Unauthenticated("The access token is not good yet: see `nbf`.")
        return caller

    async def close(self) -> None:
        """Give up what is being asked of issuers."""
        for one in self._sets.values():
            await one.close()
