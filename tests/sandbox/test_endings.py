"""How an authorization ends: cancelled, released, expired, extended or closed."""

from datetime import UTC, datetime

import pytest

from resolvers.klarna.sandbox.clock import AdjustableClock
from resolvers.klarna.sandbox.sandbox import Sandbox
from tests.sandbox.shop import CREDENTIAL, Shop, a_line, a_purchase, a_sandbox, error


def status_of(shop: Shop, order_id: str) -> tuple[str, int]:
    shown = shop.shown(order_id)
    return shown["status"], shown["remaining_authorized_amount"]


def test_an_authorized_order_can_be_cancelled(shop: Shop) -> None:
    order_id = shop.order()

    reply = shop.manage("POST", order_id, "cancel")

    assert (reply.status, reply.body) == (204, b"")
    assert status_of(shop, order_id) == ("CANCELLED", 0)


def test_releasing_the_rest_makes_a_part_captured_order_captured(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 30_00)

    reply = shop.manage("POST", order_id, "release-remaining-authorization")

    assert reply.status == 204
    assert status_of(shop, order_id) == ("CAPTURED", 0)
    assert error(shop.capture(order_id, 1))[1] == "CAPTURE_NOT_ALLOWED"


def test_an_authorized_order_expires_after_28_days_at_midnight(shop: Shop) -> None:
    order_id = shop.order()

    shop.wait(days=27, hours=13, minutes=30)
    at_midnight = status_of(shop, order_id)
    shop.wait(seconds=1)

    assert at_midnight == ("AUTHORIZED", 100_00)
    assert status_of(shop, order_id) == ("EXPIRED", 0)
    assert error(shop.capture(order_id, 1)) == (403, "CAPTURE_NOT_ALLOWED", ["Capture not allowed"])


def test_a_part_captured_order_loses_only_the_rest_as_it_expires(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 30_00)

    shop.wait(days=28)

    assert status_of(shop, order_id) == ("CAPTURED", 0)
    assert shop.refund(order_id, 30_00).status == 201


def test_a_captured_order_never_expires(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 100_00)

    shop.wait(days=400)

    assert status_of(shop, order_id) == ("CAPTURED", 0)
    assert "expired" not in shop.effects()


def test_a_captured_order_is_closed_by_klarna_and_changes_no_more(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 100_00)
    capture_id = shop.shown(order_id)["captures"][0]["capture_id"]

    closed = shop.control("POST", f"orders/{order_id}/close")

    parcels = {"shipping_info": [{"tracking_number": "1"}]}
    capture = f"captures/{capture_id}"
    codes = [
        error(reply)[:2]
        for reply in (
            shop.capture(order_id, 1),
            shop.refund(order_id, 1),
            shop.manage("POST", order_id, "cancel"),
            shop.manage("POST", order_id, "release-remaining-authorization"),
            shop.manage("POST", order_id, "extend-authorization-time"),
            shop.manage("PATCH", order_id, "authorization", {"order_amount": 1}),
            shop.manage("PATCH", order_id, "merchant-references", {}),
            shop.manage("PATCH", order_id, "customer-details", {}),
            shop.manage("POST", order_id, "shipping-info", parcels),
            shop.manage("POST", order_id, f"{capture}/shipping-info", parcels),
            shop.manage("POST", order_id, f"{capture}/trigger-send-out"),
            shop.manage("PATCH", order_id, f"{capture}/extend-due-date", {"number_of_days": 10}),
        )
    ]
    assert closed.json()["status"] == "CLOSED"
    assert codes == [
        (403, "CAPTURE_NOT_ALLOWED"),
        (403, "REFUND_NOT_ALLOWED"),
        (403, "CANCEL_NOT_ALLOWED"),
        *[(403, "NOT_ALLOWED")] * 9,
    ]


def test_only_a_captured_order_is_closed(shop: Shop) -> None:
    assert shop.control("POST", f"orders/{shop.order()}/close").status == 403
    assert shop.control("POST", "orders/x/close").status == 404


def test_an_order_with_captures_cannot_be_cancelled(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 30_00)

    reply = shop.manage("POST", order_id, "cancel")

    message = "Order has previous captures. Cancel not possible."
    assert error(reply) == (403, "CANCEL_NOT_ALLOWED", [message])


def test_a_cancelled_order_cannot_be_cancelled_captured_extended_or_changed(shop: Shop) -> None:
    order_id = shop.order()
    shop.manage("POST", order_id, "cancel")

    codes = [
        error(reply)[1]
        for reply in (
            shop.manage("POST", order_id, "cancel"),
            shop.capture(order_id, 1),
            shop.refund(order_id, 1),
            shop.manage("POST", order_id, "extend-authorization-time"),
            shop.manage("POST", order_id, "acknowledge"),
            shop.manage("PATCH", order_id, "merchant-references", {"merchant_reference1": "x"}),
        )
    ]

    assert codes == [
        "CANCEL_NOT_ALLOWED",
        "CAPTURE_NOT_ALLOWED",
        "REFUND_NOT_ALLOWED",
        "NOT_ALLOWED",
        "NOT_ALLOWED",
        "NOT_ALLOWED",
    ]


def test_releasing_needs_captures_and_a_rest(shop: Shop) -> None:
    captured, untouched = shop.order(), shop.order()
    shop.capture(captured, 100_00)

    fully = shop.manage("POST", captured, "release-remaining-authorization")
    never = shop.manage("POST", untouched, "release-remaining-authorization")

    message = "Order is fully captured. Remaining authorization cannot be released."
    assert error(fully) == (403, "NOT_ALLOWED", [message])
    assert error(never)[:2] == (403, "NOT_ALLOWED")


def test_extending_puts_the_end_off_to_a_full_period_from_today(shop: Shop) -> None:
    order_id = shop.order()
    shop.wait(days=10)

    first = shop.manage("POST", order_id, "extend-authorization-time")
    shop.wait(hours=1)
    shop.manage("POST", order_id, "extend-authorization-time")

    assert first.status == 204
    assert shop.shown(order_id)["expires_at"] == "2026-04-09T00:00:00.000Z"


def test_klarnas_own_example_of_an_expiry_holds() -> None:
    clock = AdjustableClock.standing(datetime(2022, 7, 8, 13, 45, tzinfo=UTC))
    shop = Shop(Sandbox(clock=clock, credentials=[CREDENTIAL]))

    assert shop.shown(shop.order())["expires_at"] == "2022-08-05T00:00:00.000Z"


def test_an_extended_order_expires_at_its_new_end(shop: Shop) -> None:
    order_id = shop.order()
    shop.wait(days=10)
    shop.manage("POST", order_id, "extend-authorization-time")

    shop.wait(days=20)
    after_the_old_end = status_of(shop, order_id)
    shop.wait(days=8)

    assert after_the_old_end == ("AUTHORIZED", 100_00)
    assert status_of(shop, order_id) == ("EXPIRED", 0)


def test_an_order_is_extended_to_180_days_at_most(shop: Shop) -> None:
    order_id = shop.order()

    for _ in range(8):
        shop.wait(days=22)
        shop.manage("POST", order_id, "extend-authorization-time")

    assert shop.shown(order_id)["expires_at"] == "2026-08-29T00:00:00.000Z"


def test_an_expired_order_cannot_be_extended_nor_cancelled(shop: Shop) -> None:
    order_id = shop.order()
    shop.wait(days=28)

    extended = shop.manage("POST", order_id, "extend-authorization-time")
    cancelled = shop.manage("POST", order_id, "cancel")

    message = "Order is expired. Authorization time cannot be extended."
    assert error(extended) == (403, "NOT_ALLOWED", [message])
    assert error(cancelled)[:2] == (403, "CANCEL_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("method", "region", "status"),
    [
        ("card", "eu", 403),
        ("pay_by_card", "eu", 403),
        ("pay_later_by_card", "eu", 204),
        ("fixed_sum_credit", "eu", 204),
        ("fixed_sum_credit", "us", 403),
    ],
)
def test_some_ways_to_pay_cannot_be_extended(method: str, region: str, status: int) -> None:
    country = {"purchase_country": "US", "purchase_currency": "USD", "locale": "en-US"}
    shop = Shop(a_sandbox(payment_method=method), region=region)
    order_id = shop.order(a_purchase(a_line(rate=0), **country if region == "us" else {}))

    reply = shop.manage("POST", order_id, "extend-authorization-time")

    assert reply.status == status


def test_the_period_is_configurable() -> None:
    shop = Shop(a_sandbox(authorization_days=7))

    assert shop.shown(shop.order())["expires_at"] == "2026-03-09T00:00:00.000Z"
