"""Key sets: the public keys by which an issuer's tokens are known, fetched and kept for a while."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import jwt
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from resolvers.errors import Unauthenticated, Unavailable
from store.instants import Clock

log = structlog.get_logger()

FRESH = timedelta(hours=1)
"""How long keys are taken as they are; after that they are fetched anew, while they go on."""
KEPT = timedelta(hours=24)
"""How long keys go on if their issuer cannot be reached."""
PAUSE = timedelta(seconds=30)
"""How long an issuer is left alone after it was asked, whatever tokens come meanwhile."""
TIMEOUT = aiohttp.ClientTimeout(total=5)
MAX_BODY = 256 * 1024
MAX_KEYS = 100
RSA_BITS = range(2048, 8193)

_PUBLIC = ("kty", "crv", "n", "e", "x", "y")
_ALGORITHMS: Mapping[tuple[str, str | None], tuple[str, ...]] = {
    ("RSA", None): ("RS256", "RS512"),
    ("EC", "P-256"): ("ES256",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
"""What a key of each type and curve may sign with; the first, where it does not say."""

Fetch = Callable[[str], Awaitable[bytes]]


class Unreachable(Exception):
    """An issuer did not answer its keys."""


@dataclass(frozen=True, slots=True)
class Key:
    """One public key, good for one algorithm only."""

    algorithm: str
    public: Any


class KeySet:
    """One issuer's keys by their ids."""

    def __init__(self, issuer: str, url: str, fetch: Fetch, clock: Clock) -> None:
        self._issuer = issuer
        self._url = url
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._fetched_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._asking: asyncio.Task[None] | None = None
        self._answered = False
        """Whether the issuer answered when it was last asked."""
        self.fetches = 0
        """How often keys were fetched: what was known by the old ones may be so no more."""

    @property
    def fresh(self) -> bool:
        """Whether its keys are taken as they are."""
        return self._age(self._fetched_at) <= FRESH

    async def key(self, key_id: str) -> Key:
        """Return a key. Raises Unauthenticated if there is none, Unavailable if nobody can say."""
        if self._age(self._fetched_at) > KEPT:
            self._keys = {}
        if not self.fresh or key_id not in self._keys:
            asking = self._ask()
            if asking is not None and key_id not in self._keys:
                await asyncio.shield(asking)
        if key_id in self._keys:
            return self._keys[key_id]
        if not self._answered:
            raise Unavailable(
                "The issuer of this token does not answer, so that nobody can tell whose it is.",
                {"retryable": True},
            )
        raise Unauthenticated("The access token is signed by no key of its issuer.")

    async def close(self) -> None:
        """Give up what is being asked."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    def _age(self, moment: datetime | None) -> timedelta:
        return timedelta.max if moment is None else self._clock.now() - moment

    def _ask(self) -> asyncio.Task[None] | None:
        """Have the keys fetched, once for all who wait; None while the issuer is left alone."""
        if self._asking is None or self._asking.done():
            if self._age(self._asked_at) < PAUSE:
                return None
            self._asked_at = self._clock.now()
            self._asking = asyncio.create_task(self._renew())
        return self._asking

    async def _renew(self) -> None:
        try:
            self._keys = keys_of(await self._fetch(self._url))
        except Unreachable as error:
            self._answered = False
            log.warning("issuer_unreachable", issuer=self._issuer, reason=str(error))
            return
        self._answered = True
        self._fetched_at = self._clock.now()
        self.fetches += 1


def keys_of(body: bytes) -> dict[str, Key]:
    """Return the keys in a JWKS by their ids, without those that sign nothing here.

    Raises Unreachable for what is no JWKS.
    """
    try:
        listed = orjson.loads(body)["keys"]
        if not isinstance(listed, list) or len(listed) > MAX_KEYS:
            raise Unreachable(f"It is not a list of up to {MAX_KEYS} keys.")
    except (ValueError, KeyError, TypeError) as error:
        raise Unreachable("It is no JSON Web Key Set.") from error
    found = ((one.get("kid"), _key(one)) for one in listed if isinstance(one, dict))
    return {name: key for name, key in found if isinstance(name, str) and key is not None}


def _key(told: Mapping[str, Any]) -> Key | None:
    """Return a key, or None for one of another kind or use. A secret part is never looked at."""
    kind, curve, algorithm = (told.get(name) for name in ("kty", "crv", "alg"))
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return None
    good = _ALGORITHMS.get((kind, curve), ())
    if not good or told.get("use", "sig") != "sig" or algorithm not in (None, *good):
        return None
    chosen = algorithm or good[0]
    try:
        public = jwt.PyJWK({name: told[name] for name in _PUBLIC if name in told}, chosen).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    weak = isinstance(public, RSAPublicKey) and public.key_size not in RSA_BITS
    return None if weak else Key(chosen, public)


def fetching(session: aiohttp.ClientSession) -> Fetch:
    """Return what fetches a key set: from its very address, in a bounded time, up to a size."""

    async def fetch(url: str) -> bytes:
        body = bytearray()
        try:
            async with session.get(url, timeout=TIMEOUT, allow_redirects=False) as reply:
                if reply.status != 200:  # noqa: PLR2004  (HTTP's one good answer here)
                    raise Unreachable(f"It answered {reply.status}.")
                async for chunk in reply.content.iter_chunked(16 * 1024):
                    body += chunk
                    if len(body) > MAX_BODY:
                        raise Unreachable(f"It is larger than {MAX_BODY} bytes.")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(type(error).__name__) from error
        return bytes(body)

    return fetch
