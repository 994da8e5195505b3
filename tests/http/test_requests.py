"""What a request may be: one operation, in a body or an address, that can be read in one way."""

import orjson
import pytest

from tests import documents, orders
from tests.gateway import Gateway
from tests.http.asking import GRAPHQL, JSON, look, send

NO_REQUESTS = {
    b"": "BAD_REQUEST",
    b"{": "BAD_REQUEST",
    b"\xff\xfe": "BAD_REQUEST",
    b"\xef\xbb\xbf" + b'{"query": "{ __typename }"}': "BAD_REQUEST",
    '{"query": "{ __typename }"}'.encode("utf-16"): "BAD_REQUEST",
    b"null": "BAD_REQUEST",
    b"1": "BAD_REQUEST",
    b"NaN": "BAD_REQUEST",
    b'"query"': "BAD_REQUEST",
    b"[" * 100_000: "BAD_REQUEST",
    b'{"query": "{ __typename }", "extensions": %s}' % (b'{"a":' * 64 + b"1" + b"}" * 64): (
        "BAD_REQUEST"
    ),
    b'{"query": "{ __typename }", "query": "{ __typename }"}': "BAD_REQUEST",
    b'{"query": "{ __typename }", "qu\\u0065ry": "{ __typename }"}': "BAD_REQUEST",
    b'{"query": "{ __typename }", "variables": {"a": [{"b": 1, "b": 1}]}}': "BAD_REQUEST",
    b'{"query": "{ __typename }", "variables": {"a": 9223372036854775808}}': "BAD_REQUEST",
    b'{"query": "{ __typename }", "variables": {"a": 1%s}}' % (b"0" * 5000): "BAD_REQUEST",
    b'{"query": "{ __typename }", "variables": {"a": 1e999}}': "BAD_REQUEST",
    b'{"query": "{ __typename }", "variables": {"a": Infinity}}': "BAD_REQUEST",
    b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}': "BAD_REQUEST",
    b'{"query": "{ __typename }", "variables": {"a": "\xed\xa0\x80"}}': "BAD_REQUEST",
    b'{"query": "{ __typename }"} {}': "BAD_REQUEST",
    b"[]": "BATCHING_UNSUPPORTED",
    b'[{"query": "{ __typename }"}]': "BATCHING_UNSUPPORTED",
    b"{}": "BAD_USER_INPUT",
    b'{"query": null}': "BAD_USER_INPUT",
    b'{"query": 1}': "BAD_USER_INPUT",
    b'{"query": ""}': "BAD_USER_INPUT",
    b'{"query": " \\n"}': "BAD_USER_INPUT",
    b'{"query": "{ __typename }", "variables": []}': "BAD_USER_INPUT",
    b'{"query": "{ __typename }", "variables": "{}"}': "BAD_USER_INPUT",
    b'{"query": "{ __typename }", "operationName": 1}': "BAD_USER_INPUT",
    b'{"query": "{ __typename }", "extensions": 1}': "BAD_USER_INPUT",
    b'{"query": "{ __typename }", "documentId": 1}': "BAD_USER_INPUT",
}


async def test_a_body_that_is_no_request_is_a_coded_400_for_every_client(gateway: Gateway) -> None:
    for body, code in NO_REQUESTS.items():
        for media in (JSON, GRAPHQL):
            answer = await send(gateway, body, accept=media)

            assert (answer.status, answer.code) == (400, code), body[:100]
            assert answer.headers["Content-Type"] == f"{media}; charset=utf-8"
            assert set(answer.body) == {"errors"}


NOT_BEGUN = {
    "{ __typename": "GRAPHQL_PARSE_FAILED",
    "{ __typename \x00 }": "GRAPHQL_PARSE_FAILED",
    "{a" * 5000: "LIMIT_EXCEEDED",
    "{" + "...{" * 198 + "nothing" + "}" * 199: "LIMIT_EXCEEDED",
    "{ nothing }": "GRAPHQL_VALIDATION_FAILED",
    "query A { __typename } query B { __typename }": "BAD_USER_INPUT",
    "{ order(id: 1.5) { id } }": "GRAPHQL_VALIDATION_FAILED",
    "query ($n: Int!) { orders(first: $n) { nodes { id } } }": "BAD_USER_INPUT",
}


async def test_an_operation_that_cannot_begin_is_a_400_but_to_clients_of_old(
    gateway: Gateway,
) -> None:
    for query, code in NOT_BEGUN.items():
        for media, status in ((GRAPHQL, 400), (JSON, 200)):
            answer = await send(gateway, orjson.dumps({"query": query}), accept=media)

            assert (answer.status, answer.code) == (status, code), query[:100]
            assert set(answer.body) == {"errors"}


async def test_an_answer_with_data_is_a_success_and_one_with_errors_too_a_partial_one(
    gateway: Gateway,
) -> None:
    whole = orjson.dumps({"query": "{ __typename }"})
    partial = orjson.dumps({"query": "{ __typename orders(first: 0) { nodes { id } } }"})
    for body, media, status in (
        (whole, GRAPHQL, 200),
        (whole, JSON, 200),
        (partial, GRAPHQL, 294),
        (partial, JSON, 200),
    ):
        answer = await send(gateway, body, accept=media)

        assert answer.status == status
        assert "data" in answer.body
        assert answer.headers["Content-Type"] == f"{media}; charset=utf-8"


async def test_members_without_a_meaning_are_ignored_and_null_is_as_good_as_missing(
    gateway: Gateway,
) -> None:
    nothing = {"variables": None, "operationName": None, "extensions": None, "documentId": None}
    body = {"query": "{ __typename }", "id": [1], "extensions": {"tracing": True}}

    for given in (body, body | nothing):
        answer = await send(gateway, orjson.dumps(given))

        assert answer.body == {"data": {"__typename": "Query"}}


async def test_an_integer_is_kept_to_its_last_digit(gateway: Gateway) -> None:
    numbers = [2**63 - 1, -(2**63), 2**53 + 1, 0]
    given = orders.german() | {"metadata": {"numbers": numbers}}
    order = await gateway.do(documents.PUT_ORDER, input=given)

    read = await gateway.do("query ($id: ID) { order(id: $id) { metadata } }", id=order["id"])

    assert read["metadata"] == {"numbers": numbers}


async def test_a_question_may_be_asked_by_its_address(gateway: Gateway) -> None:
    order_id = await gateway.put()
    query = "query A { __typename } query B($id: ID) { order(id: $id) { id } }"
    variables = orjson.dumps({"id": order_id}).decode()

    answer = await look(
        gateway, query=query, operationName="B", variables=variables, extensions="{}"
    )
    head = await look(gateway, method="HEAD", query="{ __typename }", operationName="")

    assert (answer.status, answer.body) == (200, {"data": {"order": {"id": order_id}}})
    assert (head.status, head.headers["Content-Type"]) == (200, f"{JSON}; charset=utf-8")


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "BAD_USER_INPUT"),
        ("query=%ff", "BAD_REQUEST"),
        ("query=%ed%a0%80", "BAD_REQUEST"),
        ("query={__typename}&query={__typename}", "BAD_REQUEST"),
        ("query={__typename}&variables=[]", "BAD_USER_INPUT"),
        ("query={__typename}&variables={", "BAD_REQUEST"),
        ("query={__typename}&variables={%22a%22:NaN}", "BAD_REQUEST"),
        ("query={__typename}&extensions=1", "BAD_USER_INPUT"),
        ("&".join(f"a{number}=1" for number in range(21)), "BAD_REQUEST"),
    ],
)
async def test_an_address_that_is_no_request_is_a_coded_400(
    gateway: Gateway, address: str, code: str
) -> None:
    headers = {"Authorization": f"Bearer {gateway.token()}", "Content-Type": JSON}
    url = f"{gateway.url}/graphql?{address}"

    async with gateway.http.get(url, headers=headers) as reply:
        answer = await reply.json()

    assert reply.status == 400
    assert answer["errors"][0]["extensions"]["code"] == code


async def test_nothing_is_changed_by_an_address(gateway: Gateway) -> None:
    id = gateway.gateways["EU"]
    change = f'mutation {{ disableKlarnaGateway(id: "{id}") {{ __typename }} }}'
    for media in (GRAPHQL, JSON):
        headers = {
            "Authorization": f"Bearer {gateway.token()}",
            "Content-Type": JSON,
            "Accept": media,
        }
        url = f"{gateway.url}/graphql"
        async with gateway.http.get(url, params={"query": change}, headers=headers) as reply:
            answer = await reply.json()

        assert (reply.status, reply.headers["Allow"]) == (405, "POST")
        assert answer["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"
    read = await gateway.do("query ($id: ID!) { klarnaGateway(id: $id) { disabledAt } }", id=id)
    assert read == {"disabledAt": None}


UNASKED = [
    {},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "multipart/form-data; boundary=x"},
]
"""What any page can have a browser send to another origin, which is not asked before."""


@pytest.mark.parametrize("headers", UNASKED)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_what_any_page_could_send_unasked_is_not_answered(
    gateway: Gateway, headers: dict[str, str], method: str
) -> None:
    url = f"{gateway.url}/graphql?query={{__typename}}"
    cookie = {"Cookie": f"Authorization=Bearer {gateway.token()}"}
    async with gateway.http.request(method, url, headers=headers | cookie) as reply:
        assert reply.status == 401


@pytest.mark.parametrize("headers", UNASKED)
async def test_a_question_in_the_address_needs_its_token_and_no_other_header(
    gateway: Gateway, headers: dict[str, str]
) -> None:
    url = f"{gateway.url}/graphql?query={{__typename}}"
    headers = {"Authorization": f"Bearer {gateway.token()}"} | headers
    async with gateway.http.get(url, headers=headers) as reply:
        assert await reply.json() == {"data": {"__typename": "Query"}}


async def test_another_method_is_a_coded_405_that_says_which_ones(gateway: Gateway) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        answer = await send(gateway, b"{}", method=method)

        assert (answer.status, answer.code) == (405, "METHOD_NOT_ALLOWED"), method
        assert answer.headers["Allow"] == "GET, HEAD, POST"
    headers = {"Authorization": f"Bearer {gateway.token()}"}
    async with gateway.http.post(f"{gateway.url}/healthz", headers=headers) as reply:
        assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")
