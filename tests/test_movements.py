"""Captures, voids, refunds and extensions: the books, Klarna's books, and what is refused."""

import asyncio
from typing import Any

import pytest

from tests import documents, orders
from tests.gateway import Gateway
from tests.orders import with_email

Json = dict[str, Any]
MOVED = """
fragment Moved on Order {
  id status paymentStatus fulfillmentStatus approvedAt cancelledAt
  authorizations { nodes { captureAmountCents captureBalanceCents voidBalanceCents } }
  captures(orderBy: [{field: NUMBER}]) {
    nodes {
      id number amountCents succeeded errorCode gatewayTransactionId refundBalanceCents
      referenceAuthorization { number }
    }
  }
  voids { nodes { number amountCents succeeded referenceAuthorization { number } } }
  refunds(orderBy: [{field: NUMBER}]) {
    nodes { number amountCents succeeded referenceCapture { number } }
  }
}
"""
CAPTURE = (
    """
mutation ($id: ID!, $amount: Int, $lines: [ID!], $key: String) {
  captureOrder(id: $id, amountCents: $amount, lineItemIds: $lines, key: $key) {
    __typename ...Moved ...No
  }
}
"""
    + MOVED
    + documents.REFUSAL
)
VOID = (
    "mutation ($id: ID!) { voidOrder(id: $id) { __typename ...Moved ...No } }"
    + MOVED
    + documents.REFUSAL
)
REFUND = (
    """
mutation ($id: ID!, $capture: ID, $amount: Int, $key: String) {
  refundOrder(id: $id, captureId: $capture, amountCents: $amount, key: $key) {
    __typename ...Moved ...No
  }
}
"""
    + MOVED
    + documents.REFUSAL
)
EXTEND = (
    "mutation ($id: ID!) { extendOrderAuthorization(id: $id) { __typename ...Moved ...No } }"
    + MOVED
    + documents.REFUSAL
)
TOTAL = 163_60


async def placed(gateway: Gateway, order: Json | None = None, **wanted: Any) -> str:
    """A placed order; its total is 163.60 EUR unless it is another one."""
    order_id = await gateway.put(order, **wanted)
    await gateway.authorized(order_id)
    done = await gateway.do(documents.PLACE, id=order_id)
    assert done["status"] == "placed", done
    return order_id


def standing(order: Json) -> tuple[str, str, str]:
    return order["status"], order["paymentStatus"], order["fulfillmentStatus"]


async def test_a_line_is_captured_once_though_money_is_left(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    order = await gateway.do(documents.ORDER, id=order_id)
    first, second, *_ = [line["id"] for line in order["lineItems"]]
    await gateway.do(CAPTURE, id=order_id, lines=[first])

    again = await gateway.do(CAPTURE, id=order_id, lines=[first, second])
    other = await gateway.do(CAPTURE, id=order_id, lines=[second])

    assert (again["code"], again["path"]) == ("NOTHING_LEFT", ["lineItemIds"])
    assert first in again["message"]
    assert second not in again["message"]
    assert len(other["captures"]["nodes"]) == 2


async def test_a_whole_order_is_captured_with_its_lines(gateway: Gateway) -> None:
    order_id = await placed(gateway)

    order = await gateway.do(CAPTURE, id=order_id)

    assert standing(order) == ("approved", "paid", "in_progress")
    (capture,) = order["captures"]["nodes"]
    assert (capture["number"], capture["amountCents"]) == ("W1001/C/001", TOTAL)
    assert capture["referenceAuthorization"] == {"number": "W1001/A/001"}
    assert order["authorizations"]["nodes"] == [
        {"captureAmountCents": TOTAL, "captureBalanceCents": 0, "voidBalanceCents": 0}
    ]
    (entry,) = gateway.effects("captured")
    assert capture["gatewayTransactionId"] == entry.details["capture_id"]


async def test_an_order_is_captured_in_parts_and_its_rest_released(gateway: Gateway) -> None:
    order_id = await placed(gateway)

    first = await gateway.do(CAPTURE, id=order_id, amount=60_00)
    second = await gateway.do(CAPTURE, id=order_id, amount=60_00)
    released = await gateway.do(VOID, id=order_id)

    assert standing(first) == ("approved", "partially_paid", "in_progress")
    assert len(second["captures"]["nodes"]) == 2
    assert standing(released) == ("approved", "partially_voided", "in_progress")
    (void,) = released["voids"]["nodes"]
    assert void["amountCents"] == TOTAL - 120_00
    assert [len(gateway.effects(what)) for what in ("captured", "released", "cancelled")] == [
        2,
        1,
        0,
    ]


async def test_an_order_is_captured_by_its_lines(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    lines = (await gateway.do(documents.ORDER, id=order_id))["lineItems"]

    order = await gateway.do(CAPTURE, id=order_id, lines=[lines[1]["id"]])

    (capture,) = order["captures"]["nodes"]
    assert capture["amountCents"] == lines[1]["totalAmountCents"]


async def test_the_lines_of_an_american_order_bring_their_tax(gateway: Gateway) -> None:
    order_id = await placed(gateway, orders.american(), region="US")
    lines = (await gateway.do(documents.ORDER, id=order_id))["lineItems"]

    order = await gateway.do(CAPTURE, id=order_id, lines=[lines[0]["id"]])

    (capture,) = order["captures"]["nodes"]
    assert capture["amountCents"] == lines[0]["totalAmountCents"] + lines[0]["taxAmountCents"]


async def test_an_order_without_captures_is_voided(gateway: Gateway) -> None:
    order_id = await placed(gateway)

    order = await gateway.do(VOID, id=order_id)

    assert standing(order) == ("cancelled", "voided", "unfulfilled")
    assert order["voids"]["nodes"] == [
        {
            "number": "W1001/V/001",
            "amountCents": TOTAL,
            "succeeded": True,
            "referenceAuthorization": {"number": "W1001/A/001"},
        }
    ]


async def test_captures_are_refunded_one_by_one(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    await gateway.do(CAPTURE, id=order_id, amount=100_00)
    captured = await gateway.do(CAPTURE, id=order_id)
    first, second = captured["captures"]["nodes"]

    partly = await gateway.do(REFUND, id=order_id, capture=first["id"], amount=40_00)
    more = await gateway.do(REFUND, id=order_id, capture=first["id"])
    whole = await gateway.do(REFUND, id=order_id, capture=second["id"])

    assert standing(partly) == ("approved", "partially_refunded", "in_progress")
    assert [one["refundBalanceCents"] for one in partly["captures"]["nodes"]] == [60_00, 63_60]
    assert standing(more)[1] == "partially_refunded"
    assert standing(whole) == ("cancelled", "refunded", "unfulfilled")
    refunds = [one["amountCents"] for one in whole["refunds"]["nodes"]]
    assert refunds == [40_00, 60_00, 63_60]
    assert whole["refunds"]["nodes"][2]["referenceCapture"] == {"number": second["number"]}


async def test_the_only_capture_need_not_be_named(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    await gateway.do(CAPTURE, id=order_id)

    order = await gateway.do(REFUND, id=order_id, amount=1)

    assert order["refunds"]["nodes"][0]["amountCents"] == 1


async def test_an_authorization_is_extended(gateway: Gateway) -> None:
    order_id = await placed(gateway)

    order = await gateway.do(EXTEND, id=order_id)

    assert standing(order) == ("placed", "authorized", "unfulfilled")
    assert "authorization_extended" in await gateway.history("order", order_id)
    assert len(gateway.effects("extended")) == 1


@pytest.mark.parametrize(
    ("document", "given", "code", "path"),
    [
        (CAPTURE, {"amount": 0}, "AMOUNT_OUT_OF_RANGE", ["amountCents"]),
        (CAPTURE, {"amount": -1}, "AMOUNT_OUT_OF_RANGE", ["amountCents"]),
        (CAPTURE, {"amount": TOTAL + 1}, "AMOUNT_EXCEEDED", ["amountCents"]),
        (CAPTURE, {"lines": []}, "FIELD_INVALID", ["lineItemIds"]),
        (CAPTURE, {"lines": ["nothing"]}, "FIELD_INVALID", ["lineItemIds"]),
        (REFUND, {}, "NOTHING_LEFT", None),
    ],
)
async def test_what_cannot_be_moved_of_a_placed_order_is_refused(
    gateway: Gateway, document: str, given: Json, code: str, path: list[str] | None
) -> None:
    order_id = await placed(gateway)

    refusal = await gateway.do(document, id=order_id, **given)

    assert (refusal["code"], refusal["path"]) == (code, path)
    assert refusal["hint"]
    assert gateway.effects("captured") == []


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"amount": TOTAL + 1}, "AMOUNT_EXCEEDED", ["amountCents"]),
        ({"amount": 0}, "AMOUNT_OUT_OF_RANGE", ["amountCents"]),
        ({"capture": "nothing"}, "FIELD_INVALID", ["captureId"]),
    ],
)
async def test_a_refund_that_cannot_be_is_refused(
    gateway: Gateway, given: Json, code: str, path: list[str]
) -> None:
    order_id = await placed(gateway)
    await gateway.do(CAPTURE, id=order_id)

    refusal = await gateway.do(REFUND, id=order_id, **given)

    assert (refusal["code"], refusal["path"]) == (code, path)
    assert gateway.effects("refunded") == []


@pytest.mark.parametrize("document", [CAPTURE, VOID, REFUND, EXTEND])
async def test_nothing_is_moved_of_an_order_that_is_not_placed(
    gateway: Gateway, document: str
) -> None:
    order_id = await gateway.put()

    refusal = await gateway.do(document, id=order_id)

    assert refusal["code"] == "ORDER_NOT_PLACED"
    assert "placeOrder" in refusal["hint"]


@pytest.mark.parametrize("document", [CAPTURE, VOID, REFUND, EXTEND])
async def test_a_checkout_moves_no_money(gateway: Gateway, document: str) -> None:
    order_id = await placed(gateway)

    error = await gateway.fails(document, token=gateway.token(order_id), id=order_id)

    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_a_void_after_a_whole_capture_points_to_a_refund(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    await gateway.do(CAPTURE, id=order_id)

    void = await gateway.do(VOID, id=order_id)
    capture = await gateway.do(CAPTURE, id=order_id)

    assert (void["code"], "refundOrder" in void["hint"]) == ("NOTHING_LEFT", True)
    assert capture["code"] == "NOTHING_LEFT"


async def test_one_of_several_captures_must_be_named(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    await gateway.do(CAPTURE, id=order_id, amount=1_00)
    await gateway.do(CAPTURE, id=order_id, amount=1_00)

    refusal = await gateway.do(REFUND, id=order_id)

    assert (refusal["code"], refusal["path"]) == ("FIELD_INVALID", ["captureId"])


async def test_nothing_is_captured_while_klarna_reviews(gateway: Gateway) -> None:
    order_id = await placed(gateway, with_email("pend-accept-30"))

    refusal = await gateway.do(CAPTURE, id=order_id)

    assert (refusal["code"], refusal["retryable"]) == ("PAYMENT_STATE", True)
    assert gateway.effects("captured") == []


async def test_a_refused_capture_is_in_the_books(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    gateway.fault("capture", status=403, error_code="CAPTURE_NOT_ALLOWED")

    refusal = await gateway.do(CAPTURE, id=order_id, amount=10_00)
    order = await gateway.do(CAPTURE, id=order_id, amount=10_00)

    assert (refusal["code"], refusal["klarnaCode"]) == ("KLARNA_REFUSED", "CAPTURE_NOT_ALLOWED")
    assert [
        (one["number"], one["succeeded"], one["errorCode"]) for one in order["captures"]["nodes"]
    ] == [("W1001/C/001", False, "CAPTURE_NOT_ALLOWED"), ("W1001/C/002", True, None)]


LOST: list[Json] = [{"close": "after"}, {"status": 503, "commit": True}, {"close": "before"}]


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize(
    ("what", "document", "effect"),
    [
        ("capture", CAPTURE, "captured"),
        ("cancel", VOID, "cancelled"),
        ("refund", REFUND, "refunded"),
    ],
)
async def test_a_movement_without_an_answer_is_gone_on_with_and_never_doubled(
    gateway: Gateway, what: str, document: str, effect: str, fault: Json
) -> None:
    order_id = await placed(gateway)
    if document == REFUND:
        await gateway.do(CAPTURE, id=order_id)
    gateway.fault(what, **fault)

    error = await gateway.fails(document, id=order_id)
    order = await gateway.do(document, id=order_id)

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert order["__typename"] == "Order"
    assert len(gateway.effects(effect)) == 1


async def test_another_movement_waits_until_the_first_is_known(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    gateway.fault("capture", close="after")
    await gateway.fails(CAPTURE, id=order_id, amount=10_00)

    other = await gateway.do(CAPTURE, id=order_id, amount=20_00)
    void = await gateway.do(VOID, id=order_id)
    same = await gateway.do(CAPTURE, id=order_id, amount=10_00)
    then = await gateway.do(CAPTURE, id=order_id, amount=20_00)

    assert (other["code"], void["code"]) == ("MOVEMENT_UNSETTLED", "MOVEMENT_UNSETTLED")
    assert "retryOperation" in other["hint"]
    assert same["__typename"] == "Order"
    assert [one["amountCents"] for one in then["captures"]["nodes"]] == [10_00, 20_00]


async def test_the_same_key_captures_once_and_another_twice(gateway: Gateway) -> None:
    order_id = await placed(gateway)

    answers = [
        await gateway.do(CAPTURE, id=order_id, amount=10_00, key=key) for key in ("a", "a", "b")
    ]

    assert len(answers[0]["captures"]["nodes"]) == 1
    assert len(answers[2]["captures"]["nodes"]) == 2
    assert len(gateway.effects("captured")) == 2


async def test_captures_that_race_never_take_more_than_there_is(gateway: Gateway) -> None:
    order_id = await placed(gateway)

    answers = await asyncio.gather(
        *(gateway.do(CAPTURE, id=order_id, amount=100_00) for _ in range(5))
    )

    kinds = sorted(one["__typename"] for one in answers)
    assert kinds == ["Order", "Refusal", "Refusal", "Refusal", "Refusal"]
    assert len(gateway.effects("captured")) == 1


async def test_an_order_that_klarna_has_cancelled_already_is_voided_all_the_same(
    gateway: Gateway,
) -> None:
    order_id = await placed(gateway)
    gateway.fault("cancel", status=403, error_code="CANCEL_NOT_ALLOWED", commit=True)

    order = await gateway.do(VOID, id=order_id)

    assert standing(order) == ("cancelled", "voided", "unfulfilled")
