"""A shop with something in every state, so that generated documents meet more than nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from graph.demo.shop import orders
from resolvers.identity.callers import CallerKind
from resolvers.identity.tokens import Tokens
from store.instants import SystemClock
from store.scope import Mode
from tests import documents
from tests.commands.shop import Shop
from tests.commands.test_commands import SECRET
from tests.test_movements import CAPTURE, REFUND, VOID

Json = dict[str, Any]
PENDING, OPEN, AUTHORIZED, PLACED, CAPTURED, REFUNDED, VOIDED = range(7)
STAGES: Mapping[int, int] = {
    PENDING: 2,
    OPEN: 2,
    AUTHORIZED: 2,
    PLACED: 3,
    CAPTURED: 2,
    REFUNDED: 1,
    VOIDED: 1,
}
"""How many orders have come how far."""
COUNT = sum(STAGES.values())
NEWEST = "first: 12, orderBy: [{field: CREATED_AT, direction: DESC}]"
OURS = f"first: {COUNT}, orderBy: [{{field: CREATED_AT, direction: DESC}}]"
SEEN = f"""
{{
  orders({OURS}) {{
    nodes {{
      id
      reference
      lineItems {{ id }}
      billingAddress {{ id }}
      klarnaPayments(first: 1) {{ nodes {{ id klarnaOrderId }} }}
      authorizations(first: 1) {{ nodes {{ id }} }}
      captures(first: 1) {{ nodes {{ id }} }}
      refunds(first: 1) {{ nodes {{ id }} }}
      voids(first: 1) {{ nodes {{ id }} }}
    }}
  }}
}}
"""
MOVEMENTS = {
    "Authorization": "authorizations",
    "Capture": "captures",
    "Refund": "refunds",
    "Void": "voids",
}
OTHERS = f"""
{{
  KlarnaGateway: klarnaGateways({NEWEST}) {{ nodes {{ id }} }}
  PaymentMethod: paymentMethods({NEWEST}) {{ nodes {{ id }} }}
  Operation: operations({NEWEST}) {{ nodes {{ id }} }}
  Version: versions({NEWEST}) {{ nodes {{ id }} }}
  EventStore: eventStores({NEWEST}) {{ nodes {{ id }} }}
}}
"""
CURSORS = """
query ($order: ID!) {
  Order: orders(first: 3) { edges { cursor } }
  KlarnaPayment: klarnaPayments(first: 3) { edges { cursor } }
  KlarnaGateway: klarnaGateways(first: 3) { edges { cursor } }
  PaymentMethod: paymentMethods(first: 3) { edges { cursor } }
  Operation: operations(first: 3) { edges { cursor } }
  Version: versions(first: 3) { edges { cursor } }
  EventStore: eventStores(first: 3) { edges { cursor } }
  one: order(id: $order) { versions(first: 5) { nodes { id } } }
}
"""
ENROLLED = "{ applications(first: 3) { edges { cursor } } }"
ENROL = """
mutation ($name: String!) {
  createApplication(input: { name: $name, kind: sales_channel }) {
    ... on NewApplication { application { id } }
  }
}
"""


@dataclass
class World:
    """What there is to be asked for."""

    ids: dict[str, list[str]]
    """By type, as the schema calls it."""
    texts: Mapping[str, Sequence[str]]
    """Words that mean something, by the argument or the field that takes them."""
    cursors: Mapping[str, Sequence[str]]
    """By the type of what a list holds."""
    tokens: dict[CallerKind, str]
    """A token of each kind; the checkout's is for one of the orders."""
    everything: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.everything = [id for ids in self.ids.values() for id in ids]


def token(kind: CallerKind, order_id: str | None = None) -> str:
    """A token as the gateway itself would give it out."""
    tokens = Tokens(SECRET, SystemClock())
    return tokens.issue(
        kind, Mode.test, application_id="tests", life=timedelta(days=1), order_id=order_id
    )


async def populate(shop: Shop) -> World:
    """Put a new shop's worth of everything in, and say what there is."""
    await shop.furnish()  # its own account: whatever becomes of the others, this one works
    ways = [stage for stage, count in STAGES.items() for _ in range(count)]
    await asyncio.gather(*(_order(shop, number, stage) for number, stage in enumerate(ways)))
    unused = {"name": "Spare", "countryCode": "US", "apiKey": "unused", "apiSecret": "unused"}
    for disabled in (False, True, False):
        gateway = await shop.do(documents.CREATE_GATEWAY, input=unused)
        if disabled:
            await shop.do(documents.DISABLE_GATEWAY, id=gateway["id"])
        await shop.do(documents.CREATE_METHOD, input={"paymentGatewayId": gateway["id"]})
        await shop.do(documents.CREATE_GATEWAY, input=unused)
    return await _seen(shop)


async def _order(shop: Shop, number: int, stage: int) -> None:
    """Take an order as far as a stage."""
    own = {"paymentMethodId": shop.method_id, "reference": f"{shop.method_id} {number}"}
    if stage < AUTHORIZED:
        order = await shop.do(documents.PUT_ORDER, input=orders()[0]["input"] | own)
        if stage == OPEN:
            await shop.do(documents.CREATE_PAYMENT, input={"orderId": order["id"]})
        return
    order_id = await shop.authorized(**own)
    if stage == AUTHORIZED:
        return
    await shop.do(documents.PLACE, id=order_id)
    if stage in (CAPTURED, REFUNDED):
        await shop.do(CAPTURE, id=order_id, amount=50_00)
    if stage == REFUNDED:
        await shop.do(REFUND, id=order_id, amount=10_00)
    if stage == VOIDED:
        await shop.do(VOID, id=order_id)


async def _operated(shop: Shop, document: str, **variables: object) -> Json:
    """The only field of the data of what an operator asks."""
    operator = {"Authorization": f"Bearer {token(CallerKind.operator)}"}
    body = {"query": document, "variables": variables}
    async with shop.http.post(f"{shop.url}/graphql", json=body, headers=operator) as reply:
        (value,) = (await reply.json())["data"].values()
    found: Json = value
    return found


async def _seen(shop: Shop) -> World:
    """What there is, in an order that is the same every time: that of the stages."""
    found = (await shop.do(SEEN))["nodes"]
    found.sort(key=lambda order: int(order["reference"].split()[-1]))
    ids = {"Order": [order["id"] for order in found]}
    ids["LineItem"] = [one["id"] for order in found for one in order["lineItems"]]
    ids["Address"] = [order["billingAddress"]["id"] for order in found]
    for kind, several in (("KlarnaPayment", "klarnaPayments"), *MOVEMENTS.items()):
        ids[kind] = [one["id"] for order in found for one in order[several]["nodes"]]
    ids["Transaction"] = [id for kind in MOVEMENTS for id in ids[kind]]
    others = (await shop.post(OTHERS))["data"]
    ids |= {kind: [one["id"] for one in page["nodes"]] for kind, page in others.items()}
    enrolled = [await _operated(shop, ENROL, name=name) for name in ("Storefront", "Kiosk")]
    ids["Application"] = [one["application"]["id"] for one in enrolled]
    read = (await shop.post(CURSORS, order=ids["Order"][0]))["data"]
    ids["one Version"] = [one["id"] for one in read.pop("one")["versions"]["nodes"]]
    cursors = {kind: [edge["cursor"] for edge in found["edges"]] for kind, found in read.items()}
    applications = await _operated(shop, ENROLLED)
    cursors["Application"] = [edge["cursor"] for edge in applications["edges"]]
    payments = [one for order in found for one in order["klarnaPayments"]["nodes"]]
    texts = {
        "asOf": [SystemClock().now().isoformat()],
        "klarnaOrderId": [one["klarnaOrderId"] for one in payments if one["klarnaOrderId"]],
        "reference": [order["reference"] for order in found],
        "authToken": ["one", "another"],
        "key": [f"key {number} of {shop.method_id}" for number in range(12)],
        "apiKey": [shop.login["username"]],
        "apiSecret": [shop.login["password"]],
        "currencyCode": ["EUR", "USD"],
        "countryCode": ["DE", "US"],
        "name": ["Klarna", "Shoes"],
    }
    tokens = {kind: token(kind) for kind in (CallerKind.integration, CallerKind.operator)}
    tokens[CallerKind.sales_channel] = token(CallerKind.sales_channel, ids["Order"][0])
    return World(ids, texts, cursors, tokens)
