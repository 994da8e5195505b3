"""Guests: checkouts that see whichever order they know the id of, where the operator lets them."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from graph.fields.mutations import mutation
from resolvers.identity.callers import CallerKind
from resolvers.placing import place_order
from store.scope import Mode
from tests import documents
from tests.gateway import Gateway, running_gateway
from tests.live.talk import ORDER, talking

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


async def test_no_id_that_a_guest_may_name_is_like_another(hospitable: Gateway) -> None:
    ids = [await hospitable.put(reference=str(number)) for number in range(4)]
    ids += [(await hospitable.open(order_id))["id"] for order_id in ids]

    assert len({id[:3] for id in ids}) == len(ids)  # nor does any begin with its hour


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


PLACE = """
mutation ($id: ID!, $key: String) {
  placeOrder(id: $id, key: $key) { __typename ... on Order { id } ... on Refusal { code } }
}
"""
CREATE = """
mutation ($id: ID!, $key: String) {
  createKlarnaPayment(input: { orderId: $id }, key: $key) {
    __typename ... on KlarnaPayment { id clientToken } ... on Refusal { code }
  }
}
"""


async def test_a_guests_keys_are_those_of_the_order_it_names(hospitable: Gateway) -> None:
    token = guest(hospitable)
    first, second = [await hospitable.put(reference=name, number=name) for name in "ab"]
    given: Json = {"token": token, "key": "cart"}

    one, other = [await hospitable.do(CREATE, id=order, **given) for order in (first, second)]
    again = [await hospitable.do(CREATE, id=order, **given) for order in (first, second)]
    checkouts = await hospitable.do(CREATE, id=first, key="cart", token=hospitable.token(first))
    placed = await hospitable.do(PLACE, id=first, **given)

    assert one["__typename"] == other["__typename"] == "KlarnaPayment"
    assert len({made["clientToken"] for made in (one, other, checkouts)}) == 3
    assert again == [one, other]
    assert placed == {"__typename": "Refusal", "code": "KEY_REUSED"}


def test_a_change_that_checkouts_may_ask_for_says_what_it_is_about() -> None:
    with pytest.raises(LookupError, match="place_order does not say"):
        mutation(str, place_order)


async def test_guests_at_one_address_share_a_rate_and_others_have_their_own(
    tmp_path: Path,
) -> None:
    async with at_proxy(tmp_path, checkout_rate=0.01, rate_burst=3_000) as gateway:
        token = guest(gateway)

        flood = [await status(gateway, token, "203.0.113.1", name) for name in "abcd"]
        neighbour = await status(gateway, token, "203.0.113.2", "e")

    assert (flood, neighbour) == ([200, 200, 429, 429], 200)


async def test_guests_at_one_address_share_their_lines_and_others_have_their_own(
    tmp_path: Path,
) -> None:
    async with at_proxy(tmp_path, open_lines_of_one=1) as gateway:
        order_id = await gateway.put()
        token = guest(gateway)
        async with AsyncExitStack() as stack:
            opened = [
                await stack.enter_async_context(followed(gateway, token, address, order_id))
                for address in ("203.0.113.1", "203.0.113.1", "203.0.113.2")
            ]
            headers = {"X-Forwarded-For": "203.0.113.3"}
            talks = [
                await stack.enter_async_context(talking(gateway, init=False, headers=headers))
                for _ in range(2)
            ]
            await talks[0].init(token)
            said = {"Authorization": f"Bearer {token}"}
            await talks[1].say("connection_init", payload=said)
            closed = (await talks[1].closed())[0]

    assert [reply.status for reply in opened] == [200, 503, 200]
    assert closed == 1013


def at_proxy(folder: Path, **settings: Any) -> AbstractAsyncContextManager[Gateway]:
    """A gateway that lets guests in, behind a proxy on this machine."""
    proxies = "127.0.0.0/8,::1"
    return running_gateway(folder, guest_access="order-id", trusted_proxies=proxies, **settings)


async def status(gateway: Gateway, token: str, address: str, name: str) -> int:
    """What a guest is answered that asks from an address for what nobody asked for yet."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/graphql-response+json",
        "X-Forwarded-For": address,
    }
    body = {"query": f"{{ {name}: __typename }}"}
    async with gateway.http.post(f"{gateway.url}/graphql", json=body, headers=headers) as reply:
        return reply.status


def followed(
    gateway: Gateway, token: str, address: str, order_id: str
) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
    """An event stream that a guest follows an order by."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "text/event-stream",
        "X-Forwarded-For": address,
    }
    body = {"query": ORDER, "variables": {"id": order_id}}
    return gateway.http.post(f"{gateway.url}/graphql", json=body, headers=headers)
