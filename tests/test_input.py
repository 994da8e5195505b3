"""Odd input: whatever it holds, it gets a coded answer that repeats no secret."""

import zlib
from typing import Any

import jwt
import pytest

from resolvers.klarna.accounts import Accounts
from resolvers.klarna.transport import Reply, Request
from resolvers.secrets.credentials import Credentials
from resolvers.secrets.sealing import KeyRing
from store.gateways import GatewayRegion, KlarnaGateway
from store.ids import new_id
from store.instants import Instant, SystemClock
from store.scope import Mode
from tests import documents, orders
from tests.gateway import Gateway

Json = dict[str, Any]
CODED = {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "NOT_FOUND"}


def nested(depth: int) -> Json:
    value: Json = {}
    for _ in range(depth):
        value = {"x": value}
    return value


@pytest.mark.parametrize(
    "change",
    [
        {"returnUrl": "https://["},
        {"returnUrl": "https://x\u2100y/"},
        {"returnUrl": "http://shop.example"},
        {"number": "a\u0000b"},
        {"number": "\ufffe\U0001f9e6"},
        {"customerEmail": "a@b.c\u0000"},
    ],
)
async def test_an_odd_text_is_kept_or_refused(gateway: Gateway, change: Json) -> None:
    answer = await gateway.do(documents.PUT_ORDER, input=orders.german() | change)

    kept = answer.get("number") == change.get("number", "")
    assert kept or (answer["code"], answer["path"]) == ("FIELD_INVALID", [next(iter(change))])


@pytest.mark.parametrize(
    "literal",
    [
        "{x: 99999999999999999999999999}",
        "{x: 1e999}",
        "[1]",
        '"text"',
        "1",
        "{" + "x: {" * 30 + "}" * 30 + "}",
    ],
)
async def test_metadata_that_cannot_be_kept_is_an_error_before_any_call(
    gateway: Gateway, literal: str
) -> None:
    order_id = await gateway.put()
    document = f"""mutation ($id: ID!) {{ createKlarnaPayment(
        input: {{orderId: $id, metadata: {literal}}}) {{ __typename }} }}"""

    error = await gateway.fails(document, id=order_id)

    assert error["extensions"]["code"] in CODED
    assert not gateway.sandbox.exchanges


async def test_metadata_may_be_nested_but_not_without_end(gateway: Gateway) -> None:
    fine = await gateway.do(documents.PUT_ORDER, input=orders.german() | {"metadata": nested(15)})
    error = await gateway.fails(
        documents.PUT_ORDER, input=orders.german() | {"metadata": nested(300)}
    )

    assert fine["__typename"] == "Order"
    assert error["extensions"] == {"code": "BAD_REQUEST", "limit": 64}


async def test_an_id_ends_where_it_ends_and_not_at_a_nul(gateway: Gateway) -> None:
    order_id = await gateway.put()
    longer = f"{order_id}\u0000x"

    assert (await gateway.ask(documents.ORDER, id=longer))["order"] is None
    error = await gateway.fails(documents.PLACE, id=longer)
    assert error["extensions"]["code"] == "NOT_FOUND"


async def test_an_order_takes_no_id_of_another_resource(gateway: Gateway) -> None:
    payment = await gateway.open()

    refused = await gateway.do(documents.PUT_ORDER, input=orders.german() | {"id": payment["id"]})

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", ["id"])


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_is_not_as_it_is_encoded_is_a_400(
    gateway: Gateway, encoding: str
) -> None:
    headers = {
        "Authorization": f"Bearer {gateway.token()}",
        "Content-Type": "application/json",
        "Content-Encoding": encoding,
        "Connection": "close",
    }
    url = f"{gateway.url}/graphql"
    for body in (b"no archive", zlib.compress(b'{"query": "{ __typename }"}')[:-6]):
        async with gateway.http.post(url, data=body, headers=headers) as reply:
            assert reply.status == 400


@pytest.mark.parametrize("exp", [1e30, -1e30, "later", None, []])
async def test_a_signed_token_with_an_odd_expiry_is_no_token(gateway: Gateway, exp: Any) -> None:
    claims = jwt.decode(gateway.token(), options={"verify_signature": False})
    secret = gateway.settings.token_secret.get_secret_value()
    token = jwt.encode(claims | {"exp": exp}, secret)

    status, answer = await gateway.post({"query": "{ __typename }"}, token=token)

    assert (status, answer["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (
            documents.CREATE_GATEWAY,
            {"input": {"name": "x", "apiKey": "canary-key", "apiSecret": "canary-secret"}},
        ),
        (
            documents.CREATE_GATEWAY,
            {
                "input": {
                    "name": "x",
                    "countryCode": "EU",
                    "apiKey": "canary-key",
                    "apiSecrt": "canary-secret",
                }
            },
        ),
        (
            documents.CREATE_GATEWAY,
            {"input": {"name": "x", "countryCode": "canary", "apiKey": ["canary"]}},
        ),
        (documents.CREATE_GATEWAY, {"input": "canary"}),
        (documents.SAVE_TOKEN, {"id": "x", "authToken": {"canary": "canary"}}),
        (documents.SAVE_TOKEN, {"id": {"canary": 1}, "authToken": "x"}),
        (documents.CREATE_PAYMENT, {"input": {"orderId": "x", "metadata": "canary"}}),
    ],
)
async def test_what_is_wrong_with_a_variable_is_said_without_its_value(
    gateway: Gateway, document: str, variables: Json
) -> None:
    status, answer = await gateway.post({"query": document, "variables": variables})

    assert status == 400
    assert "canary" not in str(answer)
    for error in answer["errors"]:
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["extensions"]["argument"] in variables
        assert error["message"].startswith("The variable $")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"metadata": {"x": "y" * 20_000}}, ["metadata"]),
        ({"reference": "r" * 256}, ["reference"]),
    ],
)
async def test_a_payment_keeps_within_limits_too(
    gateway: Gateway, change: Json, path: list[str]
) -> None:
    order_id = await gateway.put()

    refused = await gateway.do(documents.CREATE_PAYMENT, input={"orderId": order_id} | change)

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", path)
    assert not gateway.sandbox.exchanges


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "n" * 256}, ["name"]),
        ({"currencyCode": "€€€"}, ["currencyCode"]),
        ({"priceAmountCents": -5}, ["priceAmountCents"]),
        ({"autoCaptureMaxAmountCents": -1}, ["autoCaptureMaxAmountCents"]),
    ],
)
async def test_a_payment_method_that_cannot_be_is_refused(
    gateway: Gateway, change: Json, path: list[str]
) -> None:
    given = {"paymentGatewayId": gateway.gateways["EU"]} | change

    refused = await gateway.do(documents.CREATE_METHOD, input=given)

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", path)


@pytest.mark.parametrize(
    ("rate", "tax", "words"),
    [(0.1111111, 10_00, "hundredths of a percent"), (None, 10_00, "needs its rate")],
)
async def test_a_rate_that_klarna_cannot_be_told_is_refused_as_such(
    gateway: Gateway, rate: float | None, tax: int, words: str
) -> None:
    order = orders.one_line(100_00, tax, 0.19)
    order["lineItems"][0]["taxRate"] = rate

    refused = await gateway.open(await gateway.put(order))

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", ["lineItems", "0", "taxRate"])
    assert words in refused["message"]


async def test_a_tax_below_zero_is_refused_before_any_call(gateway: Gateway) -> None:
    order = orders.one_line(100_00, -15_97, 0.0)
    order["lineItems"][0] |= {"taxRate": None, "taxAmountCents": 0}
    back = {
        "name": "Back",
        "itemType": "adjustments",
        "unitAmountCents": -50_00,
        "totalAmountCents": -50_00,
        "taxRate": 0.19,
        "taxAmountCents": -7_98,
    }
    order |= {
        "lineItems": [order["lineItems"][0], back],
        "adjustmentAmountCents": -50_00,
        "totalTaxAmountCents": -7_98,
        "totalAmountCents": 50_00,
        "totalAmountWithTaxesCents": 50_00,
    }

    refused = await gateway.open(await gateway.put(order))

    assert refused["code"] == "AMOUNT_OUT_OF_RANGE"
    assert not gateway.sandbox.exchanges


async def test_the_shoppers_email_reaches_klarna_from_wherever_it_is(gateway: Gateway) -> None:
    order = orders.german()
    address = order["billingAddress"] | {"email": None}
    order |= {"billingAddress": address, "shippingAddress": None}

    payment = await gateway.open(await gateway.put(order))

    assert payment["authorizePayload"]["billing_address"]["email"] == "customer@email.de"


class Silence:
    """A transport that remembers where it was sent, and answers nothing."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    async def send(self, request: Request) -> Reply:
        self.urls.append(request.url)
        return Reply(200, {}, b"{}")


@pytest.mark.parametrize(
    ("mode", "host"),
    [(Mode.live, "https://api-oc.klarna.com/"), (Mode.test, "http://127.0.0.1:1/oc/")],
)
async def test_a_live_gateway_speaks_to_klarna_whatever_the_tests_use(
    mode: Mode, host: str
) -> None:
    ring, transport = KeyRing({"k": b"k" * 32}), Silence()
    now = Instant("2026-03-02T09:00:00.000Z")
    gateway = KlarnaGateway(
        id="g",
        mode=mode,
        created_at=now,
        updated_at=now,
        name="OC",
        country_code=GatewayRegion.OC,
        credentials=ring.seal({"api_key": "k", "api_secret": "s"}, "g"),
        credential_keys={},
    )

    nowhere: Any = None
    credentials = Credentials(nowhere, ring, SystemClock(), new_id)
    accounts = Accounts(transport, credentials, {"OC": "http://127.0.0.1:1/oc"})
    await accounts.of(gateway).session("s")

    assert transport.urls[0].startswith(host)


async def test_a_variable_that_is_not_given_is_left_out_of_json(gateway: Gateway) -> None:
    payment = await gateway.open()
    document = """
    mutation ($id: ID!, $x: Int) {
      updateKlarnaPayment(id: $id, input: {metadata: {a: $x, b: {c: $x, d: 1}}}, key: "k") {
        ... on KlarnaPayment { metadata }
      }
    }
    """

    assert await gateway.do(document, id=payment["id"]) == {"metadata": {"b": {"d": 1}}}
    error = await gateway.fails(document.replace("{c: $x, d: 1}", "[$x]"), id=payment["id"])
    assert error["extensions"]["code"] != "INTERNAL"


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_time_at_the_edge_of_time_is_a_coded_error(gateway: Gateway, time: str) -> None:
    literal = f'{{ order(id: "x", asOf: "{time}") {{ id }} }}'
    variable = 'query ($at: DateTime) { order(id: "x", asOf: $at) { id } }'

    for error in (await gateway.fails(literal), await gateway.fails(variable, at=time)):
        assert error["extensions"]["code"] in {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize("metadata", [{"a\0b": 1}, {"a": "b\0"}, {"a": [{"b\0": None}]}])
async def test_a_nul_in_metadata_is_a_coded_error(gateway: Gateway, metadata: Json) -> None:
    error = await gateway.fails(documents.PUT_ORDER, input=orders.german() | {"metadata": metadata})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("field", ["name", "forcePayments", "countryCode"])
async def test_a_field_that_cannot_be_unset_is_named_as_callers_know_it(
    gateway: Gateway, field: str
) -> None:
    id = gateway.gateways["EU"]

    error = await gateway.fails(documents.UPDATE_GATEWAY, id=id, input={field: None})

    assert error["message"].startswith(f"`{field}` cannot be null")
    assert error["extensions"]["path"] == ["input", field]
