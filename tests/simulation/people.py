"""Who lives in the world: each does the next thing when the seed says so, whatever came before."""

import asyncio
from typing import Any

from resolvers.background.callbacks import REPORTS, receive
from resolvers.background.reconcile import reconcile
from resolvers.context import Services
from resolvers.errors import BadInput, NotFound
from resolvers.klarna.sandbox.errors import KlarnaError
from store.database import StoreUnavailable
from store.payments import payments_by_id
from store.scope import EVERYTHING
from tests import documents, orders
from tests.simulation.world import LOGIN, Intent, Json, World
from tests.test_movements import CAPTURE, REFUND, VOID

TOTAL = 163_60


async def furnish(world: World, services: Services, size: int) -> None:
    """Open the shop: a gateway, a payment method, and orders of two kinds."""
    login = {"apiKey": LOGIN.username, "apiSecret": LOGIN.password}
    random = world.random
    gateway = await world.ask(
        services,
        documents.CREATE_GATEWAY,
        input={
            "name": "EU",
            "countryCode": "EU",
            "forcePayments": random.random() < 0.5,
            **login,
        },
    )
    method = await world.ask(
        services,
        documents.CREATE_METHOD,
        input={
            "name": "Klarna",
            "paymentGatewayId": gateway["id"],
            "autoPlace": random.random() < 0.5,
            "autoCapture": random.random() < 0.3,
        },
    )
    for number in range(size):
        order = orders.german()
        if random.random() < 0.3:
            fate = random.choice(("pend-accept-5", "pend-reject-5"))
            order = orders.with_email(fate)
        given = order | {"reference": f"W{number}", "paymentMethodId": method["id"]}
        world.orders.append((await world.ask(services, documents.PUT_ORDER, input=given))["id"])


class Shopper:
    """Pays an order in a browser, and Klarna reports on it."""

    def __init__(self, world: World, services: Services, order_id: str) -> None:
        self.world, self.services, self.order_id = world, services, order_id
        self.own = {"id": order_id}

    async def live(self) -> None:
        world = self.world
        steps = [self.open, self.authorize, self.place, self.place, self.refresh, self.authorize]
        for _ in range(world.random.randint(3, 9)):
            await asyncio.sleep(world.random.random() * 20)
            await world.random.choice(steps)()

    async def payment(self) -> Json | None:
        read = await self.ask(documents.ORDER, **self.own)
        found = read.get("klarnaPayments") or {}
        nodes = found.get("nodes") or []
        if not nodes:
            return None
        chosen = self.world.random.choice(nodes)
        return await self.ask(documents.PAYMENT, id=chosen["id"])

    async def open(self) -> None:
        key = self.world.new_id() if self.world.random.random() < 0.5 else None
        for _ in range(2):
            made = await self.ask(_OPEN, input={"orderId": self.order_id}, key=key)
            if "error" not in made:
                return

    async def authorize(self) -> None:
        payment = await self.payment()
        if payment is None or "sessionId" not in payment or payment["order"] is None:
            return
        wish = {"payment_method_category": "klarna", "data": payment["authorizePayload"]}
        try:
            answer = self.world.sandbox.shopper(payment["sessionId"], "authorize", wish)
        except KlarnaError:
            return
        token = answer.get("authorization_token")
        if token is None:
            return
        said = {"authorization_token": token, "session_id": payment["sessionId"]}
        for _ in range(self.world.random.choice((0, 1, 1, 2))):
            self.services.turns.begin(self._reported(payment["id"], "callbacks", said))
        if self.world.random.random() < 0.7:
            await self.ask(documents.SAVE_TOKEN, id=payment["id"], authToken=token)

    async def place(self) -> None:
        key = self.world.new_id() if self.world.random.random() < 0.5 else None
        for _ in range(self.world.random.choice((1, 1, 3))):
            await self.ask(_PLACE, key=key, **self.own)

    async def refresh(self) -> None:
        payment = await self.payment()
        if payment is not None and "id" in payment:
            await self.ask(documents.REFRESH, id=payment["id"])

    async def ask(self, document: str, **variables: Any) -> Json:
        return await self.world.ask(self.services, document, **variables)

    async def _reported(self, payment_id: str, what: str, said: Json) -> None:
        await asyncio.sleep(self.world.random.random() * 10)
        await report(self.services, payment_id, what, said)


async def report(services: Services, payment_id: str, what: str, said: Json) -> None:
    """Report something as Klarna does."""
    payment = await payments_by_id.one(services.database, payment_id, EVERYTHING)
    if payment is not None:
        try:
            await receive(services, REPORTS[what], payment_id, payment.callback_secret, said)
        except (NotFound, BadInput, StoreUnavailable):
            return


_OPEN = documents.CREATE_PAYMENT.replace(
    "($input: CreateKlarnaPaymentInput!)", "($input: CreateKlarnaPaymentInput!, $key: String)"
).replace("(input: $input)", "(input: $input, key: $key)")
_PLACE = documents.PLACE.replace("($id: ID!)", "($id: ID!, $key: String)").replace(
    "placeOrder(id: $id)", "placeOrder(id: $id, key: $key)"
)


class BackOffice:
    """Takes the money, gives up the rest, and gives back; what it wants it asks for again."""

    def __init__(self, world: World, services: Services) -> None:
        self.world, self.services = world, services

    async def live(self) -> None:
        random = self.world.random
        for _ in range(random.randint(3, 10)):
            await asyncio.sleep(random.random() * 25)
            order_id = random.choice(self.world.orders)
            await random.choice([self.capture, self.capture, self.refund, self.void, self.again])(
                order_id
            )

    async def capture(self, order_id: str) -> None:
        amount = 10_00 + len(self.world.intents)  # no two intents of one world cost the same
        await self.want(Intent(order_id, "captured", amount, self.key()))

    async def refund(self, order_id: str) -> None:
        amount = 1_00 + len(self.world.intents)
        await self.want(Intent(order_id, "refunded", amount, self.key()))

    def key(self) -> str | None:
        """A key, as one should; without one, only what is acknowledged is promised."""
        return self.world.new_id() if self.world.random.random() < 0.7 else None

    async def void(self, order_id: str) -> None:
        await self.world.ask(self.services, VOID, id=order_id)

    async def again(self, order_id: str) -> None:
        """Send an earlier request again, as a worker does that was not answered."""
        wanted = [intent for intent in self.world.intents if intent.order_id == order_id]
        if wanted:
            await self.send(self.world.random.choice(wanted))

    async def want(self, intent: Intent) -> None:
        self.world.intents.append(intent)
        for _ in range(self.world.random.choice((1, 2, 3))):
            await self.send(intent)

    async def send(self, intent: Intent) -> None:
        given: Json = {"id": intent.order_id, "amount": intent.amount, "key": intent.key}
        if intent.effect == "captured":
            answer = await self.world.ask(self.services, CAPTURE, **given)
        else:
            read = await self.world.ask(self.services, _CAPTURES, id=intent.order_id)
            captures = (read.get("captures") or {}).get("nodes") or [{"id": None}]
            answer = await self.world.ask(self.services, REFUND, capture=captures[0]["id"], **given)
        intent.acknowledged |= answer.get("__typename") == "Order"


_CAPTURES = """
query ($id: ID!) {
  order(id: $id) {
    captures(filter: {succeeded: {eq: true}}, orderBy: [{field: NUMBER}], first: 1) {
      nodes { id }
    }
  }
}
"""


async def look_after(world: World, services: Services) -> None:
    """Reconcile now and then, as the gateway does by itself."""
    while True:
        await asyncio.sleep(10 + world.random.random() * 60)
        await reconcile(services)
