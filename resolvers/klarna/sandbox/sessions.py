"""Payment sessions: opened, read, and updated until an order completes them.

Source: Klarna's pages on creating an order and on updating the cart, and the Payments contract.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from resolvers.klarna.sandbox import purchases
from resolvers.klarna.sandbox.calls import Call
from resolvers.klarna.sandbox.client_tokens import client_token
from resolvers.klarna.sandbox.clock import instant
from resolvers.klarna.sandbox.contract import payments
from resolvers.klarna.sandbox.errors import no_session, not_enabled, session_completed
from resolvers.klarna.sandbox.merchants import Account
from resolvers.klarna.sandbox.messages import Json, Reply, json_reply
from resolvers.klarna.sandbox.options import CATEGORIES
from resolvers.klarna.sandbox.world import World

LIFE = timedelta(hours=48)
"""How long a session can be used."""
AUTHORIZATION_LIFE = timedelta(minutes=60)
"""How long an authorization can be placed."""

_DEFAULTS = {"acquiring_channel": "ECOMMERCE", "intent": "buy"}


@dataclass(frozen=True, slots=True)
class Session:
    """A payment session, as it is now."""

    id: str
    account: Account
    body: Json
    """What the merchant and the shopper have said, in Klarna's field names."""
    client_token: str
    categories: Sequence[Json]
    created_at: datetime
    token: str | None = None
    """The authorization that can be placed. Every change of the session takes it away."""
    authorized_at: datetime | None = None
    unfinished: bool = False
    """The shopper is authorized but for the last step, `finalize`."""
    order_id: str | None = None
    """The order that completed it."""

    @property
    def expires_at(self) -> datetime:
        """When it ends; updating it does not change that, which is inferred."""
        return self.created_at + LIFE

    def holds(self, token: str, now: datetime) -> bool:
        """Whether an authorization is this session's newest, and young enough to be placed."""
        if token != self.token or self.authorized_at is None:
            return False
        return now <= self.authorized_at + AUTHORIZATION_LIFE

    def as_json(self, now: datetime) -> Json:
        """Return the session as Klarna shows it, without what identifies the shopper."""
        shown = {**_DEFAULTS, **self.body}
        if "customer" in shown:
            shown["customer"] = payments("customer_read").read(shown["customer"])
        shown |= {
            "client_token": self.client_token,
            "expires_at": instant(self.expires_at),
            "payment_method_categories": self.categories,
            "status": "complete" if self.order_id else "incomplete",
        }
        if self.token and (self.order_id or self.holds(self.token, now)):
            shown["authorization_token"] = self.token
        return shown


class Sessions:
    """All sessions, and the merchants' calls about them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, Session] = {}

    def create(self, call: Call) -> Reply:
        """Open a session: POST /payments/v1/sessions."""
        body = call.payments_body(payments("session_create"))
        purchases.check(body, call.account.region, self._world.options)
        channel = body.get("acquiring_channel", "ECOMMERCE")
        if channel not in {"ECOMMERCE", *self._world.options.agreements}:
            raise not_enabled(f"Acquiring channel {channel}")
        session_id = self._world.fresh_id()
        identifiers = self._world.options.payment_method_categories
        origin = self._world.options.public_url or call.origin
        claims = _claims(session_id, call.account, body) | {
            "base_url": f"{origin}/_sandbox",
            "payment_method_categories": identifiers,
        }
        session = Session(
            session_id,
            call.account,
            body,
            client_token(claims),
            _offered(identifiers, origin),
            call.at,
        )
        self.save(session)
        self._world.ledger.note_call(
            "session_created", call, session_id=session_id, amount=body["order_amount"]
        )
        answer = {
            "session_id": session_id,
            "client_token": session.client_token,
            "payment_method_categories": session.categories,
        }
        return json_reply(200, answer)

    def read(self, call: Call) -> Reply:
        """Show a session: GET /payments/v1/sessions/{session_id}."""
        return json_reply(200, self._own(call).as_json(call.at))

    def update(self, call: Call) -> Reply:
        """Change a session: POST /payments/v1/sessions/{session_id}.

        Fields that are sent replace, those left out stay. That an update makes the shopper
        authorize again even if it changes nothing is inferred.
        """
        session = self._own(call)
        if session.order_id:
            raise session_completed()
        body = session.body | call.payments_body(payments("session"))
        purchases.check(body, call.account.region, self._world.options)
        self.save(changed(session, body))
        self._world.ledger.note_call(
            "session_updated", call, session_id=session.id, amount=body["order_amount"]
        )
        return Reply(204)

    def find(self, session_id: str, now: datetime) -> Session:
        """Return a session that has not ended. Raises NOT_FOUND."""
        session = self._sessions.get(session_id)
        if session is None or now > session.expires_at:
            raise no_session()
        return session

    def get(self, session_id: str) -> Session:
        """Return a session that exists, ended or not."""
        return self._sessions[session_id]

    def save(self, session: Session) -> None:
        """Put a session in the place of its former self."""
        self._sessions[session.id] = session

    def _own(self, call: Call) -> Session:
        session = self.find(call.parts["session_id"], call.at)
        if session.account != call.account:
            raise no_session()
        return session


def changed(session: Session, body: Json) -> Session:
    """Return a session with another body, which the shopper has not authorized."""
    return replace(session, body=body, token=None, authorized_at=None, unfinished=False)


def _claims(session_id: str, account: Account, body: Json) -> Json:
    return {
        "session_id": session_id,
        "language": body.get("locale", "en")[:2].lower(),
        "purchase_country": body["purchase_country"].upper(),
        "environment": account.environment,
        "region": account.region,
        "session_type": "PAYMENTS",
    }


def _offered(identifiers: Sequence[str], origin: str) -> list[Json]:
    badge = f"{origin}/_sandbox/badge.svg"
    return [
        {
            "identifier": identifier,
            "name": CATEGORIES[identifier],
            "asset_urls": {"descriptive": badge, "standard": badge},
        }
        for identifier in identifiers
    ]
