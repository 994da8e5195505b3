"""Through Apollo's gateway: the payments of a shop's orders, asked of two subgraphs at once."""

from typing import Any

from tests import orders
from tests.federation.apollo import Router
from tests.gateway import Gateway

Json = dict[str, Any]

ORDERS = """
query ($ids: [ID!]!) {
  orders(ids: $ids) {
    id
    warehouse
    klarnaPayments { nodes { id status sessionId } }
    formattedTotalAmountWithTaxes
  }
}
"""
PAYMENTS = """
query ($ids: [ID!]!) { orders(ids: $ids) { warehouse klarnaPayments { nodes { id } } } }
"""
RECEIPT = """
query ($sessionId: String!) {
  receipt(sessionId: $sessionId) {
    number
    payment { id status order { id warehouse } }
  }
}
"""


async def payment_of(gateway: Gateway, number: int) -> Json:
    """A payment of an order of 10.00 EUR and so many cents, which the shop calls `shop-<n>`."""
    order = orders.one_line(10_00 + number, 0, 0.0, id=f"shop-{number}")
    return await gateway.open(await gateway.put(order))


async def test_two_hundred_orders_of_the_shop_cost_one_request_and_one_statement(
    gateway: Gateway, router: Router
) -> None:
    numbers = range(200)
    payments = [await payment_of(gateway, number) for number in numbers]
    ids = [f"shop-{number}" for number in numbers]
    before = gateway.services.database.questions

    routed = await router.ask(ORDERS, token=gateway.token(), ids=ids)

    assert routed.errors == []
    assert routed.data["orders"] == [
        {
            "id": id,
            "warehouse": f"the warehouse of {id}",
            "klarnaPayments": {
                "nodes": [{name: payment[name] for name in ("id", "status", "sessionId")}]
            },
            "formattedTotalAmountWithTaxes": f"€{10 + number // 100},{number % 100:02}",
        }
        for number, id, payment in zip(numbers, ids, payments, strict=True)
    ]
    (question,) = routed.of("klarna")
    assert "_entities" in question
    assert gateway.services.database.questions - before == 1


async def test_a_subgraph_that_knows_only_klarnas_session_leads_to_the_payment(
    gateway: Gateway, router: Router
) -> None:
    payment = await payment_of(gateway, 1)

    routed = await router.ask(RECEIPT, token=gateway.token(), sessionId=payment["sessionId"])

    assert routed.errors == []
    assert routed.data["receipt"] == {
        "number": "R1",
        "payment": {
            "id": payment["id"],
            "status": "OPEN",
            "order": {"id": "shop-1", "warehouse": "the warehouse of shop-1"},
        },
    }


async def test_a_checkouts_token_goes_through_and_shows_its_own_order_only(
    gateway: Gateway, router: Router
) -> None:
    payment = await payment_of(gateway, 1)
    await payment_of(gateway, 2)

    token = gateway.token("shop-1")
    routed = await router.ask(PAYMENTS, token=token, ids=["shop-1", "shop-2", "shop-3"])

    assert routed.errors == []
    assert routed.data["orders"] == [
        {
            "warehouse": "the warehouse of shop-1",
            "klarnaPayments": {"nodes": [{"id": payment["id"]}]},
        },
        {"warehouse": "the warehouse of shop-2", "klarnaPayments": None},
        {"warehouse": "the warehouse of shop-3", "klarnaPayments": None},
    ]


async def test_without_a_token_a_router_is_told_so(gateway: Gateway, router: Router) -> None:
    routed = await router.ask(PAYMENTS, token=None, ids=["shop-1"])

    assert routed.data["orders"] == [
        {"warehouse": "the warehouse of shop-1", "klarnaPayments": None}
    ]
    (error,) = routed.errors
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
