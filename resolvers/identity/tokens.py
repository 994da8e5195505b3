"""Access tokens: what one says of its holder, and our own ones, signed with a secret."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from jwt.types import Options

from resolvers.errors import Unauthenticated
from resolvers.identity.callers import Caller, CallerKind
from store.instants import Clock
from store.rows import json_text
from store.scope import Mode

ALGORITHM = "HS256"
OPTIONS: Options = {
    "require": ["exp"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}
"""How a token is read: times are compared with our own clock."""
BROKEN = (
    jwt.PyJWTError,
    KeyError,
    TypeError,
    ValueError,
    OverflowError,
    OSError,
    RecursionError,
)
"""What reading a token raises that is not what it should be."""


class Tokens:
    """Issues access tokens and reads them back.

    There may be several secrets, separated by commas: the first one signs, and any of them is good
    for reading, so that one can follow another without a token failing.
    """

    def __init__(self, secrets: str, clock: Clock) -> None:
        self._secrets = secrets.split(",")
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
        return jwt.encode(claims, self._secrets[0], ALGORITHM)

    def caller(self, token: str) -> Caller:
        """Return the holder of one of our own tokens, expired or not. Raises Unauthenticated."""
        try:
            return caller_of(self._claims(token))
        except BROKEN as error:
            raise Unauthenticated("The access token is not one of this gateway's.") from error

    def _claims(self, token: str) -> dict[str, Any]:
        """Return what a token says. Raises InvalidSignatureError if no secret signed it."""
        for secret in self._secrets:
            try:
                claims: dict[str, Any] = jwt.decode(token, secret, [ALGORITHM], options=OPTIONS)
            except jwt.InvalidSignatureError:
                continue
            return claims
        raise jwt.InvalidSignatureError


def caller_of(claims: dict[str, Any], issuer: str | None = None) -> Caller:
    """Return the caller that a token's claims describe. Raises what is in `BROKEN`."""
    kind = CallerKind(claims["application"]["kind"])
    order_id, owner, test = claims.get("order"), claims.get("owner"), claims["test"]
    if kind is CallerKind.gateway:
        raise ValueError("The gateway itself holds no token.")
    if order_id is not None and (kind is not CallerKind.sales_channel or not _id(order_id)):
        raise ValueError("A checkout's token may name its order, and no other token does.")
    if not isinstance(test, bool) or not isinstance(owner, dict | None):
        raise TypeError("`test` is true or false, and `owner` an object.")
    application_id = claims["application"]["id"]
    if not _id(application_id):
        raise ValueError("An application's id is a text.")
    json_text([application_id, order_id, owner])  # as the history writes it, which must not fail
    return Caller(
        kind=kind,
        mode=Mode.test if test else Mode.live,
        application_id=application_id,
        order_id=order_id,
        owner=owner,
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        issuer=issuer,
    )


def _id(value: object) -> bool:
    return isinstance(value, str) and bool(value)
