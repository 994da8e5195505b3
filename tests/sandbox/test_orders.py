"""Orders: how they look, and how they move from status to status."""

import pytest

from tests.sandbox.shop import Shop, a_purchase, error


def test_a_placed_order_is_authorized_and_wholly_left_to_capture(shop: Shop) -> None:
    shown = shop.shown(shop.order())

    assert shown["status"] == "AUTHORIZED"
    assert shown["fraud_status"] == "ACCEPTED"
    assert shown["order_amount"] == shown["original_order_amount"] == 100_00
    assert shown["remaining_authorized_amount"] == 100_00
    assert (shown["captured_amount"], shown["refunded_amount"]) == (0, 0)
    assert shown["created_at"] == "2026-03-02T10:30:00.000Z"
    assert shown["expires_at"] == "2026-03-30T00:00:00.000Z"
    assert len(shown["klarna_reference"]) == 8


def test_an_order_shows_what_was_bought_and_by_whom(shop: Shop) -> None:
    address = {"email": "a@email.de", "given_name": "Hanna"}
    purchase = a_purchase(
        merchant_reference1="order 1",
        merchant_reference2="shop 2",
        merchant_data="{}",
        billing_address=address,
        customer={"date_of_birth": "1970-01-01", "gender": "female"},
    )

    shown = shop.shown(shop.order(purchase))

    same = purchase.keys() - {"customer", "order_tax_amount"}
    assert {name: shown[name] for name in same} == {name: purchase[name] for name in same}
    assert shown["shipping_address"] == address
    assert shown["customer"] == {"date_of_birth": "1970-01-01"}
    assert "order_tax_amount" not in shown


@pytest.mark.parametrize("order_id", ["x", "123", "0b1d9815-165e-42e2-8867-35bc03789e0g"])
def test_an_order_id_is_a_uuid(shop: Shop, order_id: str) -> None:
    assert error(shop.manage("GET", order_id))[:2] == (400, "INVALID_ORDER_ID")


def test_an_unknown_order_is_no_such_order(shop: Shop) -> None:
    reply = shop.manage("GET", "0b1d9815-165e-42e2-8867-35bc03789e00")

    assert error(reply)[:2] == (404, "NO_SUCH_ORDER")


def test_case_does_not_matter_in_an_order_id(shop: Shop) -> None:
    assert shop.manage("GET", shop.order().upper()).status == 200


def status_of(shop: Shop, order_id: str) -> tuple[str, int]:
    shown = shop.shown(order_id)
    return shown["status"], shown["remaining_authorized_amount"]


def test_a_capture_that_leaves_something_makes_it_part_captured(shop: Shop) -> None:
    order_id = shop.order()

    shop.capture(order_id, 30_00)
    first = status_of(shop, order_id)
    shop.capture(order_id, 30_00)

    assert first == ("PART_CAPTURED", 70_00)
    assert status_of(shop, order_id) == ("PART_CAPTURED", 40_00)


def test_a_capture_of_all_or_of_the_rest_makes_it_captured(shop: Shop) -> None:
    at_once, in_parts = shop.order(), shop.order()

    shop.capture(at_once, 100_00)
    shop.capture(in_parts, 30_00)
    shop.capture(in_parts, 70_00)

    assert status_of(shop, at_once) == ("CAPTURED", 0)
    assert status_of(shop, in_parts) == ("CAPTURED", 0)


def test_a_full_refund_leaves_the_order_captured(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 100_00)

    shop.refund(order_id, 100_00)

    assert status_of(shop, order_id) == ("CAPTURED", 0)


def test_a_refund_gives_nothing_back_to_capture(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 30_00)

    shop.refund(order_id, 10_00)

    assert status_of(shop, order_id) == ("PART_CAPTURED", 70_00)
