"""A gateway to test against: real HTTP, a real database file, the sandbox next door."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from graph.app import serving
from graph.settings import Settings, throwaway_settings
from resolvers.context import Services
from resolvers.identity.callers import CallerKind
from resolvers.identity.tokens import Tokens
from resolvers.klarna.sandbox.app import Served, running
from resolvers.klarna.sandbox.clock import AdjustableClock
from resolvers.klarna.sandbox.faults import Fault
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.sandbox.options import Options
from resolvers.klarna.sandbox.sandbox import Sandbox
from resolvers.secrets.sealing import KeyRing
from store.scope import Mode
from tests import documents, orders

Json = dict[str, Any]
LOGIN = Credential("K0001_merchant", "klarna_test_api_canary_secret")
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SteppingClock:
    """The gateway's side of the clock it shares with the sandbox."""

    clock: AdjustableClock

    def now(self) -> datetime:
        return self.clock()


@dataclass
class Gateway:
    """A running gateway, its sandbox and the tokens to talk to it."""

    url: str
    services: Services
    settings: Settings
    sandbox: Sandbox
    klarna: Served
    clock: AdjustableClock
    http: aiohttp.ClientSession
    gateways: dict[str, str] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)

    def token(
        self,
        order_id: str | None = None,
        *,
        mode: Mode = Mode.test,
        kind: CallerKind = CallerKind.integration,
    ) -> str:
        """An integration's token, or another kind's; with an order, a checkout's for that one."""
        kind = kind if order_id is None else CallerKind.sales_channel
        tokens = Tokens(self.settings.token_secret.get_secret_value(), self.services.clock)
        life = timedelta(days=365)
        return tokens.issue(kind, mode, application_id="tests", life=life, order_id=order_id)

    async def post(self, body: object, *, token: str | None = None) -> tuple[int, Json]:
        """Post any JSON to the endpoint; the status and the answer."""
        headers = {
            "Authorization": f"Bearer {token or self.token()}",
            "Accept": "application/graphql-response+json",
        }
        async with self.http.post(f"{self.url}/graphql", json=body, headers=headers) as reply:
            return reply.status, await reply.json()

    async def ask(self, document: str, *, token: str | None = None, **variables: object) -> Json:
        """The data of an operation that must not fail."""
        status, answer = await self.post({"query": document, "variables": variables}, token=token)
        assert (status, answer.get("errors")) == (200, None), answer
        data: Json = answer["data"]
        return data

    async def fails(self, document: str, *, token: str | None = None, **variables: object) -> Json:
        """The one error of an operation that must fail."""
        _, answer = await self.post({"query": document, "variables": variables}, token=token)
        (error,) = answer["errors"]
        found: Json = error
        return found

    async def do(self, document: str, *, token: str | None = None, **variables: object) -> Json:
        """The only field of an operation's data."""
        (value,) = (await self.ask(document, token=token, **variables)).values()
        found: Json = value
        return found

    async def furnish(self) -> None:
        """Make a gateway and a payment method for each region."""
        for region in ("EU", "US", "OC"):
            gateway = await self.do(
                documents.CREATE_GATEWAY,
                input={
                    "name": f"Klarna {region}",
                    "countryCode": region,
                    "apiKey": LOGIN.username,
                    "apiSecret": LOGIN.password,
                },
            )
            self.gateways[region] = gateway["id"]
            method = await self.do(
                documents.CREATE_METHOD,
                input={"name": f"Pay in {region}", "paymentGatewayId": gateway["id"]},
            )
            self.methods[region] = method["id"]

    async def put(self, order: Json | None = None, *, region: str = "EU", **changes: object) -> str:
        """Push an order and return its id."""
        given = (order or orders.german()) | {"paymentMethodId": self.methods[region]} | changes
        order_id: str = (await self.do(documents.PUT_ORDER, input=given))["id"]
        return order_id

    async def open(self, order_id: str | None = None) -> Json:
        """A payment whose session is open."""
        order_id = order_id or await self.put()
        return await self.do(documents.CREATE_PAYMENT, input={"orderId": order_id})

    async def authorize(self, payment: Json) -> str:
        """Authorize in the shopper's place, as the widget would; the token."""
        read = await self.do(documents.PAYMENT, id=payment["id"])
        wish = {"payment_method_category": "klarna", "data": read["authorizePayload"]}
        answer = self.sandbox.shopper(read["sessionId"], "authorize", wish)
        token: str = answer["authorization_token"]
        return token

    async def authorized(self, order_id: str | None = None) -> Json:
        """A payment that holds an authorization."""
        payment = await self.open(order_id)
        token = await self.authorize(payment)
        return await self.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)

    async def order_of(self, payment: Json) -> str:
        """The id of a payment's order."""
        found: str = (await self.do(documents.PAYMENT, id=payment["id"]))["order"]["id"]
        return found

    async def history(self, resource: str, id: str) -> list[str]:
        """What happened to a resource, in words."""
        document = documents.HISTORY % resource
        found = await self.do(document, id=id)
        return [event["event"] for event in found["eventStores"]["nodes"]]

    def fault(self, operation: str, **fault: Any) -> None:
        """Have the sandbox's next call of an operation go wrong."""
        self.sandbox.inject(Fault(operation=operation, **fault))

    def effects(self, kind: str) -> list[Any]:
        """What the sandbox's own ledger says was done."""
        return [entry for entry in self.sandbox.ledger if entry.effect == kind]


@contextmanager
def keyless(gateway: Gateway) -> Iterator[None]:
    """Have the ring lack every key that anything was sealed with."""
    keys = gateway.services.keys
    ring, keys._keys = keys._keys, KeyRing({"other": b"x" * 32})._keys
    try:
        yield
    finally:
        keys._keys = ring


@asynccontextmanager
async def running_gateway(
    folder: Path, *, furnished: bool = True, **settings: Any
) -> AsyncIterator[Gateway]:
    """Run a gateway and its sandbox on ports of their own, both on one clock."""
    clock = AdjustableClock.standing(MORNING)
    sandbox = Sandbox(clock=clock, credentials=[LOGIN], options=Options(strict_tax=True))
    async with running(sandbox) as klarna:
        chosen = throwaway_settings(
            **{
                "database": folder / "gateway.sqlite",
                "port": 0,
                "klarna_test_urls": klarna.base_urls,
                "klarna_attempts": 1,
                "compiler": "eager",
                "reconcile_interval": 0,
                **settings,
            }
        )
        async with (
            serving(chosen, SteppingClock(clock)) as (url, services),
            aiohttp.ClientSession() as http,
        ):
            gateway = Gateway(url, services, chosen, sandbox, klarna, clock, http)
            if furnished:
                await gateway.furnish()
                await gateway.ask("{ __typename }")  # the compiler looks at the database first
            yield gateway
