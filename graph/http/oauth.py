"""`POST /oauth/token`: access tokens for applications, by OAuth 2.0's client credentials.

Wrong secrets are limited, by the address that they come from and by the client that they are for. A
right one is good in any case: 256 bits drawn at random are not guessed, one digest is all that a
guess costs, and so nobody can keep an application from its tokens.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import orjson
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from graph.errors import fault_of
from graph.execution.rates import Buckets, Standing
from graph.http.addresses import client_of
from graph.http.bodies import body_of
from graph.http.faults import RequestFault
from resolvers.context import Services
from resolvers.identity.applications import LIFE, InvalidClient, authenticated, token_of
from store.applications import ApplicationKind
from store.database import StoreUnavailable

PATH = "/oauth/token"
SCOPE = "market:all"
"""The only scope there is: this gateway knows no markets to choose from."""
_NEVER_KEPT = {hdrs.CACHE_CONTROL: "no-store", hdrs.PRAGMA: "no-cache"}
_MAX_FIELDS = 20
_MAX_CLIENT_ID = 100
"""How much of a client's id is remembered, in characters; ours are shorter."""


@dataclass(eq=False)
class OAuthError(Exception):
    """A no as RFC 6749 has it: one of its words, and a sentence for developers."""

    code: str
    why: str
    status: int = 400
    basic: bool = False
    """Whether the client tried to tell who it is by HTTP Basic, and so is asked for that again."""
    closes: bool = False
    """Whether the connection ends with it, because nobody waits for the rest of the request."""
    standing: Standing | None = None
    """What is left to whoever has to wait."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """How many wrong secrets may still come, from each address and for each client."""

    addresses: Buckets
    clients: Buckets

    def refusal(self, request: web.Request, client_id: str) -> OAuthError | None:
        """Count one, and return what to tell whoever has sent too many."""
        for_client = self.clients.take(client_id[:_MAX_CLIENT_ID], 1)
        for standing in (self.addresses.take(client_of(request), 1), for_client):
            if standing and standing.wait:
                why = f"Too many wrong secrets in too short a time: wait for {standing.wait} s."
                return OAuthError("temporarily_unavailable", why, status=429, standing=standing)
        return None


def add_oauth(
    app: web.Application, services: Services, body_timeout: float, guesses: Guesses
) -> None:
    """Serve tokens for applications."""
    app.router.add_post(PATH, _token(services, body_timeout, guesses))


def _token(services: Services, body_timeout: float, guesses: Guesses) -> Handler:
    async def token(request: web.Request) -> web.Response:
        """Answer a token, or why there is none."""
        try:
            asked = await _asked(request, body_timeout)
            return _json(await _answer(services, asked, request, guesses))
        except OAuthError as no:
            said = {"error": no.code, "error_description": no.why}
            response = _json(said, status=no.status)
            if no.closes:
                response.force_close()
            if no.standing:
                response.headers.update(no.standing.headers())
            if no.basic:
                response.headers[hdrs.WWW_AUTHENTICATE] = 'Basic realm="klarna-graph"'
            return response
        except StoreUnavailable as error:
            fault_of(error)  # which is written down
            said = {"error": "temporarily_unavailable", "error_description": "Ask again."}
            return _json(said, status=503)

    return token


async def _answer(
    services: Services, asked: Mapping[str, str], request: web.Request, guesses: Guesses
) -> dict[str, Any]:
    """Return the token that is asked for, with what it is good for. Raises OAuthError."""
    grant = asked.get("grant_type")
    if grant is None:
        raise OAuthError("invalid_request", "`grant_type` is missing: client_credentials.")
    client_id, secret, basic = _client(asked, request)
    if grant != "client_credentials":
        raise OAuthError("unsupported_grant_type", "Only client_credentials is served here.")
    if asked.get("scope", SCOPE) != SCOPE:
        raise OAuthError("invalid_scope", f"There is no scope but {SCOPE}; it may be left out.")
    try:
        application = await authenticated(services, client_id, secret)
    except InvalidClient:
        why = "There is no such client, or its secret is another one."
        wrong = OAuthError("invalid_client", why, status=401, basic=basic)
        raise guesses.refusal(request, client_id) or wrong from None
    if application.kind is ApplicationKind.sales_channel and not services.access.guests:
        raise OAuthError(
            "unauthorized_client",
            "A sales channel's token would see no order here: have an integration call "
            "createCheckoutToken, or set KLARNA_GRAPH_GUEST_ACCESS=order-id.",
        )
    return {
        "access_token": token_of(services, application),
        "token_type": "bearer",
        "expires_in": int(LIFE.total_seconds()),
        "scope": SCOPE,
        "created_at": int(services.clock.now().timestamp()),
    }


async def _asked(request: web.Request, body_timeout: float) -> dict[str, str]:
    """Return the parameters of a request, those without a value left out. Raises OAuthError."""
    try:
        body = await body_of(request, body_timeout)
    except RequestFault as no:
        raise OAuthError(
            "invalid_request", no.message, status=no.status, closes=no.closes
        ) from None
    try:
        match request.content_type:
            case "application/x-www-form-urlencoded":
                pairs = parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=_MAX_FIELDS)
            case "application/json":
                pairs = list(orjson.loads(body).items())
            case _:
                why = "Send a form, or the same as JSON: see Content-Type."
                raise OAuthError("invalid_request", why)
    except (ValueError, AttributeError):
        raise OAuthError("invalid_request", "The body is not what it says it is.") from None
    asked = {name: value for name, value in pairs if value not in ("", None)}
    if len({name for name, _ in pairs}) != len(pairs):
        raise OAuthError("invalid_request", "A parameter is there twice.")
    if not all(isinstance(value, str) for value in asked.values()):
        raise OAuthError("invalid_request", "Every parameter is a text.")
    return asked


def _client(asked: Mapping[str, str], request: web.Request) -> tuple[str, str | None, bool]:
    """Return a client's id and secret, and whether it told them by HTTP Basic.

    Raises OAuthError.
    """
    header = request.headers.get(hdrs.AUTHORIZATION)
    if header is None:
        if "client_id" not in asked:
            raise OAuthError("invalid_client", "`client_id` is missing.", status=401)
        return asked["client_id"], asked.get("client_secret"), False
    if "client_secret" in asked:
        raise OAuthError("invalid_request", "Tell the secret once: in the header or in the body.")
    scheme, _, told = header.partition(" ")
    try:
        client_id, colon, secret = (
            base64.b64decode(told.strip(), validate=True).decode().partition(":")
        )
    except (binascii.Error, ValueError):
        colon = ""
    if scheme.lower() != "basic" or not colon:
        raise OAuthError("invalid_client", "This is no HTTP Basic.", status=401, basic=True)
    client_id, secret = unquote_plus(client_id), unquote_plus(secret)
    if asked.get("client_id", client_id) != client_id:
        raise OAuthError("invalid_request", "The header and the body name two clients.")
    return client_id, secret or None, True


def _json(said: Mapping[str, Any], *, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(said),
        status=status,
        content_type="application/json",
        headers=_NEVER_KEPT,
    )
