"""Klarna's API: one method for each endpoint that the gateway uses."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import TypeVar
from urllib.parse import quote

import orjson

from resolvers.klarna import answers
from resolvers.klarna.answers import Body, KlarnaOrder, PlacedOrder, Session
from resolvers.klarna.calls import CallLine
from resolvers.klarna.countries import Region
from resolvers.klarna.errors import Refused, Silent, Unauthorized
from resolvers.klarna.lanes import Lane
from resolvers.klarna.logins import Login, Logins
from resolvers.klarna.replies import CORRELATION_ID, json_value
from resolvers.klarna.transport import Reply, Request, Transport

T = TypeVar("T")

USER_AGENT = "klarna-graph/0.1"
_SESSION = "/payments/v1/sessions/{id}"
_AUTHORIZATION = "/payments/v1/authorizations/{id}"
_ORDER = "/ordermanagement/v1/orders/{id}"
NOBODY = "00000000-0000-0000-0000-000000000000"
"""The id of a session that nobody has."""
_UNKNOWN = 404
_HOSTS: dict[Region, str] = {"EU": "api", "US": "api-na", "OC": "api-oc"}


def base_url(region: Region, *, live: bool) -> str:
    """Return the address of Klarna's API for a merchant account's region and environment."""
    return f"https://{_HOSTS[region]}{'' if live else '.playground'}.klarna.com"


class Klarna:
    """Klarna's API as one merchant account sees it.

    Every method raises one of the problems of `resolvers.klarna.errors` where there is no answer.
    `key` is the idempotency key. Order Management repeats its first answer to a known key for
    24 hours, whatever the body; Payments declares no such thing, so nothing leans on it there.
    """

    def __init__(self, transport: Transport, url: str, logins: Logins, lane: Lane) -> None:
        self._transport = transport
        self._lane = lane
        self._url = url.rstrip("/")
        self._logins = logins

    def must_be_open(self) -> None:
        """Raise LockedOut if there is no login to call with."""
        self._logins.present()

    async def greet(self) -> None:
        """Find out whether Klarna knows the login, by asking for a session that nobody has.

        It has no effect. Source: Klarna's pages on authentication: whoever is not known gets a 401
        whatever is asked for; whoever is known gets a 404 for what is not there.
        """
        try:
            await self.session(NOBODY)
        except Refused as no:
            if no.status != _UNKNOWN:
                raise

    async def create_session(self, body: Body, *, key: str) -> Session:
        """Open a session. Source: Payments API, POST /sessions."""
        reply = await self._send("POST", "/payments/v1/sessions", body, key)
        return _read(reply, answers.created_session)

    async def session(self, session_id: str) -> Session:
        """Read a session. Source: Payments API, GET /sessions/{session_id}."""
        reply = await self._send("GET", _SESSION, id=session_id)
        return _read(reply, lambda found: answers.session(found, session_id))

    async def update_session(self, session_id: str, body: Body, *, key: str) -> None:
        """Replace the fields given. Source: Payments API, POST /sessions/{session_id}."""
        await self._send("POST", _SESSION, body, key, id=session_id)

    async def place_order(self, token: str, body: Body, *, key: str) -> PlacedOrder:
        """Place the order that was authorized.

        The same token with the same body gets the same answer, as long as the token lives.
        Source: Payments API, POST /authorizations/{authorizationToken}/order.
        """
        reply = await self._send("POST", f"{_AUTHORIZATION}/order", body, key, id=token)
        return _read(reply, answers.placed_order)

    async def cancel_authorization(self, token: str, *, key: str) -> None:
        """Give an authorization up that no order was placed with.

        Source: Payments API, DELETE /authorizations/{authorizationToken}.
        """
        await self._send("DELETE", _AUTHORIZATION, key=key, id=token)

    async def order(self, order_id: str) -> KlarnaOrder:
        """Read an order. Source: Order Management API, GET /orders/{order_id}."""
        reply = await self._send("GET", _ORDER, id=order_id)
        return _read(reply, answers.klarna_order)

    async def captures(self, order_id: str) -> Sequence[Body]:
        """List an order's captures. Source: Order Management API, GET /orders/{id}/captures."""
        reply = await self._send("GET", f"{_ORDER}/captures", id=order_id)
        return _read(reply, answers.captures)

    async def capture(
        self, order_id: str, amount: int, *, lines: Sequence[Body] = (), reference: str, key: str
    ) -> str:
        """Capture `amount` minor units and return Klarna's id for the capture.

        Klarna keeps our `reference` with it, by which it is found again.
        Source: Order Management API, POST /orders/{order_id}/captures.
        """
        body = {"captured_amount": amount, "reference": reference, **_lines(lines)}
        reply = await self._send("POST", f"{_ORDER}/captures", body, key, id=order_id)
        return _made(reply, "Capture-Id")

    async def refund(
        self, order_id: str, amount: int, *, lines: Sequence[Body] = (), reference: str, key: str
    ) -> str:
        """Refund `amount` minor units and return Klarna's id for the refund.

        Klarna keeps our `reference` with it, by which it is found again.
        Source: Order Management API, POST /orders/{order_id}/refunds.
        """
        body = {"refunded_amount": amount, "reference": reference, **_lines(lines)}
        reply = await self._send("POST", f"{_ORDER}/refunds", body, key, id=order_id)
        return _made(reply, "Refund-Id")

    async def cancel(self, order_id: str, *, key: str) -> None:
        """Cancel an order nothing was captured of.

        Source: Order Management API, POST /orders/{order_id}/cancel.
        """
        await self._send("POST", f"{_ORDER}/cancel", key=key, id=order_id)

    async def release(self, order_id: str, *, key: str) -> None:
        """Give up what is left of a partly captured order's authorization.

        Source: Order Management API, POST /orders/{order_id}/release-remaining-authorization.
        """
        path = f"{_ORDER}/release-remaining-authorization"
        await self._send("POST", path, key=key, id=order_id)

    async def extend(self, order_id: str, *, key: str) -> None:
        """Extend an order's authorization by the account's period.

        Source: Order Management API, POST /orders/{order_id}/extend-authorization-time.
        """
        await self._send("POST", f"{_ORDER}/extend-authorization-time", key=key, id=order_id)

    async def update_references(
        self, order_id: str, reference1: str, reference2: str, *, key: str
    ) -> None:
        """Replace both merchant references; an empty one is cleared.

        Source: Order Management API, PATCH /orders/{order_id}/merchant-references.
        """
        body = {"merchant_reference1": reference1, "merchant_reference2": reference2}
        await self._send("PATCH", f"{_ORDER}/merchant-references", body, key, id=order_id)

    async def _send(
        self, method: str, path: str, body: Body | None = None, key: str | None = None, id: str = ""
    ) -> Reply:
        """Make a call; `path` is the endpoint's, with `{id}` where the id belongs."""
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
        if key is not None:
            headers["Klarna-Idempotency-Key"] = key
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = None if body is None else orjson.dumps(body)
        url = self._url + path.replace("{id}", quote(id, safe=""))
        numbers = count(1)
        doubtful = False
        login = self._logins.present()
        said = [id] if path.startswith(_AUTHORIZATION) else []
        said += (body or {}).get("merchant_urls", {}).values()

        def request() -> Request:
            return Request(method, url, headers | {"Authorization": login.authorization}, content)

        async def attempt() -> Reply:
            # A login that is refused has had no effect: the same call goes with another one, unless
            # an attempt before may have had its effect under this one
            nonlocal login, doubtful
            line = CallLine(self._lane.name, method, path, next(numbers))
            refused: list[Login] = []
            while True:
                try:
                    sending = self._transport.send(request())
                    return await line.told(sending, [*said, *login.secrets])
                except Silent:
                    doubtful = method != "GET"
                    raise
                except Unauthorized:
                    refused.append(login)
                    other = None if doubtful else await self._logins.another(refused)
                    if other is None:
                        raise
                    login = other

        return await self._lane.go(attempt)


def _lines(lines: Sequence[Body]) -> Body:
    return {"order_lines": lines} if lines else {}


def _read(reply: Reply, read: Callable[[Body], T]) -> T:
    """Read an answer; one that lacks what it must have is half an answer."""
    body = json_value(reply)
    try:
        return read(body)
    except (KeyError, TypeError, AttributeError) as error:
        raise _half(reply) from error


def _made(reply: Reply, header: str) -> str:
    """Return the id of what was made: from its header, the location, or the body's string."""
    location = reply.headers.get("Location", "")
    made = reply.headers.get(header) or location.rpartition("/")[2] or _word(reply)
    if not made:
        raise _half(reply)
    return made


def _word(reply: Reply) -> str:
    return reply.body.decode(errors="replace").strip().strip('"')


def _half(reply: Reply) -> Silent:
    return Silent(
        f"Klarna answered {reply.status} without all that the answer must have.",
        reply.headers.get(CORRELATION_ID),
    )
