"""Guests: checkouts that see whichever order they know the id of, where the operator lets them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from resolvers.callers import CallerKind
from store.scope import Mode
from tests import documents
from tests.gateway import Gateway, running_gateway

Json = dict[str, Any]


@pytest_asyncio.fixture
async def hospitable(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that lets guests in."""
    async with running_gateway(tmp_path, guest_access="order-id") as gateway:
        yield gateway


def guest(gateway: Gateway, mode: Mode = Mode.test) -> str:
    """A storefront's token, which names no order."""
    return gateway.services.access.tokens.issue(
        CallerKind.sales_channel, mode, application_id="storefront", life=timedelta(days=1)
    )


async def test_a_guest_takes_any_order_from_its_session_to_placed(hospitable: Gateway) -> None:
    for number in ("W1", "W2"):
        order_id = await hospitable.put(reference=number, number=number)
        token = guest(hospitable)

        payment = await hospitable.do(
            documents.CREATE_PAYMENT, token=token, input={"orderId": order_id}
        )
        authorized = await hospitable.authorize(payment)
        await hospitable.do(
            documents.SAVE_TOKEN, token=token, id=payment["id"], authToken=authorized
        )
        await hospitable.do(documents.REFRESH, token=token, id=payment["id"])
        seen = await hospitable.do(documents.ORDER, token=token, id=order_id)

        assert [one["id"] for one in seen["klarnaPayments"]["nodes"]] == [payment["id"]]
        assert (await hospitable.do(documents.PAYMENT, token=token, id=payment["id"]))["order"]


SESSION = """
query ($session: ID!) {
  _entities(representations: [{ __typename: "KlarnaPayment", sessionId: $session }]) { __typename }
}
"""
BELOW = """
query ($order: ID!) {
  order(id: $order) {
    lineItems { id }
    billingAddress { id }
    klarnaPayments(filter: { order: { number: { eq: "W1" } } }) { totalCount nodes { id } }
  }
}
"""
QUESTIONS: dict[str, str] = {
    "{ orders { nodes { id } } }": "FORBIDDEN",
    "{ klarnaPayments { nodes { id } } }": "FORBIDDEN",
    "{ paymentMethods { nodes { id } } }": "FORBIDDEN",
    "query ($order: ID!) { order(id: $order) { versions { nodes { id } } } }": "FORBIDDEN",
    "query ($order: ID!) { order(id: $order) { captures { nodes { id } } } }": "FORBIDDEN",
    "query ($payment: ID!) { klarnaPayment(id: $payment) { authToken } }": "FORBIDDEN",
    "mutation ($order: ID!) { captureOrder(id: $order) { __typename } }": "FORBIDDEN",
    "mutation ($order: ID!) { createCheckoutToken(orderId: $order) { __typename } }": "FORBIDDEN",
    '{ order(reference: "W1") { id } }': "null",
    "query ($token: String!) { order(token: $token) { id } }": "null",
    "query ($gateway: ID!) { node(id: $gateway) { id } }": "null",
    SESSION: "null",
    "query ($order: ID!) { node(id: $order) { id } }": "seen",
    "query ($payment: ID!) { node(id: $payment) { id } }": "seen",
    BELOW: "seen",
}


async def test_a_guest_sees_what_it_names_by_its_id_and_no_list(hospitable: Gateway) -> None:
    order_id = await hospitable.put(reference="W1", number="W1")
    payment = await hospitable.open(order_id)
    read = await hospitable.do("query ($id: ID!) { order(id: $id) { token } }", id=order_id)
    named = {
        "order": order_id,
        "payment": payment["id"],
        "session": payment["sessionId"],
        "token": read["token"],
        "gateway": hospitable.gateways["EU"],
    }

    for document, expected in QUESTIONS.items():
        given = {name: value for name, value in named.items() if f"${name}:" in document}
        body = {"query": document, "variables": given}
        _, answer = await hospitable.post(body, token=guest(hospitable))
        if "errors" in answer:
            (found,) = {error["extensions"]["code"] for error in answer["errors"]}
        else:
            (value,) = answer["data"].values()
            found = "null" if value in (None, [None]) else "seen"
        assert found == expected, document


@pytest.mark.parametrize("change", [documents.CANCEL, documents.PLACE])
async def test_a_guest_sees_an_order_until_it_is_over(hospitable: Gateway, change: str) -> None:
    payment = await hospitable.authorized()
    (order,) = (await hospitable.do("{ orders { nodes { id } } }"))["nodes"]
    await hospitable.do(change, id=order["id"])
    if change == documents.PLACE:
        assert await hospitable.do(documents.ORDER, token=guest(hospitable), id=order["id"])
        await hospitable.do(documents.APPROVE, id=order["id"])

    seen = await hospitable.ask(documents.ORDER, token=guest(hospitable), id=order["id"])
    paid = await hospitable.ask(documents.PAYMENT, token=guest(hospitable), id=payment["id"])

    assert (seen, paid) == ({"order": None}, {"klarnaPayment": None})


async def test_a_guest_of_the_other_mode_sees_nothing(hospitable: Gateway) -> None:
    order_id = await hospitable.put()
    token = guest(hospitable, Mode.live)

    assert await hospitable.ask(documents.ORDER, token=token, id=order_id) == {"order": None}
    error = await hospitable.fails(documents.PLACE, token=token, id=order_id)
    assert error["extensions"]["code"] == "NOT_FOUND"


async def test_a_token_of_one_order_sees_one_order_still(hospitable: Gateway) -> None:
    own = await hospitable.put(reference="W1", number="W1")
    other = await hospitable.put(reference="W2", number="W2")

    seen = await hospitable.ask(documents.ORDER, token=hospitable.token(own), id=other)

    assert seen == {"order": None}


async def test_guests_are_not_let_in_unless_the_operator_says_so(gateway: Gateway) -> None:
    status, answer = await gateway.post({"query": "{ __typename }"}, token=guest(gateway))

    assert (status, answer["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert "createCheckoutToken" in answer["errors"][0]["message"]
