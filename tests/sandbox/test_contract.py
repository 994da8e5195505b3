"""Bodies that are not what Klarna's contract says, and answers that are."""

from typing import Any

import pytest

from resolvers.klarna.sandbox.contract import order_management, payments
from tests.sandbox.shop import Shop, a_line, a_purchase, error


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"order_amount": "10000"}, "order_amount"),
        ({"order_amount": 10000.0}, "order_amount"),
        ({"order_amount": -1}, "order_amount"),
        ({"order_amount": 2**63}, "order_amount"),
        ({"order_amount": None}, "order_amount"),
        ({"order_amount": True}, "order_amount"),
        ({"order_lines": []}, "order_lines"),
        ({"order_lines": [a_line()] * 1001}, "order_lines"),
        ({"purchase_country": "DEU"}, "purchase_country"),
        ({"purchase_country": "DE\n"}, "purchase_country"),
        ({"purchase_currency": "EU"}, "purchase_currency"),
        ({"locale": "de_DE"}, "locale"),
        ({"intent": "steal"}, "intent"),
        ({"acquiring_channel": "PHONE"}, "acquiring_channel"),
        ({"merchant_reference1": "x" * 256}, "merchant_reference1"),
        ({"merchant_data": "x" * 6001}, "merchant_data"),
        ({"merchant_urls": {"push": "https://a.example/" + "x" * 2000}}, "merchant_urls.push"),
        ({"options": {"color_border": "red"}}, "options.color_border"),
        ({"billing_address": {"postal_code": "12345678901"}}, "billing_address.postal_code"),
        ({"shipping_address": {"city": "x" * 100}}, "shipping_address.city"),
        ({"customer": {"type": "robot"}}, "customer.type"),
        ({"customer": {"last_four_ssn": "12345"}}, "customer.last_four_ssn"),
    ],
)
def test_payments_answers_400_with_the_field_that_breaks_the_contract(
    shop: Shop, changes: dict[str, Any], field: str
) -> None:
    reply = shop.create(a_purchase(**changes))

    assert error(reply) == (400, "BAD_VALUE", [f"Bad value: {field}"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"reference": "x" * 256}, "reference"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity_unit": ""}, "quantity_unit"),
        ({"unit_price": 2_000_000_01}, "unit_price"),
        ({"total_amount": 2_000_000_01}, "total_amount"),
        ({"total_discount_amount": -1}, "total_discount_amount"),
        ({"tax_rate": 10_001}, "tax_rate"),
        ({"subscription": {"name": "x", "interval": "DAY"}}, "subscription.interval_count"),
        ({"product_identifiers": {"size": "x" * 65}}, "product_identifiers.size"),
    ],
)
def test_a_field_of_a_line_is_named_with_its_index(
    shop: Shop, changes: dict[str, Any], field: str
) -> None:
    lines = [a_line(), a_line() | changes]

    reply = shop.create(a_purchase() | {"order_lines": lines})

    assert error(reply) == (400, "BAD_VALUE", [f"Bad value: order_lines[1].{field}"])


@pytest.mark.parametrize(
    "field", ["purchase_country", "purchase_currency", "order_amount", "order_lines"]
)
def test_a_missing_field_is_named(shop: Shop, field: str) -> None:
    purchase = a_purchase()
    del purchase[field]

    assert error(shop.create(purchase)) == (400, "BAD_VALUE", [f"Bad value: {field}"])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b"\xff", b'{"a": NaN}', b"[" * 100_000, b"7" * 5_000]
)
def test_a_body_that_is_no_json_object_is_a_bad_request(shop: Shop, body: bytes) -> None:
    order_id = shop.order()

    session = shop.send("POST", "payments/v1/sessions", body)
    capture = shop.send("POST", f"ordermanagement/v1/orders/{order_id}/captures", body)

    assert error(session) == (400, "BAD_REQUEST", ["Malformed request body"])
    assert error(capture) == (400, "BAD_REQUEST", ["Malformed request body"])


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("captures", {}, "captured_amount"),
        ("captures", {"captured_amount": -1}, "captured_amount"),
        ("captures", {"captured_amount": 2_000_000_01}, "captured_amount"),
        ("captures", {"captured_amount": 1, "description": "x" * 256}, "description"),
        ("captures", {"captured_amount": 1, "shipping_delay": -1}, "shipping_delay"),
        (
            "captures",
            {"captured_amount": 1, "shipping_info": [{"shipping_method": "Drone"}]},
            "shipping_info[0].shipping_method",
        ),
        ("refunds", {}, "refunded_amount"),
        ("refunds", {"refunded_amount": "1"}, "refunded_amount"),
        ("refunds", {"refunded_amount": 1, "reference": "x" * 256}, "reference"),
        ("shipping-info", {"shipping_info": []}, "shipping_info"),
    ],
)
def test_order_management_answers_422_with_the_field_that_breaks_the_contract(
    shop: Shop, action: str, body: dict[str, Any], field: str
) -> None:
    reply = shop.manage("POST", shop.order(), action, body)

    assert error(reply) == (422, "UNPROCESSABLE_ENTITY", [f"Bad value: {field}"])


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("authorization", {}, "order_amount"),
        ("authorization", {"order_amount": 1, "order_lines": [{"name": "x"}]}, None),
        ("merchant-references", {"merchant_reference2": "x" * 256}, "merchant_reference2"),
        ("customer-details", {"shipping_address": {"phone": 7}}, "shipping_address.phone"),
    ],
)
def test_order_management_checks_changes_alike(
    shop: Shop, action: str, body: dict[str, Any], field: str | None
) -> None:
    reply = shop.manage("PATCH", shop.order(), action, body)

    missing = [f"order_lines[0].{name}" for name in ("quantity", "total_amount", "unit_price")]
    expected = [f"Bad value: {name}" for name in ([field] if field else missing)]
    assert (reply.status, reply.json()["error_code"]) == (422, "UNPROCESSABLE_ENTITY")
    assert sorted(reply.json()["error_messages"]) == expected


def test_payments_answers_as_its_contract_says(shop: Shop) -> None:
    purchase = a_purchase(customer={"date_of_birth": "1970-01-01"})
    created = shop.create(purchase).json()
    token = shop.token(created["session_id"])

    shown = shop.read(created["session_id"])
    placed = shop.place(token, purchase).json()

    assert payments("merchant_session").read(created) == created
    assert payments("order").read(placed) == placed
    # reading a shape leaves out what only Klarna sets
    set_by_klarna = {
        "authorization_token",
        "client_token",
        "expires_at",
        "payment_method_categories",
        "status",
    }
    assert payments("session_read").read(shown).keys() == shown.keys() - set_by_klarna


def test_order_management_answers_as_its_contract_says(shop: Shop) -> None:
    address = {"email": "a@email.de", "given_name": "Hanna", "country": "DE"}
    purchase = a_purchase(
        merchant_reference1="order 1",
        merchant_data="{}",
        billing_address=address,
        customer={"date_of_birth": "1970-01-01"},
    )
    order_id = shop.order(purchase)
    parcel = {"tracking_number": "1", "shipping_method": "Home"}
    shop.capture(order_id, 40_00, description="1 of 2", shipping_info=[parcel], reference="p1")
    shop.refund(order_id, 10_00, description="scratched")
    shop.manage("POST", order_id, "shipping-info", {"shipping_info": [parcel]})

    shown = shop.shown(order_id)
    captures = shop.manage("GET", order_id, "captures").json()

    assert order_management("MerchantOrderDto").read(shown) == shown
    assert captures == shown["captures"]
    assert order_management("Capture").read(captures[0]) == captures[0]
    assert shown["shipping_address"] == address
