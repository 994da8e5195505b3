"""Opening, reading and updating payment sessions."""

import base64
import json

import pytest

from resolvers.klarna.sandbox.messages import Json
from tests.sandbox.shop import Shop, a_purchase, a_sandbox, billed_to, error

UNKNOWN = (404, "NOT_FOUND", ["Invalid session id"])


def test_creating_a_session_answers_200_with_id_token_and_categories(shop: Shop) -> None:
    reply = shop.create()

    assert reply.status == 200
    assert set(reply.json()) == {"session_id", "client_token", "payment_method_categories"}
    assert [c["identifier"] for c in reply.json()["payment_method_categories"]] == ["klarna"]


def test_a_client_token_is_a_jwt_that_carries_its_session_and_the_sandboxs_url(shop: Shop) -> None:
    answer = shop.create().json()

    header, claims, signature = answer["client_token"].split(".")

    assert json.loads(_decoded(header)) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(_decoded(claims))["session_id"] == answer["session_id"]
    assert json.loads(_decoded(claims))["base_url"] == "http://localhost:8090/_sandbox"
    assert signature
    assert len(answer["client_token"]) <= 4096


def test_the_url_that_browsers_use_may_differ_from_the_merchants() -> None:
    shop = Shop(a_sandbox(public_url="https://sandbox.example"))

    answer = shop.create().json()

    claims = answer["client_token"].split(".")[1]
    assert json.loads(_decoded(claims))["base_url"] == "https://sandbox.example/_sandbox"


def test_the_offered_categories_are_configurable() -> None:
    shop = Shop(a_sandbox(payment_method_categories=("pay_later", "pay_over_time")))

    categories = shop.create().json()["payment_method_categories"]

    assert [c["identifier"] for c in categories] == ["pay_later", "pay_over_time"]
    assert all(c["name"] and c["asset_urls"]["standard"] for c in categories)


def test_a_session_reads_back_as_it_was_sent(shop: Shop) -> None:
    purchase = a_purchase(
        merchant_reference1="order 1", merchant_urls={"confirmation": "https://shop.example/"}
    )

    shown = shop.read(shop.session(purchase))

    assert {name: shown[name] for name in purchase} == purchase
    assert shown["status"] == "incomplete"
    assert shown["intent"] == "buy"
    assert shown["acquiring_channel"] == "ECOMMERCE"
    assert shown["expires_at"] == "2026-03-04T10:30:00.000Z"


def test_reading_a_session_does_not_show_what_identifies_the_shopper(shop: Shop) -> None:
    customer = {
        "date_of_birth": "1970-01-01",
        "national_identification_number": "1234567890",
        "last_four_ssn": "1234",
    }

    shown = shop.read(shop.session(a_purchase(customer=customer)))

    assert shown["customer"] == {"date_of_birth": "1970-01-01"}


def test_unknown_and_read_only_fields_are_ignored(shop: Shop) -> None:
    session_id = shop.session(a_purchase(status="complete", expires_at=7, loyalty={"points": 7}))

    shown = shop.read(session_id)

    assert shown["status"] == "incomplete"
    assert shown["expires_at"] == "2026-03-04T10:30:00.000Z"
    assert "loyalty" not in shown


def test_a_session_shows_its_authorization(shop: Shop) -> None:
    session_id = shop.session()

    token = shop.token(session_id)

    assert shop.read(session_id)["authorization_token"] == token


def test_an_unknown_session_is_not_found(shop: Shop) -> None:
    reply = shop.call("GET", "payments/v1/sessions/0b1d9815-165e-42e2-8867-35bc03789e00")

    assert error(reply) == UNKNOWN


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "HEAD", "get"])
def test_a_session_knows_no_other_methods(shop: Shop, method: str) -> None:
    reply = shop.call(method, "payments/v1/sessions/x")

    assert reply.status == 405
    assert reply.header("Allow") == "GET, POST"


@pytest.mark.parametrize(
    "path",
    [
        "hpp/v1/sessions",
        "customer-token/v1/tokens/x",
        "payments/v1/authorizations/x/customer-token",
        "payments/v2/sessions",
        "payments/v1/sessions/",
        "",
    ],
)
def test_what_the_sandbox_does_not_emulate_is_not_found(shop: Shop, path: str) -> None:
    reply = shop.call("POST", path, {})

    assert error(reply) == (404, "NOT_FOUND", ["Not found"])


@pytest.mark.parametrize("channel", ["IN_STORE", "TELESALES"])
def test_other_channels_than_the_web_need_an_agreement(channel: str) -> None:
    purchase = a_purchase(acquiring_channel=channel)

    without = Shop(a_sandbox()).create(purchase)
    within = Shop(a_sandbox(agreements=(channel,))).create(purchase)

    assert error(without)[:2] == (403, "INVALID_OPERATION")
    assert within.status == 200


def test_an_attachment_is_json_of_klarnas_own_type(shop: Shop) -> None:
    emd = "application/vnd.klarna.internal.emd-v2+json"

    good = shop.create(a_purchase(attachment={"body": '{"a": 1}', "content_type": emd}))
    no_json = shop.create(a_purchase(attachment={"body": "a=1", "content_type": emd}))
    no_type = shop.create(a_purchase(attachment={"body": "{}", "content_type": "text/plain"}))

    assert good.status == 200
    assert error(no_json) == (400, "BAD_VALUE", ["Bad value: attachment.attachment"])
    assert error(no_type) == (400, "BAD_VALUE", ["Bad value: attachment.attachment"])


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://shop.example/{session.id}", 200),
        ("http://127.0.0.1:8000/callback", 200),
        ("http://localhost/callback", 200),
        ("http://shop.example/callback", 400),
        ("ftp://shop.example/", 400),
        ("https://", 400),
        ("//[", 400),
        ("", 200),
    ],
)
def test_urls_are_https_except_on_ones_own_machine(shop: Shop, url: str, status: int) -> None:
    reply = shop.create(a_purchase(merchant_urls={"notification": url}))

    assert reply.status == status


def test_what_the_shopper_enters_becomes_part_of_the_session(shop: Shop) -> None:
    session_id = shop.session()
    data: Json = billed_to("customer@email.de", given_name="Hanna", family_name="O'Neil-Groß")

    shop.step(session_id, "authorize", data)

    assert shop.read(session_id)["billing_address"] == data["billing_address"]


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
