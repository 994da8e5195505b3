"""Orders under review: what is blocked, what is announced, and how they end."""

import pytest

from tests.sandbox.shop import Shop, a_british_purchase, a_purchase, error

NOT_ALLOWED = (403, "CAPTURE_NOT_ALLOWED", ["Capture not allowed"])
URL = "http://127.0.0.1:9/notified/{order.id}"


def pending(shop: Shop, suffix: str, **more: object) -> str:
    purchase = a_british_purchase(merchant_urls={"notification": URL}, **more)
    return shop.order(purchase, f"customer+{suffix}@email.gb")


def test_a_pending_order_cannot_be_captured(shop: Shop) -> None:
    order_id = pending(shop, "pend-accept-05")

    assert error(shop.capture(order_id, 1)) == NOT_ALLOWED


def test_a_pending_order_can_be_cancelled(shop: Shop) -> None:
    order_id = pending(shop, "pend-accept-05")

    assert shop.manage("POST", order_id, "cancel").status == 204


def test_an_accepted_order_can_be_captured(shop: Shop) -> None:
    order_id = pending(shop, "pend-accept-05")

    shop.wait(minutes=5)

    assert shop.capture(order_id, 100_00).status == 201


@pytest.mark.parametrize("suffix", ["pend-reject-05", "sbx-stopped"])
def test_a_rejected_order_can_be_captured_for_four_hours(shop: Shop, suffix: str) -> None:
    order_id = pending(shop, suffix)

    shop.wait(hours=4, minutes=4)

    assert shop.shown(order_id)["fraud_status"] == "REJECTED"
    assert shop.capture(order_id, 1).status == 201


def test_klarna_cancels_a_rejected_order_after_four_hours(shop: Shop) -> None:
    order_id = pending(shop, "pend-reject-05")

    shop.wait(hours=4, minutes=5)

    assert shop.shown(order_id)["status"] == "CANCELLED"
    assert shop.effects()[-2:] == ["reviewed", "cancelled_by_klarna"]
    assert error(shop.capture(order_id, 1)) == NOT_ALLOWED


def test_what_was_captured_of_a_rejected_order_stays_captured(shop: Shop) -> None:
    order_id = pending(shop, "pend-reject-05")
    shop.wait(minutes=5)
    shop.capture(order_id, 30_00)

    shop.wait(hours=4)

    shown = shop.shown(order_id)
    assert (shown["status"], shown["captured_amount"]) == ("CAPTURED", 30_00)
    assert shown["remaining_authorized_amount"] == 0


def test_a_rejected_order_that_was_captured_in_full_is_left_alone(shop: Shop) -> None:
    order_id = pending(shop, "pend-reject-05")
    shop.wait(minutes=5)
    shop.capture(order_id, 100_00)

    shop.wait(hours=4)

    assert "cancelled_by_klarna" not in shop.effects()


def test_capturing_at_once_waits_for_the_review(shop: Shop) -> None:
    order_id = pending(shop, "pend-accept-05", auto_capture=True)
    before = shop.shown(order_id)["status"]

    shop.wait(minutes=5)

    assert before == "AUTHORIZED"
    assert shop.shown(order_id)["status"] == "CAPTURED"


@pytest.mark.parametrize(
    ("suffix", "event", "minutes"),
    [
        ("pend-accept-05", "FRAUD_RISK_ACCEPTED", 5),
        ("pend-reject-99", "FRAUD_RISK_REJECTED", 99),
        ("sbx-stopped", "FRAUD_RISK_STOPPED", 10),
    ],
)
def test_the_merchant_is_notified_of_the_decision(
    shop: Shop, suffix: str, event: str, minutes: int
) -> None:
    order_id = pending(shop, suffix)
    before = shop.sandbox.due()

    shop.wait(minutes=minutes)

    (delivery,) = shop.sandbox.due()
    assert before == []
    assert delivery.url == f"http://127.0.0.1:9/notified/{order_id}"
    assert (delivery.body["order_id"], delivery.body["event_type"]) == (order_id, event)


def test_the_notification_comes_even_if_the_order_was_cancelled_meanwhile(shop: Shop) -> None:
    order_id = pending(shop, "pend-accept-05")
    shop.manage("POST", order_id, "cancel")

    shop.wait(minutes=5)

    assert len(shop.sandbox.due()) == 1
    assert shop.shown(order_id)["status"] == "CANCELLED"


def test_the_url_may_come_with_the_order_only(shop: Shop) -> None:
    token = shop.token(shop.session(a_british_purchase()), "c+pend-accept-05@email.gb")
    shop.place(token, a_british_purchase(merchant_urls={"notification": URL}))

    shop.wait(minutes=5)

    assert len(shop.sandbox.due()) == 1


def test_an_order_that_is_not_reviewed_is_not_notified_of(shop: Shop) -> None:
    shop.order(a_purchase(merchant_urls={"notification": URL}))

    assert shop.sandbox.next_due_at() is None
