"""Failures on demand, with and without an effect."""

from typing import Any

import pytest

from resolvers.klarna.sandbox.faults import ANY, Fault
from resolvers.klarna.sandbox.messages import Reply
from tests.sandbox.shop import Shop, a_purchase, error


def place(shop: Shop) -> Reply:
    return shop.place(shop.token(shop.session()))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "PERMISSION_DENIED"),
        (409, "CONFLICT"),
        (429, "TOO_MANY_REQUESTS"),
        (500, "INTERNAL_SERVER_ERROR"),
        (502, "TEMPORARILY_UNAVAILABLE"),
        (503, "TEMPORARILY_UNAVAILABLE"),
        (504, "TEMPORARILY_UNAVAILABLE"),
    ],
)
def test_a_chosen_status_comes_with_its_usual_error_and_no_effect(
    shop: Shop, status: int, code: str
) -> None:
    order_id = shop.order()
    shop.sandbox.inject(Fault(operation="capture", status=status))

    reply = shop.capture(order_id, 40_00)

    assert error(reply)[:2] == (status, code)
    assert shop.shown(order_id)["captured_amount"] == 0


def test_code_messages_and_headers_can_be_chosen(shop: Shop) -> None:
    shop.sandbox.inject(
        Fault(
            operation="create_session",
            status=500,
            error_code="UNEXPECTED_ERROR",
            error_messages=("Out of order",),
            headers={"X-Ratelimit-Reset": "7"},
        )
    )

    reply = shop.create()

    assert error(reply) == (500, "UNEXPECTED_ERROR", ["Out of order"])
    assert reply.header("X-Ratelimit-Reset") == "7"


@pytest.mark.parametrize(
    ("body", "sent"), [("<html>", b"<html>"), ("", b""), ({"a": 1}, b'{"a": 1}'), ([], b"[]")]
)
def test_a_body_can_be_chosen(shop: Shop, body: Any, sent: bytes) -> None:
    shop.sandbox.inject(Fault(operation="create_session", status=502, body=body))

    reply = shop.create()

    assert (reply.status, reply.body) == (502, sent)
    assert reply.header("Klarna-Correlation-Id")


def test_a_status_that_is_no_error_comes_with_no_body(shop: Shop) -> None:
    shop.sandbox.inject(Fault(operation="create_session", status=202))

    reply = shop.create()

    assert (reply.status, reply.body) == (202, b"")
    assert shop.effects() == []


def test_a_fault_hits_the_next_calls_of_its_operation_only(shop: Shop) -> None:
    shop.sandbox.inject(Fault(operation="create_session", status=500, times=2, skip=1))

    order_id = shop.order()
    statuses = [shop.create().status for _ in range(3)]

    assert shop.capture(order_id, 1).status == 201
    assert statuses == [500, 500, 200]


def test_a_fault_of_any_operation_hits_whatever_comes_next(shop: Shop) -> None:
    order_id = shop.order()
    shop.sandbox.inject(Fault(operation=ANY, status=503))

    assert shop.manage("GET", order_id).status == 503
    assert shop.manage("GET", order_id).status == 200


def test_faults_that_fit_the_same_call_come_one_after_the_other(shop: Shop) -> None:
    shop.sandbox.inject(Fault(operation="create_session", status=500))
    shop.sandbox.inject(Fault(operation="create_session", status=503))

    assert [shop.create().status for _ in range(3)] == [500, 503, 200]


def test_an_error_after_the_effect_is_no_error_for_who_repeats_the_key(shop: Shop) -> None:
    order_id = shop.order()
    shop.sandbox.inject(Fault(operation="capture", status=500, commit=True))

    first = shop.capture(order_id, 40_00, key="parcel-1")
    second = shop.capture(order_id, 40_00, key="parcel-1")

    assert (first.status, second.status) == (500, 201)
    assert shop.shown(order_id)["captured_amount"] == 40_00


def test_an_injected_error_is_not_what_a_repeated_key_gets(shop: Shop) -> None:
    order_id = shop.order()
    shop.sandbox.inject(Fault(operation="capture", status=403))

    first = shop.capture(order_id, 40_00, key="parcel-1")
    second = shop.capture(order_id, 40_00, key="parcel-1")

    assert (first.status, second.status) == (403, 201)


def test_an_order_whose_answer_was_lost_is_placed_and_can_be_asked_for_again(shop: Shop) -> None:
    session_id = shop.session()
    token = shop.token(session_id)
    shop.sandbox.inject(Fault(operation="place_order", close="after"))

    lost = shop.place(token)
    read = shop.read(session_id)
    again = shop.place(token)

    assert lost.close
    assert read["status"] == "complete"
    assert (again.status, again.close) == (200, False)
    assert shop.effects().count("order_placed") == 1


def test_a_capture_whose_answer_was_lost_is_found_by_its_key(shop: Shop) -> None:
    order_id = shop.order()
    shop.sandbox.inject(Fault(operation="capture", close="after"))

    lost = shop.capture(order_id, 40_00, key="parcel-1")
    again = shop.capture(order_id, 40_00, key="parcel-1")

    assert lost.close
    assert again.status == 201
    assert shop.shown(order_id)["captured_amount"] == 40_00


def test_a_refund_whose_answer_was_lost_is_found_by_its_key(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 100_00)
    shop.sandbox.inject(Fault(operation="refund", close="after"))

    lost = shop.refund(order_id, 40_00, key="refund-1")
    again = shop.refund(order_id, 40_00, key="refund-1")

    assert lost.close
    assert again.status == 201
    assert shop.shown(order_id)["refunded_amount"] == 40_00


def test_without_a_key_a_lost_answer_is_a_second_capture(shop: Shop) -> None:
    order_id = shop.order()
    shop.sandbox.inject(Fault(operation="capture", close="after"))

    shop.capture(order_id, 40_00)
    shop.capture(order_id, 40_00)

    assert shop.shown(order_id)["captured_amount"] == 80_00


@pytest.mark.parametrize("operation", ["place_order", "capture", "refund"])
def test_a_call_that_was_lost_itself_has_no_effect(shop: Shop, operation: str) -> None:
    order_id = shop.order()
    shop.capture(order_id, 50_00)
    effects = shop.effects()
    shop.sandbox.inject(Fault(operation=operation, close="before", times=3))

    replies = [shop.capture(order_id, 1), shop.refund(order_id, 1), place(shop)]

    assert [reply.close for reply in replies].count(True) == 1
    done = {"place_order": "order_placed", "capture": "captured", "refund": "refunded"}
    assert done[operation] not in shop.effects()[len(effects) :]


def test_a_delayed_answer_tells_of_what_has_happened_already(shop: Shop) -> None:
    order_id = shop.order()
    shop.sandbox.inject(Fault(operation="capture", delay=2.5))

    reply = shop.capture(order_id, 40_00)

    assert (reply.status, reply.delay) == (201, 2.5)
    assert shop.shown(order_id)["captured_amount"] == 40_00


def test_a_failed_answer_does_not_spend_the_authorization(shop: Shop) -> None:
    token = shop.token(shop.session())
    shop.sandbox.inject(Fault(operation="place_order", status=500))

    assert [shop.place(token).status for _ in range(2)] == [500, 200]


def test_every_operation_can_fail(shop: Shop) -> None:
    order_id = shop.order()
    capture = f"ordermanagement/v1/orders/{order_id}/captures/x"
    order = f"ordermanagement/v1/orders/{order_id}"
    calls = {
        "create_session": ("POST", "payments/v1/sessions"),
        "read_session": ("GET", "payments/v1/sessions/x"),
        "update_session": ("POST", "payments/v1/sessions/x"),
        "place_order": ("POST", "payments/v1/authorizations/x/order"),
        "cancel_authorization": ("DELETE", "payments/v1/authorizations/x"),
        "get_order": ("GET", order),
        "cancel": ("POST", f"{order}/cancel"),
        "release": ("POST", f"{order}/release-remaining-authorization"),
        "extend": ("POST", f"{order}/extend-authorization-time"),
        "update_authorization": ("PATCH", f"{order}/authorization"),
        "update_references": ("PATCH", f"{order}/merchant-references"),
        "update_customer": ("PATCH", f"{order}/customer-details"),
        "add_shipping_info": ("POST", f"{order}/shipping-info"),
        "acknowledge": ("POST", f"{order}/acknowledge"),
        "refund": ("POST", f"{order}/refunds"),
        "get_refund": ("GET", f"{order}/refunds/x"),
        "capture": ("POST", f"{order}/captures"),
        "list_captures": ("GET", f"{order}/captures"),
        "get_capture": ("GET", capture),
        "add_capture_shipping_info": ("POST", f"{capture}/shipping-info"),
        "trigger_send_out": ("POST", f"{capture}/trigger-send-out"),
        "get_due_date_options": ("GET", f"{capture}/extend-due-date-options"),
        "extend_due_date": ("PATCH", f"{capture}/extend-due-date"),
    }
    for operation in calls:
        shop.sandbox.inject(Fault(operation=operation, status=599, body="down"))

    statuses = {name: shop.call(*call, a_purchase()).status for name, call in calls.items()}

    assert list(calls) == shop.sandbox.operations
    assert set(statuses.values()) == {599}


@pytest.mark.parametrize("wish", [{}, {"status": 500, "close": "after"}])
def test_a_fault_says_one_thing(wish: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="status"):
        Fault(operation="capture", **wish)
