"""Who may ask: nothing is answered without a token, and each sees its own."""

from datetime import timedelta
from typing import Any

import jwt
import pytest

from graph.app import PUBLIC
from resolvers.identity.callers import CallerKind
from store.scope import Mode
from tests import documents
from tests.gateway import Gateway

Json = dict[str, Any]


async def test_an_unknown_path_is_a_coded_404(gateway: Gateway) -> None:
    headers = {"Authorization": f"Bearer {gateway.token()}"}
    async with gateway.http.get(f"{gateway.url}/nowhere", headers=headers) as reply:
        assert reply.status == 404
        assert (await reply.json())["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_every_route_but_the_public_ones_wants_a_token(gateway: Gateway) -> None:
    for path in ("/graphql", "/nowhere", "/klarna/elsewhere/x/y"):
        async with gateway.http.post(gateway.url + path, json={}) as reply:
            assert reply.status == 401, path
            assert reply.headers["WWW-Authenticate"] == "Bearer"
            (error,) = (await reply.json())["errors"]
            assert error["extensions"]["code"] == "UNAUTHENTICATED"
    pages = {"/healthz", "/readyz", "/oauth/token", "/graphiql", "/graphiql/assets/{name}"}
    reports = {f"/klarna/{what}/{{payment}}/{{secret}}" for what in ("callbacks", "notifications")}
    assert pages | reports == PUBLIC
    for what in ("callbacks", "notifications"):
        async with gateway.http.post(f"{gateway.url}/klarna/{what}/x/y", json={}) as reply:
            assert reply.status == 404
    for path in ("/healthz", "/readyz", "/graphiql"):
        async with gateway.http.get(gateway.url + path) as reply:
            assert reply.status == 200, path


def forged(gateway: Gateway) -> dict[str, str]:
    """Tokens that are not this gateway's, by what is wrong with them."""
    claims = jwt.decode(gateway.token(), options={"verify_signature": False})
    secret = gateway.settings.token_secret.get_secret_value()

    def signed(secret: str = secret, algorithm: str = "HS256", **changes: Any) -> str:
        kept = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(kept, secret, algorithm)

    application = claims["application"]
    return {
        "no token": "nonsense",
        "no signature": signed("", "none"),
        "another secret": signed("another secret of at least 32 bytes!"),
        "another algorithm": signed(secret * 2, "HS512"),
        "no expiry": signed(exp=None),
        "expired": signed(exp=1),
        "no application": signed(application=None),
        "another kind": signed(application=application | {"kind": "webapp"}),
        "a checkout without an order": signed(application=application | {"kind": "sales_channel"}),
        "an integration with an order": signed(order="x"),
        "no mode": signed(test=None),
    }


async def test_a_token_that_is_not_this_gateways_opens_nothing(gateway: Gateway) -> None:
    for wrong, token in forged(gateway).items():
        status, answer = await gateway.post({"query": "{ __typename }"}, token=token)

        assert status == 401, wrong
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert token not in str(answer)


@pytest.mark.parametrize("brought", [["good", "nobody"], ["nobody", "good"], ["good", "good"]])
async def test_two_tokens_are_none(gateway: Gateway, brought: list[str]) -> None:
    tokens = {"good": gateway.token(), "nobody": "nobody"}
    headers = [("Authorization", f"Bearer {tokens[one]}") for one in brought]
    body = {"query": "{ __typename }"}

    async with gateway.http.post(f"{gateway.url}/graphql", json=body, headers=headers) as reply:
        assert reply.status == 401


async def test_a_token_ends_by_the_clock(gateway: Gateway) -> None:
    token = gateway.token()
    gateway.clock.advance(timedelta(days=365))

    status, _ = await gateway.post({"query": "{ __typename }"}, token=token)

    assert status == 401


async def test_a_checkout_takes_its_own_order_from_its_session_to_placed(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()
    checkout = gateway.token(order_id)

    payment = await gateway.do(
        documents.CREATE_PAYMENT, token=checkout, input={"orderId": order_id}
    )
    authorization = await gateway.authorize(payment)
    await gateway.do(
        documents.SAVE_TOKEN, token=checkout, id=payment["id"], authToken=authorization
    )
    await gateway.do(documents.REFRESH, token=checkout, id=payment["id"])
    placed = await gateway.do(documents.PLACE, token=checkout, id=order_id)
    seen = await gateway.do(documents.ORDER, token=checkout, id=order_id)

    assert placed["status"] == seen["status"] == "placed"


async def test_a_checkout_sees_nothing_of_another_order(gateway: Gateway) -> None:
    own, other = await gateway.put(), await gateway.put(reference="W2", number="W2")
    payment = await gateway.open(other)
    checkout = gateway.token(own)

    assert (await gateway.ask(documents.ORDER, token=checkout, id=other))["order"] is None
    read = await gateway.ask(documents.PAYMENT, token=checkout, id=payment["id"])
    assert read["klarnaPayment"] is None
    for document, given in (
        (documents.CREATE_PAYMENT, {"input": {"orderId": other}}),
        (documents.SAVE_TOKEN, {"id": payment["id"], "authToken": "x"}),
        (documents.REFRESH, {"id": payment["id"]}),
        (documents.PLACE, {"id": other}),
    ):
        error = await gateway.fails(document, token=checkout, **given)
        assert error["extensions"]["code"] == "NOT_FOUND"


FORBIDDEN_TO_CHECKOUTS: list[str] = [
    "{ orders { nodes { id } } }",
    "{ klarnaPayments { nodes { id } } }",
    "{ klarnaGateways { nodes { id } } }",
    '{ klarnaGateway(id: "x") { id } }',
    '{ paymentMethod(id: "x") { id } }',
    'mutation { enableKlarnaGateway(id: "x") { __typename } }',
    'mutation { disableKlarnaGateway(id: "x") { __typename } }',
    'mutation { createPaymentMethod(input: {paymentGatewayId: "x"}) { __typename } }',
    """mutation { createKlarnaGateway(
            input: {name: "x", countryCode: EU, apiKey: "x", apiSecret: "x"}) { __typename } }""",
    """mutation { putOrder(input: {currencyCode: "EUR", subtotalAmountCents: 0,
            totalTaxAmountCents: 0, totalAmountCents: 0, totalAmountWithTaxesCents: 0,
            lineItems: []}) { __typename } }""",
    "query ($o: ID) { order(id: $o) { versions { nodes { id } } } }",
    "query ($o: ID) { order(id: $o) { eventStores { nodes { id } } } }",
    "query ($o: ID) { order(id: $o) { authorizations { nodes { id } } } }",
    "query ($o: ID) { order(id: $o) { paymentMethod { id } } }",
    "query ($o: ID) { order(id: $o) { klarnaPayments { nodes { authToken } } } }",
    "query ($o: ID) { order(id: $o) { klarnaPayments { nodes { paymentGateway { id } } } } }",
]


@pytest.mark.parametrize("document", FORBIDDEN_TO_CHECKOUTS)
async def test_a_checkout_may_do_nothing_but_pay(gateway: Gateway, document: str) -> None:
    order_id = await gateway.put()
    await gateway.open(order_id)
    variables = {"o": order_id} if "$o" in document else {}

    error = await gateway.fails(document, token=gateway.token(order_id), **variables)

    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_a_token_sees_its_own_mode_only(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.open(order_id)
    live = gateway.token(mode=Mode.live)

    assert (await gateway.ask(documents.ORDER, token=live, id=order_id))["order"] is None
    lists = "{ orders { nodes { id } } klarnaGateways { nodes { id } } }"
    assert await gateway.ask(lists, token=live) == {
        "orders": {"nodes": []},
        "klarnaGateways": {"nodes": []},
    }
    error = await gateway.fails(documents.REFRESH, token=live, id=payment["id"])
    assert error["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("first", [0, -1, 101])
async def test_a_list_has_a_length_within_limits(gateway: Gateway, first: int) -> None:
    error = await gateway.fails("query ($n: Int!) { orders(first: $n) { nodes { id } } }", n=first)

    assert error["extensions"] == {
        "code": "BAD_USER_INPUT",
        "argument": "first",
        "limit": 100,
        "value": first,
    }


async def test_the_history_names_who_did_it(gateway: Gateway) -> None:
    order_id = await gateway.put()
    checkout = gateway.token(order_id)
    payment = await gateway.do(
        documents.CREATE_PAYMENT, token=checkout, input={"orderId": order_id}
    )

    found = await gateway.do(documents.HISTORY % "klarnaPayment", id=payment["id"])

    assert found["versions"]["nodes"][0]["who"] == {
        "application": {"id": "tests", "kind": str(CallerKind.sales_channel), "public": True}
    }
