"""A merchant account at the sandbox, and a client that calls for it."""

import uuid
from datetime import UTC, datetime
from typing import Any

from resolvers.klarna.client import Klarna
from resolvers.klarna.lanes import Lane, Pace
from resolvers.klarna.logins import Login, Only
from resolvers.klarna.sandbox.clock import AdjustableClock
from resolvers.klarna.sandbox.faults import Fault
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.sandbox.options import Options
from resolvers.klarna.sandbox.sandbox import Sandbox
from tests.klarna.transport import SandboxTransport

LOGIN = Credential("K0001_merchant", "klarna_test_api_canary_secret")
LINE = {
    "name": "Shoes",
    "quantity": 1,
    "unit_price": 100_00,
    "total_amount": 100_00,
    "tax_rate": 2500,
    "total_tax_amount": 20_00,
}
BODY = {
    "purchase_country": "SE",
    "purchase_currency": "SEK",
    "locale": "sv-SE",
    "order_amount": 100_00,
    "order_tax_amount": 20_00,
    "order_lines": [LINE],
}


class Account:
    """A merchant account at the sandbox."""

    def __init__(self) -> None:
        clock = AdjustableClock.standing(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        self.sandbox = Sandbox(clock=clock, credentials=[LOGIN], options=Options(strict_tax=True))
        self.transport = SandboxTransport(self.sandbox)
        self.klarna = self.with_password(LOGIN.password)

    def with_password(self, password: str) -> Klarna:
        lane = Lane(Pace(attempts=1))
        login = Only(Login(LOGIN.username, password))
        return Klarna(self.transport, "http://sandbox/eu/", login, lane)

    async def token(self) -> str:
        session = await self.klarna.create_session(BODY, key=key())
        answer = self.sandbox.shopper(session.session_id, "authorize", {})
        token: str = answer["authorization_token"]
        return token

    async def order(self) -> str:
        placed = await self.klarna.place_order(await self.token(), BODY, key=key())
        return placed.order_id

    def fault(self, **fault: Any) -> None:
        self.sandbox.inject(Fault(operation="*", **fault))


def key() -> str:
    return str(uuid.uuid4())
