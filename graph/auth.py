"""Access tokens: who holds one, verified once for every face."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from graph.access import identify
from resolvers.callers import Caller, CallerKind
from resolvers.errors import Unauthenticated
from store.instants import Clock
from store.scope import Mode

ALGORITHM = "HS256"
CALLER = web.RequestKey("caller", Caller)


class Tokens:
    """Issues access tokens and reads them."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock

    def issue(
        self,
        kind: CallerKind,
        mode: Mode,
        *,
        application_id: str,
        life: timedelta,
        order_id: str | None = None,
    ) -> str:
        """Return a signed token; `order_id` is the one order that a checkout's token is for."""
        now = self._clock.now()
        claims: dict[str, Any] = {
            "application": {
                "id": application_id,
                "kind": str(kind),
                "public": kind is CallerKind.sales_channel,
            },
            "test": mode is Mode.test,
            "iat": int(now.timestamp()),
            "exp": int((now + life).timestamp()),
        }
        if order_id is not None:
            claims["order"] = order_id
        return jwt.encode(claims, self._secret, ALGORITHM)

    def caller(self, token: str) -> Caller:
        """Return the holder of a token. Raises Unauthenticated."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                [ALGORITHM],
                options={"require": ["exp"], "verify_exp": False, "verify_iat": False},
            )
            caller = _read(claims)
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise Unauthenticated("The access token is not one of this gateway's.") from error
        if caller.expires_at <= self._clock.now():
            raise Unauthenticated("The access token has expired: get a new one.")
        return caller


def _read(claims: dict[str, Any]) -> Caller:
    kind = CallerKind(claims["application"]["kind"])
    order_id = claims.get("order")
    if (kind is CallerKind.sales_channel) != isinstance(order_id, str):
        raise ValueError("A checkout's token names its order, and no other token does.")
    if kind is CallerKind.gateway:
        raise ValueError("The gateway itself holds no token.")
    return Caller(
        kind=kind,
        mode=Mode.test if claims["test"] else Mode.live,
        application_id=str(claims["application"]["id"]),
        order_id=order_id,
        owner=claims.get("owner"),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )


def bearer(request: web.Request) -> str:
    """Return the token that a request brings. Raises Unauthenticated."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send an access token: `Authorization: Bearer <token>`.")
    return token.strip()


def guard(
    tokens: Tokens, public: Collection[str], refuse: Callable[[Unauthenticated], web.Response]
) -> Middleware:
    """Return the middleware that lets nobody without a token pass, except to `public` routes."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if resource is None or resource.canonical not in public:
            try:
                request[CALLER] = tokens.caller(bearer(request))
            except Unauthenticated as no:
                return refuse(no)
            identify(request[CALLER])
        return await handler(request)

    return check
