"""Taking money, and giving it back."""

import pytest

from tests.sandbox.shop import Shop, a_line, a_purchase, a_sandbox, error

PARCEL = {"tracking_number": "1", "shipping_method": "Home"}


def test_a_capture_answers_201_with_its_id_in_the_headers_only(shop: Shop) -> None:
    order_id = shop.order()

    reply = shop.capture(order_id, 100_00)

    capture_id = reply.header("Capture-Id")
    url = f"http://localhost:8090/eu/ordermanagement/v1/orders/{order_id}/captures/{capture_id}"
    assert (reply.status, reply.body) == (201, b"")
    assert reply.header("Location") == url


def test_a_capture_can_be_read_where_its_location_says(shop: Shop) -> None:
    order_id = shop.order(a_purchase(billing_address={"email": "a@email.de"}))
    line = a_line(40_00)
    capture_id = shop.capture(
        order_id, 40_00, description="1 of 2", reference="p1", order_lines=[line]
    ).header("Capture-Id")

    shown = shop.manage("GET", order_id, f"captures/{capture_id}").json()

    assert shown == {
        "capture_id": capture_id,
        "klarna_reference": shop.shown(order_id)["klarna_reference"] + "-1",
        "captured_amount": 40_00,
        "captured_at": "2026-03-02T10:30:00.000Z",
        "refunded_amount": 0,
        "description": "1 of 2",
        "reference": "p1",
        "order_lines": [line],
        "billing_address": {"email": "a@email.de"},
        "shipping_address": {"email": "a@email.de"},
    }


def test_captures_are_listed_in_their_order(shop: Shop) -> None:
    order_id = shop.order()
    for amount in (10_00, 20_00, 30_00):
        shop.capture(order_id, amount)

    captures = shop.manage("GET", order_id, "captures").json()

    assert [capture["captured_amount"] for capture in captures] == [10_00, 20_00, 30_00]
    assert [capture["klarna_reference"][-2:] for capture in captures] == ["-1", "-2", "-3"]
    assert shop.shown(order_id)["captured_amount"] == 60_00


def test_no_more_can_be_captured_than_is_left(shop: Shop) -> None:
    order_id = shop.order()

    all_at_once = shop.capture(order_id, 100_01)
    shop.capture(order_id, 60_00)
    the_rest = shop.capture(order_id, 40_01)

    message = (
        "Captured amount is higher than the remaining authorized amount. Capture not possible."
    )
    assert error(all_at_once) == (403, "CAPTURE_NOT_ALLOWED", [message])
    assert error(the_rest) == (403, "CAPTURE_NOT_ALLOWED", [message])
    assert shop.shown(order_id)["captured_amount"] == 60_00


def test_nothing_cannot_be_captured(shop: Shop) -> None:
    assert error(shop.capture(shop.order(), 0))[:2] == (403, "CAPTURE_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("GET", ""),
        ("POST", "/shipping-info"),
        ("POST", "/trigger-send-out"),
        ("GET", "/extend-due-date-options"),
        ("PATCH", "/extend-due-date"),
    ],
)
def test_an_unknown_capture_is_no_such_capture(shop: Shop, method: str, action: str) -> None:
    reply = shop.manage(method, shop.order(), f"captures/x{action}", {})

    assert error(reply)[:2] == (404, "NO_SUCH_CAPTURE")


def test_parcels_are_added_to_those_known_already(shop: Shop) -> None:
    order_id = shop.order()
    capture_id = shop.capture(order_id, 10_00, shipping_info=[PARCEL]).header("Capture-Id")
    later = {"shipping_info": [PARCEL | {"tracking_number": "2"}]}

    to_capture = shop.manage("POST", order_id, f"captures/{capture_id}/shipping-info", later)
    to_order = shop.manage("POST", order_id, "shipping-info", later)

    shown = shop.shown(order_id)
    assert (to_capture.status, to_order.status) == (204, 204)
    assert [p["tracking_number"] for p in shown["captures"][0]["shipping_info"]] == ["1", "2"]
    assert [p["tracking_number"] for p in shown["shipping_info"]] == ["2"]


def test_mailing_the_shopper_again_answers_204(shop: Shop) -> None:
    order_id = shop.order()
    capture_id = shop.capture(order_id, 10_00).header("Capture-Id")

    reply = shop.manage("POST", order_id, f"captures/{capture_id}/trigger-send-out")

    assert reply.status == 204


def test_a_due_date_is_extended_by_an_offered_number_of_days(shop: Shop) -> None:
    order_id = shop.order()
    path = f"captures/{shop.capture(order_id, 10_00).header('Capture-Id')}"

    offered = shop.manage("GET", order_id, f"{path}/extend-due-date-options").json()
    days = offered["options"][0]["number_of_days"]
    taken = shop.manage("PATCH", order_id, f"{path}/extend-due-date", {"number_of_days": days})
    other = shop.manage("PATCH", order_id, f"{path}/extend-due-date", {"number_of_days": 7})

    assert offered["currency"] == "EUR"
    assert taken.status == 204
    assert error(other)[:2] == (403, "NOT_ALLOWED")


def test_only_what_is_paid_later_has_a_due_date() -> None:
    shop = Shop(a_sandbox(payment_method="card"))
    order_id = shop.order()
    path = f"captures/{shop.capture(order_id, 10_00).header('Capture-Id')}"

    offered = shop.manage("GET", order_id, f"{path}/extend-due-date-options")
    taken = shop.manage("PATCH", order_id, f"{path}/extend-due-date", {"number_of_days": 10})

    assert offered.json()["options"] == []
    assert taken.status == 403


def test_a_refund_answers_201_with_its_id_in_the_headers_only(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 100_00)

    reply = shop.refund(order_id, 40_00)

    refund_id = reply.header("Refund-Id")
    url = f"http://localhost:8090/eu/ordermanagement/v1/orders/{order_id}/refunds/{refund_id}"
    assert (reply.status, reply.body) == (201, b"")
    assert reply.header("Location") == url


def test_a_refund_can_be_read_where_its_location_says(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 100_00)
    fee = a_line(-5_00, rate=0, type="return_fee", name="Return fee")
    refund_id = shop.refund(order_id, 35_00, order_lines=[fee], reference="r1").header("Refund-Id")

    shown = shop.manage("GET", order_id, f"refunds/{refund_id}").json()

    assert shown == {
        "refund_id": refund_id,
        "refunded_amount": 35_00,
        "refunded_at": "2026-03-02T10:30:00.000Z",
        "order_lines": [fee],
        "reference": "r1",
    }
    assert shop.shown(order_id)["refunds"] == [shown]


def test_refunds_count_against_the_oldest_capture_first(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 30_00)
    shop.capture(order_id, 70_00)

    shop.refund(order_id, 50_00)

    captures = shop.shown(order_id)["captures"]
    assert [capture["refunded_amount"] for capture in captures] == [30_00, 20_00]
    assert shop.shown(order_id)["refunded_amount"] == 50_00


def test_an_unknown_refund_is_not_found(shop: Shop) -> None:
    reply = shop.manage("GET", shop.order(), "refunds/x")

    assert error(reply) == (404, "NOT_FOUND", ["Refund not found for order"])


def test_what_was_not_captured_cannot_be_refunded(shop: Shop) -> None:
    message = "Order has no captures. Refund not possible"

    assert error(shop.refund(shop.order(), 1)) == (403, "REFUND_NOT_ALLOWED", [message])


def test_no_more_can_be_refunded_than_was_captured(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 50_00)
    shop.refund(order_id, 30_00)

    reply = shop.refund(order_id, 20_01)

    message = "Over refund is not allowed. Refund not possible."
    assert error(reply) == (403, "REFUND_NOT_ALLOWED", [message])
    assert shop.refund(order_id, 20_00).status == 201


def test_nothing_cannot_be_refunded(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 50_00)

    assert error(shop.refund(order_id, 0))[:2] == (403, "REFUND_NOT_ALLOWED")
