"""The past over HTTP: how everything was at any time."""

import asyncio
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.klarna.sandbox.errors import KlarnaError
from tests import documents, orders
from tests.gateway import Gateway, running_gateway

Json = dict[str, Any]

STATE = """
fragment State on Order {
  id reference number metadata status paymentStatus totalAmountWithTaxesCents placedAt approvedAt
  cancelledAt createdAt updatedAt editable
  lineItems { id name quantity totalAmountCents }
  billingAddress { id city firstName }
  shippingAddress { id line1 }
  paymentMethod { id name disabledAt }
  paymentSource { id status }
  klarnaPayments(orderBy: [{field: CREATED_AT}, {field: ID}]) {
    nodes {
      id status sessionId reference metadata authTokenExpiresAt klarnaOrderId fraudStatus
      mismatchedAmounts intentAmountCents formattedIntentAmount updatedAt
      paymentMethods { identifier }
      paymentGateway { id name disabledAt forcePayments }
    }
    totalCount
  }
  transactions { nodes { id number succeeded amountCents } totalCount }
  versions { totalCount }
  eventStores(last: 3) { nodes { event } }
}
"""

ORDER = "query ($id: ID!, $asOf: DateTime) { order(id: $id, asOf: $asOf) { ...State } }" + STATE


@pytest.mark.parametrize("field", ["klarnaPayment", "klarnaGateway", "order"])
async def test_a_time_at_which_it_was_not_there_is_an_error(gateway: Gateway, field: str) -> None:
    payment = await gateway.open()
    ids = {
        "klarnaPayment": payment["id"],
        "klarnaGateway": gateway.gateways["EU"],
        "order": await gateway.order_of(payment),
    }
    document = f"query ($id: ID!, $at: DateTime) {{ {field}(id: $id, asOf: $at) {{ id }} }}"

    for at in ("2026-03-02T08:59:59.999Z", "2026-03-02T09:00:00.001Z"):
        error = await gateway.fails(document, id=ids[field], at=at)
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "asOf", "value": at}
    nothing = await gateway.ask(document, id="nothing", at="2026-03-02T09:00:00Z")
    assert nothing == {field: None}


async def test_the_past_is_for_integrations_only(gateway: Gateway) -> None:
    order_id = await gateway.put()

    error = await gateway.fails(
        ORDER, token=gateway.token(order_id), id=order_id, asOf="2026-03-02T09:00:00Z"
    )

    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_secrets_of_the_past_are_redacted_and_its_session_is_not_told(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()

    past = await gateway.do(
        """
        query ($id: ID!) {
          klarnaPayment(id: $id, asOf: "2026-03-02T09:00:00Z") {
            authToken clientToken authorizePayload mismatches { path }
            order { placeable obstacles { code } }
          }
        }
        """,
        id=payment["id"],
    )

    assert past == {
        "authToken": "[redacted]",
        "clientToken": "[redacted]",
        "authorizePayload": None,
        "mismatches": None,
        "order": {"placeable": None, "obstacles": None},
    }


@pytest.mark.parametrize(
    ("asked", "argument"),
    [
        ("filter: {status: {eq: OPEN}}", "filter"),
        ("orderBy: [{field: UPDATED_AT}]", "orderBy"),
    ],
)
async def test_what_only_the_present_can_be_asked_is_an_error(
    gateway: Gateway, asked: str, argument: str
) -> None:
    order_id = await gateway.put()
    document = f"""
    query ($id: ID!) {{
      order(id: $id, asOf: "2026-03-02T09:00:00Z") {{
        klarnaPayments({asked}) {{ nodes {{ id }} }}
      }}
    }}
    """

    error = await gateway.fails(document, id=order_id)

    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": argument}


async def test_an_id_of_the_past_ends_where_it_ends_and_is_of_its_kind(gateway: Gateway) -> None:
    order_id = await gateway.put()
    document = """
    query ($id: ID!) {
      order(id: $id, asOf: "2026-03-02T09:00:00Z") { id }
      klarnaPayment(id: $id, asOf: "2026-03-02T09:00:00Z") { id }
    }
    """

    assert await gateway.ask(document, id=f"{order_id}\0x") == {
        "order": None,
        "klarnaPayment": None,
    }
    assert (await gateway.ask(document, id=order_id))["klarnaPayment"] is None


async def test_the_past_costs_the_same_for_one_record_and_for_many(gateway: Gateway) -> None:
    document = """
    query ($id: ID!) {
      klarnaGateway(id: $id, asOf: "2026-03-02T09:00:00Z") {
        klarnaPayments(first: 30) {
          nodes {
            order { lineItems { name } klarnaPayments(first: 2) { nodes { id } totalCount } }
          }
        }
      }
    }
    """

    async def cost() -> int:
        before = gateway.services.database.questions
        await gateway.ask(document, id=gateway.gateways["EU"])
        return gateway.services.database.questions - before

    await gateway.open()
    one = await cost()
    for number in range(8):
        await gateway.open(await gateway.put(reference=f"W{number}"))

    assert await cost() == one


class Shop:
    """An order that random things are done with; what is refused is refused."""

    def __init__(self, gateway: Gateway, order_id: str) -> None:
        self.gateway = gateway
        self.own = {"id": order_id}
        self.payment = {"id": "nothing"}

    async def push(self) -> None:
        await self.ask(documents.PUT_ORDER, input=orders.german() | self.own)

    async def push_another(self) -> None:
        await self.ask(documents.PUT_ORDER, input=orders.dearer() | self.own)

    async def push_without_addresses(self) -> None:
        bare = orders.dearer() | self.own | {"billingAddress": None, "shippingAddress": None}
        await self.ask(documents.PUT_ORDER, input=bare)

    async def open(self) -> None:
        made = await self.ask(documents.CREATE_PAYMENT, input={"orderId": self.own["id"]})
        self.payment = made if made.get("sessionId") else self.payment

    async def authorize(self) -> None:
        if await self.ask(documents.PAYMENT, id=self.payment["id"]):
            with suppress(KlarnaError):  # the session is over
                token = await self.gateway.authorize(self.payment)
                await self.ask(documents.SAVE_TOKEN, id=self.payment["id"], authToken=token)

    async def refresh(self) -> None:
        await self.ask(documents.REFRESH, id=self.payment["id"])

    async def place(self) -> None:
        await self.ask(documents.PLACE, **self.own)

    async def approve(self) -> None:
        await self.ask(documents.APPROVE, **self.own)

    async def cancel(self) -> None:
        await self.ask(documents.CANCEL, **self.own)

    async def delete_payment(self) -> None:
        await self.ask(documents.DELETE_PAYMENT, id=self.payment["id"])

    async def mark_payment(self) -> None:
        marks = {"reference": str(self.gateway.clock()), "metadata": {"marked": True}}
        await self.ask(documents.UPDATE_PAYMENT, id=self.payment["id"], input=marks)

    async def switch_gateway(self) -> None:
        await self.ask(documents.DISABLE_GATEWAY, id=self.gateway.gateways["EU"])
        self.gateway.clock.advance(timedelta(milliseconds=1))
        await self.ask(documents.ENABLE_GATEWAY, id=self.gateway.gateways["EU"])

    async def rename_method(self) -> None:
        name = {"name": f"Method at {self.gateway.clock()}"}
        await self.ask(documents.UPDATE_METHOD, id=self.gateway.methods["EU"], input=name)

    async def choose_method(self) -> None:
        method = {"name": "Other", "paymentGatewayId": self.gateway.gateways["EU"]}
        made = await self.gateway.do(documents.CREATE_METHOD, input=method)
        await self.ask(documents.SET_METHOD, method=made["id"], **self.own)

    async def wait_an_hour(self) -> None:
        self.gateway.clock.advance(timedelta(hours=1))

    async def wait_two_days(self) -> None:
        self.gateway.clock.advance(timedelta(days=2))

    async def ask(self, document: str, **variables: Any) -> Json:
        """What a mutation answers, or nothing where it fails."""
        _, answer = await self.gateway.post({"query": document, "variables": variables})
        (value,) = answer["data"].values()
        return value or {}


STEPS = st.sampled_from([name for name in vars(Shop) if not name.startswith("_") and name != "ask"])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
def test_the_past_reads_as_it_was_read_then(steps: list[str]) -> None:
    async def live(folder: Path) -> None:
        async with running_gateway(folder) as gateway:
            shop = Shop(gateway, await gateway.put())
            read = {}
            for step in ["push", *steps]:
                gateway.clock.advance(timedelta(milliseconds=5))
                await getattr(shop, step)()
                now = gateway.services.clock.now().isoformat().replace("+00:00", "Z")
                read[now] = (step, await gateway.do(ORDER, id=shop.own["id"]))
            gateway.clock.advance(timedelta(days=30))
            for at, expected in read.items():
                assert (
                    expected[0],
                    await gateway.do(ORDER, id=shop.own["id"], asOf=at),
                ) == expected

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live(Path(folder)))
