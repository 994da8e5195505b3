"""One line for each request and each call to Klarna, which find one another by the request's id."""

import hashlib
from typing import Any

import pytest

from store.scope import Mode
from tests import documents
from tests.gateway import Gateway
from tests.logs.reading import Lines

QUESTION = "query Ask($id: ID!) { klarnaPayment(id: $id) { id } }"


async def send(gateway: Gateway, body: Any, **headers: str) -> tuple[int, str]:
    """Ask with headers; the answer's status and the request's id."""
    headers = {"Authorization": f"Bearer {gateway.token()}"} | headers
    url = f"{gateway.url}/graphql"
    async with gateway.http.post(url, json=body, headers=headers) as reply:
        await reply.read()
        return reply.status, reply.headers["X-Request-ID"]


async def test_a_request_is_one_line_that_says_what_and_who_and_how_long(
    gateway: Gateway, lines: Lines
) -> None:
    lines.all()

    status, request_id = await send(gateway, {"query": QUESTION, "variables": {"id": "x"}})

    (line,) = lines.all()
    assert line.pop("ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("bytes_in") > len(QUESTION)
    assert line.pop("bytes_out") == len('{"data":{"klarnaPayment":null}}')
    assert line == {
        "level": "info",
        "event": "request",
        "request_id": request_id,
        "route": "/graphql",
        "method": "POST",
        "status": status,
        "operation_name": "Ask",
        "operation_type": "query",
        "document": hashlib.sha256(QUESTION.encode()).hexdigest(),
        "application": "tests",
        "application_kind": "integration",
        "mode": "test",
        "codes": [],
    }


async def test_a_checkouts_line_names_its_order(gateway: Gateway, lines: Lines) -> None:
    token = gateway.token("order1", mode=Mode.live)

    await gateway.ask("{ __typename }", token=token)

    line = lines.of("request")[-1]
    assert (line["application_kind"], line["mode"], line["order"]) == (
        "sales_channel",
        "live",
        "order1",
    )


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ({"query": "{"}, ["GRAPHQL_PARSE_FAILED"]),
        ({"query": "{ a b }"}, ["GRAPHQL_VALIDATION_FAILED"]),
        ({"query": QUESTION}, ["BAD_USER_INPUT"]),
        (
            {"query": documents.REFRESH, "variables": {"id": "x"}},
            ["NOT_FOUND"],
        ),
        (
            {
                "query": documents.CREATE_GATEWAY,
                "variables": {
                    "input": {"name": "", "countryCode": "EU", "apiKey": "a", "apiSecret": "b"}
                },
            },
            ["FIELD_INVALID"],
        ),
    ],
)
async def test_a_line_holds_the_codes_of_its_answer(
    gateway: Gateway, lines: Lines, body: Any, codes: list[str]
) -> None:
    await send(gateway, body)

    assert lines.of("request")[-1]["codes"] == codes


async def test_a_request_without_a_token_is_logged_too(gateway: Gateway, lines: Lines) -> None:
    status, request_id = await send(gateway, {}, Authorization="Bearer canary")

    line = lines.of("request")[-1]
    assert (line["status"], line["codes"], line["request_id"]) == (
        status,
        ["UNAUTHENTICATED"],
        request_id,
    )
    assert "application" not in line


async def test_a_path_that_is_no_route_is_not_repeated(gateway: Gateway, lines: Lines) -> None:
    async with gateway.http.get(f"{gateway.url}/canary?canary=1") as reply:
        assert reply.headers["X-Request-ID"]

    assert lines.of("request")[-1]["route"] is None
    assert "canary" not in lines.text


async def test_being_asked_whether_one_is_well_is_for_debug(gateway: Gateway, lines: Lines) -> None:
    for path in ("/healthz", "/readyz"):
        async with gateway.http.get(gateway.url + path) as reply:
            assert reply.status == 200

    assert {line["route"]: line["level"] for line in lines.of("request")[-2:]} == {
        "/healthz": "debug",
        "/readyz": "debug",
    }


@pytest.mark.parametrize("brought", ["a", "Root=1-67891233-abcdef012345678912345678", "x" * 128])
async def test_a_callers_request_id_is_kept(gateway: Gateway, lines: Lines, brought: str) -> None:
    _, request_id = await send(gateway, {"query": "{ __typename }"}, **{"X-Request-ID": brought})

    assert request_id == brought
    assert lines.of("request")[-1]["request_id"] == brought


@pytest.mark.parametrize(
    "brought", ["", " ", "x" * 129, 'a"b', "a b", "a\tb", "é", "{}", "a\u2028b"]
)
async def test_a_request_id_that_could_break_a_line_gives_way(
    gateway: Gateway, lines: Lines, brought: str
) -> None:
    _, request_id = await send(gateway, {"query": "{ __typename }"}, **{"X-Request-ID": brought})

    assert len(request_id) == 16
    assert request_id.isalnum()
    assert lines.of("request")[-1]["request_id"] == request_id


async def test_a_call_to_klarna_is_one_line_under_the_requests_id(
    gateway: Gateway, lines: Lines
) -> None:
    order_id = await gateway.put()
    lines.all()

    payment = await gateway.open(order_id)

    call, request = lines.all()
    assert request["event"] == "request"
    assert call.pop("ms") >= 0
    assert call.pop("timestamp")
    assert call.pop("correlation_id")
    assert call.pop("operation")
    assert call == {
        "level": "info",
        "event": "klarna_call",
        "request_id": request["request_id"],
        "route": "/graphql",
        "operation_name": None,
        "operation_type": "mutation",
        "application": "tests",
        "application_kind": "integration",
        "mode": "test",
        "order": order_id,
        "payment": payment["id"],
        "kind": "open_session",
        "gateway": gateway.gateways["EU"],
        "method": "POST",
        "endpoint": "/payments/v1/sessions",
        "attempt": 1,
        "status": 200,
        "problem": None,
        "klarna_code": None,
    }


async def test_a_call_that_klarna_refuses_says_so_and_one_that_is_lost_warns(
    gateway: Gateway, lines: Lines
) -> None:
    order_id = await gateway.put()
    gateway.fault("create_session", close="after")
    gateway.fault("create_session", status=400, error_code="BAD_VALUE")

    await gateway.fails(documents.CREATE_PAYMENT, input={"orderId": order_id})
    refused = await gateway.do(documents.CREATE_PAYMENT, input={"orderId": order_id})

    lost, no = lines.of("klarna_call")
    assert (lost["level"], lost["status"], lost["problem"]) == ("warning", None, "Silent")
    assert (no["level"], no["status"], no["problem"]) == ("info", 400, "Refused")
    assert no["klarna_code"] == refused["klarnaCode"] == "BAD_VALUE"
    assert no["correlation_id"] == refused["correlationId"]


async def test_an_account_that_goes_unanswered_is_said_to_be_closed(
    gateway: Gateway, lines: Lines
) -> None:
    order_id = await gateway.put()
    gateway.fault("create_session", close="before", times=5)

    for _ in range(5):
        await gateway.fails(documents.CREATE_PAYMENT, input={"orderId": order_id})

    (closed,) = lines.of("lane_closed")
    assert (closed["level"], closed["gateway"]) == ("warning", gateway.gateways["EU"])
