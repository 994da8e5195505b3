"""What shoppers have authorized: a token that the merchant may place an order with, or give back.

Source: Klarna's pages on authorizing a purchase and on cancelling an authorization.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from resolvers.klarna.sandbox.calls import Call
from resolvers.klarna.sandbox.decisions import Decision
from resolvers.klarna.sandbox.errors import KlarnaError, no_authorization
from resolvers.klarna.sandbox.merchants import Account
from resolvers.klarna.sandbox.messages import Json, Reply
from resolvers.klarna.sandbox.sessions import Session, Sessions
from resolvers.klarna.sandbox.world import World, filled


@dataclass(frozen=True, slots=True)
class Placed:
    """An order was placed with the authorization."""

    body: Json
    """What the merchant sent."""
    answer: Json
    """What Klarna answered, and answers again to the same body."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """A shopper's consent to a purchase, exactly as it stood."""

    token: str
    session_id: str
    account: Account
    purchase: Json
    category: str
    decision: Decision
    outcome: Placed | KlarnaError | None = None
    """What came of placing it."""


class Authorizations:
    """All authorizations that were not given back."""

    def __init__(self, world: World, sessions: Sessions) -> None:
        self._world = world
        self._sessions = sessions
        self._authorizations: dict[str, Authorization] = {}

    def grant(self, session: Session, category: str, decision: Decision, now: datetime) -> str:
        """Authorize a session as it is, instead of any earlier authorization."""
        token = self._world.fresh_id()
        self.save(
            Authorization(token, session.id, session.account, session.body, category, decision)
        )
        self._sessions.save(replace(session, token=token, authorized_at=now, unfinished=False))
        self._world.ledger.note(
            "authorized",
            session.account,
            now,
            session_id=session.id,
            authorization_token=token,
            amount=session.body["order_amount"],
            steps=list(decision.steps),
        )
        url = session.body.get("merchant_urls", {}).get("authorization")
        self._world.call_back(
            "authorization",
            filled(url, session_id=session.id),
            {"authorization_token": token, "session_id": session.id},
            now,
        )
        return token

    def find(self, call: Call) -> Authorization:
        """Return the authorization that a call names. Raises NOT_FOUND."""
        authorization = self._authorizations.get(call.parts["authorization_token"])
        if authorization is None or authorization.account != call.account:
            raise no_authorization()
        return authorization

    def save(self, authorization: Authorization) -> None:
        """Put an authorization in the place of its former self."""
        self._authorizations[authorization.token] = authorization

    def cancel(self, call: Call) -> Reply:
        """Give an authorization back: DELETE /payments/v1/authorizations/{authorizationToken}."""
        authorization = self.find(call)
        session = self._sessions.get(authorization.session_id)
        if session.order_id:
            raise KlarnaError(404, "NOT_FOUND", "Authorization cannot be deleted")
        if not session.holds(authorization.token, call.at):
            raise no_authorization()
        del self._authorizations[authorization.token]
        self._sessions.save(replace(session, token=None, authorized_at=None))
        self._world.ledger.note_call(
            "authorization_cancelled",
            call,
            session_id=session.id,
            authorization_token=authorization.token,
        )
        return Reply(204)
