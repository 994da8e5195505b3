"""Nodes: anything by its id."""

import pytest

from tests import documents
from tests.gateway import Gateway

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
EVERYTHING = """
query ($id: ID!) {
  order(id: $id) {
    id
    lineItems { id }
    billingAddress { id }
    paymentMethod { id paymentGateway { id } }
    paymentSource { id }
    transactions { nodes { id } }
    versions(first: 1) { nodes { id } }
    eventStores(first: 1) { nodes { id } }
  }
}
"""


async def everything(gateway: Gateway) -> dict[str, str]:
    """One id of each kind, by the kind's name."""
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    await gateway.do(documents.PLACE, id=order_id)
    order = await gateway.do(EVERYTHING, id=order_id)
    return {
        "Order": order["id"],
        "LineItem": order["lineItems"][0]["id"],
        "Address": order["billingAddress"]["id"],
        "PaymentMethod": order["paymentMethod"]["id"],
        "KlarnaGateway": order["paymentMethod"]["paymentGateway"]["id"],
        "KlarnaPayment": order["paymentSource"]["id"],
        "Authorization": order["transactions"]["nodes"][0]["id"],
        "Version": order["versions"]["nodes"][0]["id"],
        "EventStore": order["eventStores"]["nodes"][0]["id"],
    }


async def test_anything_is_found_by_its_id(gateway: Gateway) -> None:
    ids = await everything(gateway)

    for kind, key in ids.items():
        assert await gateway.do(NODE, id=key) == {"__typename": kind, "id": key}


async def test_several_are_found_in_their_order_with_null_for_what_is_not_there(
    gateway: Gateway,
) -> None:
    ids = list((await everything(gateway)).items())
    asked = [key for _, key in reversed(ids)]

    found = await gateway.ask(NODES, ids=[*asked, "nothing", asked[0], "\0"])

    kinds = [one and one["__typename"] for one in found["nodes"]]
    assert kinds == [*(kind for kind, _ in reversed(ids)), None, ids[-1][0], None]


async def test_nodes_cost_one_statement_for_each_kind_and_one_to_tell_them_apart(
    plain: Gateway,
) -> None:
    orders = [await plain.put(reference=f"W{number}") for number in range(20)]
    ids = [*orders, *plain.gateways.values(), *plain.methods.values()]
    before = plain.services.database.questions

    await plain.ask(NODES, ids=ids)

    assert plain.services.database.questions - before == 1 + 3


async def test_too_many_nodes_are_refused(gateway: Gateway) -> None:
    error = await gateway.fails(NODES, ids=["x"] * 101)

    assert error["extensions"] == {
        "code": "BAD_USER_INPUT",
        "argument": "ids",
        "limit": 100,
        "value": 101,
    }


async def test_a_checkout_finds_what_belongs_to_its_order_only(gateway: Gateway) -> None:
    ids = await everything(gateway)
    other = await gateway.put(reference="another")
    token = gateway.token(ids["Order"])

    found = (await gateway.ask(NODES, token=token, ids=[*ids.values(), other]))["nodes"]

    seen = {one["__typename"] for one in found if one}
    assert seen == {"Order", "LineItem", "Address", "KlarnaPayment"}


@pytest.mark.parametrize("field", ["klarnaPayment", "klarnaGateway", "order", "paymentMethod"])
async def test_an_id_of_another_kind_is_not_found(gateway: Gateway, field: str) -> None:
    ids = await everything(gateway)
    own = {"klarnaPayment": "KlarnaPayment", "klarnaGateway": "KlarnaGateway", "order": "Order"}
    document = f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}"

    for kind, key in ids.items():
        found = (await gateway.ask(document, id=key))[field]
        assert (found is not None) is (kind == own.get(field, "PaymentMethod"))
