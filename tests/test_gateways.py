"""Gateways and payment methods: making them, and what of their secrets can be read."""

import sqlite3
from typing import Any

import pytest

from resolvers.secrets.sealing import KeyRing, Unreadable, masked
from tests import documents
from tests.gateway import LOGIN, Gateway

Json = dict[str, Any]
NEW = {
    "name": "Klarna Europe",
    "countryCode": "EU",
    "apiKey": "0f9b7c3e-canary-username",
    "apiSecret": "klarna_live_api_canary_password",
}


async def test_a_gateway_shows_the_tails_of_its_credentials_only(gateway: Gateway) -> None:
    made = await gateway.do(documents.CREATE_GATEWAY, input=NEW)

    read = await gateway.ask(
        "query ($id: ID!) { klarnaGateway(id: $id) { apiKey apiSecret credentialKeys } }",
        id=made["id"],
    )

    assert made["apiKey"] == "********rname"
    assert read["klarnaGateway"] == {
        "apiKey": "********rname",
        "apiSecret": "********sword",
        "credentialKeys": {"api_key": "********rname", "api_secret": "********sword"},
    }


async def test_no_secret_is_in_the_file_or_in_the_history(gateway: Gateway) -> None:
    made = await gateway.do(documents.CREATE_GATEWAY, input=NEW)
    payment = await gateway.authorized()
    token = (await gateway.do(documents.TOKEN, id=payment["id"]))["authToken"]

    history = await gateway.ask(documents.HISTORY % "klarnaGateway", id=made["id"])
    events = await gateway.ask(documents.HISTORY % "klarnaPayment", id=payment["id"])
    with sqlite3.connect(gateway.settings.database) as database:
        dump = "\n".join(database.iterdump())
    database.close()

    assert "canary" not in dump
    assert LOGIN.password not in dump
    assert "canary" not in str(history)
    assert token not in str(events)
    assert payment["clientToken"] not in str(events)
    assert "[redacted]" in str(events)


async def test_a_gateway_is_disabled_and_enabled_and_doing_so_twice_is_once(
    gateway: Gateway,
) -> None:
    own = gateway.gateways["EU"]

    disabled = await gateway.do(documents.DISABLE_GATEWAY, id=own)
    again = await gateway.do(documents.DISABLE_GATEWAY, id=own)
    enabled = await gateway.do(documents.ENABLE_GATEWAY, id=own)
    await gateway.do(documents.ENABLE_GATEWAY, id=own)

    assert disabled == again
    assert disabled["disabledAt"] == "2026-03-02T09:00:00.000Z"
    assert enabled["disabledAt"] is None
    assert await gateway.history("klarnaGateway", own) == ["created", "disabled", "enabled"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, ["name"]),
        ({"apiKey": " "}, ["apiKey"]),
        ({"apiSecret": "x\n"}, ["apiSecret"]),
        ({"apiSecret": "x" * 1001}, ["apiSecret"]),
    ],
)
async def test_a_gateway_that_cannot_be_is_refused(
    gateway: Gateway, change: Json, path: list[str]
) -> None:
    refused = await gateway.do(documents.CREATE_GATEWAY, input=NEW | change)

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", path)
    assert "canary" not in str(refused)


async def test_a_payment_method_needs_a_gateway(gateway: Gateway) -> None:
    refused = await gateway.do(documents.CREATE_METHOD, input={"paymentGatewayId": "nosuchgate"})

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", ["paymentGatewayId"])


async def test_credentials_klarna_does_not_know_are_said_to_be_the_gateways(
    gateway: Gateway,
) -> None:
    made = await gateway.do(documents.CREATE_GATEWAY, input=NEW)
    method = await gateway.do(documents.CREATE_METHOD, input={"paymentGatewayId": made["id"]})
    order_id = await gateway.put(paymentMethodId=method["id"])

    refused = await gateway.open(order_id)

    assert refused["code"] == "GATEWAY_UNAUTHORIZED"
    assert await gateway.history("order", order_id) == ["created", "open_session_refused"]


OPENING_FAULTS: list[tuple[Json, str]] = [
    ({"status": 400, "error_code": "BAD_VALUE"}, "KLARNA_REFUSED"),
    ({"status": 403, "error_code": "MERCHANT_INACTIVE"}, "KLARNA_REFUSED"),
    ({"status": 409, "error_code": "CONFLICT"}, "KLARNA_REFUSED"),
]


@pytest.mark.parametrize(("fault", "code"), OPENING_FAULTS)
async def test_a_session_klarna_refuses_leaves_an_event_and_no_payment(
    gateway: Gateway, fault: Json, code: str
) -> None:
    order_id = await gateway.put()
    gateway.fault("create_session", **fault)

    refused = await gateway.open(order_id)

    assert (refused["code"], refused["klarnaCode"]) == (code, fault["error_code"])
    order = await gateway.do(documents.ORDER, id=order_id)
    assert (order["klarnaPayments"]["nodes"], order["paymentSource"]) == ([], None)
    assert (await gateway.history("order", order_id))[-1] == "open_session_refused"


@pytest.mark.parametrize(
    ("fault", "event"),
    [
        ({"status": 500}, "open_session_unanswered"),
        ({"close": "after"}, "open_session_unanswered"),
        ({"status": 200, "body": "{"}, "open_session_unanswered"),
        ({"status": 429}, "open_session_not_sent"),
    ],
)
async def test_a_session_klarna_is_silent_about_leaves_an_event_and_no_payment(
    gateway: Gateway, fault: Json, event: str
) -> None:
    order_id = await gateway.put()
    gateway.fault("create_session", **fault)

    error = await gateway.fails(documents.CREATE_PAYMENT, input={"orderId": order_id})

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert (await gateway.history("order", order_id))[-1] == event
    assert (await gateway.open(order_id))["status"] == "OPEN"


def test_a_sealed_secret_opens_for_its_own_resource_and_ring_only() -> None:
    ring = KeyRing({"new": b"n" * 32, "old": b"o" * 32})
    old = KeyRing({"old": b"o" * 32})
    sealed = ring.seal({"api_key": "k"}, "gateway-1")

    assert ring.open(sealed, "gateway-1") == {"api_key": "k"}
    assert ring.open(old.seal({"a": "b"}, "g"), "g") == {"a": "b"}
    for other, resource, envelope in (
        (ring, "gateway-2", sealed),
        (old, "gateway-1", sealed),
        (ring, "gateway-1", sealed[:-4] + "AAA="),
        (ring, "gateway-1", "v1.new"),
    ):
        with pytest.raises(Unreadable):
            other.open(envelope, resource)


def test_a_mask_never_shows_half_of_a_secret() -> None:
    assert masked("short") == "********"
    assert masked("0123456789") == "********"
    assert masked("klarna_test_api_BW989") == "********BW989"
