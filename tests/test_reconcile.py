"""Reconciling: what is left open is settled, by asking Klarna first and by nobody twice."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from resolvers.background.reconcile import Round, reconcile
from tests import documents
from tests.gateway import Gateway, running_gateway
from tests.test_movements import CAPTURE, REFUND, VOID, placed

Json = dict[str, Any]
OPERATIONS = """
query ($filter: OperationFilter) {
  operations(filter: $filter, orderBy: [{field: CREATED_AT}, {field: ID}], first: 100) {
    nodes {
      id kind state attempts klarnaCode correlationId request answer settledAt nextAttemptAt
      order { id } payment { id } paymentGateway { id }
    }
  }
}
"""
RETRY = (
    """
mutation ($id: ID!) {
  retryOperation(id: $id) { __typename ... on Operation { id state attempts } ...No }
}
"""
    + documents.REFUSAL
)
RECORD = (
    """
mutation ($id: ID!, $klarna: String!) {
  recordKlarnaOrder(id: $id, klarnaOrderId: $klarna) {
    __typename ... on KlarnaPayment { status klarnaOrderId } ...No
  }
}
"""
    + documents.REFUSAL
)
KLARNA = """
query ($id: ID!) {
  klarnaOrder(id: $id) {
    orderId status capturedAmount remainingAuthorizedAmount
    klarnaDrift { path expected actual }
  }
}
"""
UNSETTLED = {"state": {"in": ["pending", "unknown"]}}


async def unsettled(gateway: Gateway) -> list[Json]:
    return list((await gateway.do(OPERATIONS, filter=UNSETTLED))["nodes"])


async def settle(gateway: Gateway) -> Round:
    """A round of the reconciler, late enough for everything to be due."""
    gateway.clock.advance(timedelta(minutes=3))
    return await reconcile(gateway.services)


LOST: list[Json] = [{"close": "after"}, {"close": "before"}, {"status": 500, "commit": True}]


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize(
    ("operation", "document", "effect"),
    [
        ("place_order", documents.PLACE, "order_placed"),
        ("capture", CAPTURE, "captured"),
        ("cancel", VOID, "cancelled"),
        ("refund", REFUND, "refunded"),
    ],
)
async def test_what_was_asked_without_an_answer_is_settled_once(
    gateway: Gateway, operation: str, document: str, effect: str, fault: Json
) -> None:
    if document == documents.PLACE:
        payment = await gateway.authorized()
        order_id = await gateway.order_of(payment)
    else:
        order_id = await placed(gateway)
    if document == REFUND:
        await gateway.do(CAPTURE, id=order_id)
    gateway.fault(operation, **fault)
    await gateway.fails(document, id=order_id)

    told = await settle(gateway)

    assert told == Round(settled=1, open=0)
    assert len(gateway.effects(effect)) == 1
    assert await unsettled(gateway) == []
    drift = await gateway.do(KLARNA, id=order_id)
    assert drift["klarnaDrift"] == []
    assert await settle(gateway) == Round()


async def test_an_answer_that_stays_away_is_asked_for_at_longer_intervals(
    gateway: Gateway,
) -> None:
    order_id = await placed(gateway)
    gateway.fault("capture", status=503, times=3)
    await gateway.fails(CAPTURE, id=order_id)

    async def next_after() -> float:
        (operation,) = await unsettled(gateway)
        due = operation["nextAttemptAt"].replace("Z", "+00:00")
        return (type(gateway.clock())).fromisoformat(due).timestamp() - gateway.clock().timestamp()

    pauses = [await next_after()]
    gateway.clock.advance(timedelta(seconds=5))
    assert await reconcile(gateway.services) == Round(0, 1)
    pauses.append(await next_after())
    gateway.clock.advance(timedelta(minutes=4))
    assert await reconcile(gateway.services) == Round(0, 0)
    gateway.clock.advance(timedelta(minutes=1))
    assert await reconcile(gateway.services) == Round(0, 1)
    pauses.append(await next_after())
    gateway.clock.advance(timedelta(hours=5))
    assert await reconcile(gateway.services) == Round(1, 0)

    assert pauses == [5, 300, 5 * 3600]
    assert len(gateway.effects("captured")) == 1


async def test_past_klarnas_memory_of_keys_the_books_are_read_before_anything_is_repeated(
    gateway: Gateway,
) -> None:
    order_id = await placed(gateway)
    gateway.fault("capture", close="after")
    await gateway.fails(CAPTURE, id=order_id, amount=10_00)
    gateway.clock.advance(timedelta(days=3))

    await settle(gateway)

    order = await gateway.do(CAPTURE, id=order_id, amount=10_00)
    assert [one["amountCents"] for one in order["captures"]["nodes"]] == [10_00, 10_00]
    assert len(gateway.effects("captured")) == 2


async def test_two_reconcilers_at_once_do_not_do_the_same(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    gateway.fault("capture", close="before")
    await gateway.fails(CAPTURE, id=order_id)
    gateway.clock.advance(timedelta(minutes=3))

    rounds = await asyncio.gather(*(reconcile(gateway.services) for _ in range(3)))

    assert sorted(one.settled for one in rounds) == [0, 0, 1]
    assert len(gateway.effects("captured")) == 1


async def test_an_operation_is_retried_by_hand(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    gateway.fault("capture", close="after")
    await gateway.fails(CAPTURE, id=order_id)
    (operation,) = await unsettled(gateway)

    retried = await gateway.do(RETRY, id=operation["id"])
    again = await gateway.do(RETRY, id=operation["id"])

    assert (retried["state"], retried["attempts"]) == ("succeeded", 2)
    assert again == retried
    assert (operation["order"]["id"], operation["kind"]) == (order_id, "capture")
    assert operation["request"]["amount"] == 163_60
    assert (await gateway.fails(RETRY, id="nothing"))["extensions"]["code"] == "NOT_FOUND"


async def test_operations_are_for_integrations(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    token = gateway.token(order_id)

    for document, given in ((OPERATIONS, {}), (RETRY, {"id": "x"}), (KLARNA, {"id": order_id})):
        error = await gateway.fails(document, token=token, **given)
        assert error["extensions"]["code"] == "FORBIDDEN"


async def test_an_authorization_that_a_dead_process_meant_to_give_up_is_given_up(
    tmp_path: Path,
) -> None:
    """The process dies between the change that makes it needless and the call."""
    async with running_gateway(tmp_path) as gateway:
        order_id = await gateway.put()
        await gateway.authorized(order_id)
        gateway.fault("cancel_authorization", status=503)

        await gateway.open(order_id)
        assert gateway.effects("authorization_cancelled") == []
        await settle(gateway)

        assert len(gateway.effects("authorization_cancelled")) == 1
        assert await unsettled(gateway) == []


async def test_an_order_whose_answer_was_lost_for_good_is_recorded(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    gateway.fault("place_order", close="after")
    await gateway.fails(documents.PLACE, id=order_id)
    gateway.fault("place_order", status=404, error_code="NOT_FOUND", times=2)
    assert await settle(gateway) == Round(0, 1)
    told = await gateway.do(documents.PLACE, id=order_id)
    (entry,) = gateway.effects("order_placed")

    wrong = await gateway.do(RECORD, id=payment["id"], klarna=await another(gateway))
    recorded = await gateway.do(RECORD, id=payment["id"], klarna=entry.details["order_id"])
    again = await gateway.do(RECORD, id=payment["id"], klarna=entry.details["order_id"])

    assert (told["code"], "recordKlarnaOrder" in told["hint"]) == ("SESSION_COMPLETED", True)
    assert (wrong["code"], wrong["path"]) == ("FIELD_INVALID", ["klarnaOrderId"])
    assert (recorded["status"], recorded["klarnaOrderId"]) == ("PLACED", entry.details["order_id"])
    assert again["__typename"] == "Refusal"
    assert (await gateway.do(documents.ORDER, id=order_id))["status"] == "placed"
    assert (await gateway.do(CAPTURE, id=order_id))["paymentStatus"] == "paid"


@pytest.mark.parametrize(
    ("said", "expected"),
    [({"status": "CANCELLED"}, "PAYMENT_STATE"), ({"fraud_status": "REJECTED"}, "PENDING_REVIEW")],
)
async def test_a_lost_order_that_is_over_at_klarna_is_not_recorded_as_good(
    gateway: Gateway, said: Json, expected: str
) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    gateway.fault("place_order", close="after")
    await gateway.fails(documents.PLACE, id=order_id)
    gateway.fault("place_order", status=404, error_code="NOT_FOUND")
    await settle(gateway)
    (entry,) = gateway.effects("order_placed")
    found = {
        "order_id": entry.details["order_id"],
        "status": "AUTHORIZED",
        "fraud_status": "ACCEPTED",
        "order_amount": 163_60,
        "purchase_currency": "EUR",
        "merchant_reference2": payment["id"],
    }
    gateway.fault("get_order", status=200, body=found | said)

    recorded = await gateway.do(RECORD, id=payment["id"], klarna=entry.details["order_id"])

    assert expected in {recorded.get("code"), recorded.get("status")}


async def another(gateway: Gateway) -> str:
    """Klarna's id for an order of another payment."""
    before = {entry.details["order_id"] for entry in gateway.effects("order_placed")}
    await placed(gateway, reference="another")
    (made,) = {e.details["order_id"] for e in gateway.effects("order_placed")} - before
    return str(made)


async def test_what_somebody_did_at_klarna_shows_as_drift(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    order = await gateway.do(KLARNA, id=order_id)
    assert order["klarnaDrift"] == []
    gateway.fault("capture", status=403, error_code="CAPTURE_NOT_ALLOWED", commit=True)
    await gateway.do(CAPTURE, id=order_id, amount=1_00)

    drifted = await gateway.do(KLARNA, id=order_id)

    assert drifted["klarnaDrift"] == [
        {"path": ["captured_amount"], "expected": "0", "actual": "100"},
        {"path": ["remaining_authorized_amount"], "expected": "16360", "actual": "16260"},
    ]
    assert await gateway.ask(KLARNA, id=await gateway.put(reference="new")) == {"klarnaOrder": None}


async def drift_events(gateway: Gateway, order_id: str) -> list[Json]:
    """What the order's history says of Klarna's books."""
    found = await gateway.do(
        "query ($id: ID!) { order(id: $id) { eventStores { nodes { event payload } } } }",
        id=order_id,
    )
    return [one for one in found["eventStores"]["nodes"] if one["event"].startswith("klarna_")]


async def test_drift_is_told_once_in_the_orders_history_and_so_is_its_end(
    gateway: Gateway,
) -> None:
    order_id = await placed(gateway)
    elsewhere = {
        "order_id": "somebody captured at Klarna's portal",
        "status": "PART_CAPTURED",
        "order_amount": 163_60,
        "captured_amount": 1_00,
        "remaining_authorized_amount": 162_60,
    }
    gateway.fault("get_order", status=200, body=elsewhere, times=2)
    drifted = {
        "event": "klarna_drifted",
        "payload": {
            "captured_amount": {"from": "0", "to": "100"},
            "remaining_authorized_amount": {"from": "16360", "to": "16260"},
        },
    }

    told = []
    for days in (2, 4, 8, 15):
        gateway.clock.advance(timedelta(days=days))
        await reconcile(gateway.services)
        told.append(await drift_events(gateway, order_id))

    agreed = {"event": "klarna_agreed", "payload": {}}
    gone = {"remaining_authorized_amount": {"from": "16360", "to": "0"}}
    expired = {"event": "klarna_drifted", "payload": gone}
    assert told[:3] == [[drifted], [drifted], [drifted, agreed]]
    assert told[3] == [drifted, agreed, expired], "Klarna's guarantee ends after 28 days"


async def test_books_that_klarna_was_read_in_the_middle_of_are_not_compared(
    gateway: Gateway,
) -> None:
    order_id = await placed(gateway)
    gateway.fault("capture", close="after", times=9)
    await gateway.fails(CAPTURE, id=order_id, amount=1_00)
    gateway.fault("get_order", status=503)  # for the capture's own look at Klarna's books
    gateway.clock.advance(timedelta(days=2))

    await reconcile(gateway.services)

    assert len(await unsettled(gateway)) == 1
    assert await drift_events(gateway, order_id) == []


@pytest.mark.parametrize(
    ("ceiling", "expected"),
    [
        (None, ("approved", "paid")),
        (163_60, ("approved", "paid")),
        (163_59, ("placed", "authorized")),
    ],
)
async def test_a_method_captures_by_itself_up_to_its_ceiling(
    gateway: Gateway, ceiling: int | None, expected: tuple[str, str]
) -> None:
    given = {"autoCapture": True, "autoCaptureMaxAmountCents": ceiling}
    await gateway.do(documents.UPDATE_METHOD, id=gateway.methods["EU"], input=given)
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)

    order = await gateway.do(documents.PLACE, id=order_id)

    assert (order["status"], order["paymentStatus"]) == expected


async def test_a_capture_that_was_promised_is_made_later_if_it_fails_at_first(
    gateway: Gateway,
) -> None:
    await gateway.do(documents.UPDATE_METHOD, id=gateway.methods["EU"], input={"autoCapture": True})
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    gateway.fault("capture", status=503)

    order = await gateway.do(documents.PLACE, id=order_id)
    await settle(gateway)
    later = await gateway.do(documents.ORDER, id=order_id)

    assert (order["status"], order["paymentStatus"]) == ("placed", "authorized")
    assert (later["status"], later["paymentStatus"]) == ("approved", "paid")
    assert len(gateway.effects("captured")) == 1
