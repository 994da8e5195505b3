"""A merchant that talks to a sandbox in-process, and the purchases it sells."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from resolvers.klarna.sandbox.clock import AdjustableClock
from resolvers.klarna.sandbox.ids import seeded_ids
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.sandbox.messages import Json, Reply, Request
from resolvers.klarna.sandbox.options import Options
from resolvers.klarna.sandbox.sandbox import Sandbox

START = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
CREDENTIAL = Credential("K123456_abcdef", "klarna_test_api_secret")


def a_sandbox(*credentials: Credential, **options: Any) -> Sandbox:
    return Sandbox(
        clock=AdjustableClock.standing(START),
        credentials=credentials or [CREDENTIAL],
        options=Options(**{"strict_tax": True, **options}),
        new_id=seeded_ids("tests"),
    )


def a_line(amount: int = 100_00, *, rate: int = 2500, tax: int | None = None, **more: Any) -> Json:
    tax = amount * rate // (10_000 + rate) if tax is None else tax
    return {
        "name": "Shirt",
        "quantity": 1,
        "unit_price": amount,
        "total_amount": amount,
        "tax_rate": rate,
        "total_tax_amount": tax,
        **more,
    }


def a_purchase(*lines: Json, **more: Any) -> Json:
    """Return the body of a session or an order in Germany; its totals follow from its lines."""
    lines = lines or (a_line(),)
    return {
        "purchase_country": "DE",
        "purchase_currency": "EUR",
        "locale": "de-DE",
        "order_amount": sum(line["total_amount"] for line in lines),
        "order_tax_amount": sum(line.get("total_tax_amount", 0) for line in lines),
        "order_lines": list(lines),
        **more,
    }


def a_british_purchase(**more: Any) -> Json:
    british = {"purchase_country": "GB", "purchase_currency": "GBP", "locale": "en-GB"}
    return a_purchase(a_line(rate=2000), **{**british, **more})


def an_american_purchase(amount: int = 200_00, tax: int = 10_00, **more: Any) -> Json:
    goods = {"name": "Shirt", "quantity": 1, "unit_price": amount, "total_amount": amount}
    taxes = {
        "type": "sales_tax",
        "name": "Sales Tax",
        "quantity": 1,
        "unit_price": tax,
        "total_amount": tax,
    }
    return {
        "purchase_country": "US",
        "purchase_currency": "USD",
        "locale": "en-US",
        "order_amount": amount + tax,
        "order_tax_amount": tax,
        "order_lines": [goods, taxes],
        **more,
    }


def billed_to(email: str, **more: Any) -> Json:
    """Return what the shopper's browser sends along."""
    return {"billing_address": {"email": email, **more}}


class Shop:
    def __init__(
        self, sandbox: Sandbox, credential: Credential = CREDENTIAL, region: str = "eu"
    ) -> None:
        self.sandbox = sandbox
        self.region = region
        self.login = login(credential)

    def call(
        self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str
    ) -> Reply:
        sent = b"" if body is None else json.dumps(body).encode()
        return self.send(
            method, path, sent, **({"Klarna-Idempotency-Key": key} if key else {}), **headers
        )

    def send(self, method: str, path: str, body: bytes, **headers: str) -> Reply:
        known = {"Authorization": self.login, "Host": "localhost:8090"}
        return self.sandbox.handle(
            Request(method, f"/{self.region}/{path}", {**known, **headers}, body)
        )

    def control(self, method: str, path: str, body: Any = None) -> Reply:
        sent = b"" if body is None else json.dumps(body).encode()
        headers = {"Host": "localhost:8090"}
        return self.sandbox.handle(Request(method, f"/_sandbox/{path}", headers, sent))

    def create(self, purchase: Json | None = None) -> Reply:
        return self.call("POST", "payments/v1/sessions", purchase or a_purchase())

    def session(self, purchase: Json | None = None) -> str:
        reply = self.create(purchase)
        assert reply.status == 200, reply.body
        session_id: str = reply.json()["session_id"]
        return session_id

    def read(self, session_id: str) -> Json:
        shown: Json = self.call("GET", f"payments/v1/sessions/{session_id}").json()
        return shown

    def update(self, session_id: str, changes: Json) -> Reply:
        return self.call("POST", f"payments/v1/sessions/{session_id}", changes)

    def step(self, session_id: str, step: str, data: Json | None = None, **wish: Any) -> Json:
        reply = self.control(
            "POST", f"sessions/{session_id}/{step}", wish | ({"data": data} if data else {})
        )
        assert reply.status == 200, reply.body
        answer: Json = reply.json()
        return answer

    def authorize(self, session_id: str, email: str | None = None, **wish: Any) -> Json:
        return self.step(session_id, "authorize", billed_to(email) if email else None, **wish)

    def token(self, session_id: str, email: str | None = None) -> str:
        token: str = self.authorize(session_id, email)["authorization_token"]
        return token

    def place(self, token: str, purchase: Json | None = None) -> Reply:
        return self.call(
            "POST", f"payments/v1/authorizations/{token}/order", purchase or a_purchase()
        )

    def cancel_authorization(self, token: str) -> Reply:
        return self.call("DELETE", f"payments/v1/authorizations/{token}")

    def order(self, purchase: Json | None = None, email: str | None = None) -> str:
        token = self.token(self.session(purchase), email)
        order_id: str = self.place(token, purchase).json()["order_id"]
        return order_id

    def shown(self, order_id: str) -> Json:
        shown: Json = self.manage("GET", order_id).json()
        return shown

    def manage(
        self, method: str, order_id: str, action: str = "", body: Any = None, key: str | None = None
    ) -> Reply:
        path = f"ordermanagement/v1/orders/{order_id}" + (f"/{action}" if action else "")
        return self.call(method, path, body, key)

    def capture(self, order_id: str, amount: int, key: str | None = None, **more: Any) -> Reply:
        body = {"captured_amount": amount, **more}
        return self.manage("POST", order_id, "captures", body, key)

    def refund(self, order_id: str, amount: int, key: str | None = None, **more: Any) -> Reply:
        return self.manage("POST", order_id, "refunds", {"refunded_amount": amount, **more}, key)

    def wait(self, **time: float) -> None:
        self.sandbox.advance(timedelta(**time))

    def effects(self) -> list[str]:
        return [entry.effect for entry in self.sandbox.ledger]


def login(credential: Credential) -> str:
    secret = f"{credential.username}:{credential.password}".encode()
    return f"Basic {base64.b64encode(secret).decode()}"


def error(reply: Reply) -> tuple[int, str, list[str]]:
    """Return an error as documented: status, code and messages."""
    body = reply.json()
    assert reply.header("Klarna-Correlation-Id") == body["correlation_id"]
    return reply.status, body["error_code"], body["error_messages"]
