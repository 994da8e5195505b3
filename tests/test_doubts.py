"""Doubts: what Klarna's second answer says about the first, and who may act on it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from resolvers.background.reconcile import reconcile
from resolvers.klarna.sandbox.faults import Fault
from resolvers.turns import Turns
from tests import documents, orders
from tests.gateway import Gateway, running_gateway
from tests.orders import with_email
from tests.test_callbacks import auto_place, order_of, report
from tests.test_movements import CAPTURE, REFUND, VOID, placed, standing
from tests.test_reconcile import RECORD, settle, unsettled

Json = dict[str, Any]


@pytest.mark.parametrize("second", [409, 401, 403])
@pytest.mark.parametrize("document", [CAPTURE, REFUND])
async def test_a_no_after_silence_is_not_believed_before_the_books_are_read(
    tmp_path: Path, second: int, document: str
) -> None:
    async with running_gateway(tmp_path, klarna_attempts=3) as gateway:
        order_id = await placed(gateway)
        if document == REFUND:
            await gateway.do(CAPTURE, id=order_id)
        what, effect = ("capture", "captured") if document == CAPTURE else ("refund", "refunded")
        done = len(gateway.effects(effect))
        gateway.fault(what, status=503, commit=True)
        gateway.fault(what, status=second)

        answer = await gateway.do(document, id=order_id, amount=10_00)

        assert answer["__typename"] == "Order"
        assert len(gateway.effects(effect)) == done + 1


async def test_a_conflict_without_a_trace_is_no_answer(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, klarna_attempts=2) as gateway:
        order_id = await placed(gateway)
        gateway.fault("capture", status=503)
        gateway.fault("capture", status=409)

        error = await gateway.fails(CAPTURE, id=order_id, amount=10_00)
        order = await gateway.do(CAPTURE, id=order_id, amount=10_00)

        assert error["extensions"]["code"] == "UNAVAILABLE"
        assert order["paymentStatus"] == "partially_paid"
        assert len(gateway.effects("captured")) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_what_was_promised_is_done_however_often_klarna_is_busy(
    gateway: Gateway, status: int
) -> None:
    await gateway.do(documents.UPDATE_METHOD, id=gateway.methods["EU"], input={"autoCapture": True})
    payment = await gateway.authorized()
    order_id = (await order_of(gateway, payment))["id"]
    gateway.fault("capture", status=status, times=2)

    await gateway.do(documents.PLACE, id=order_id)
    await settle(gateway)
    gateway.clock.advance(timedelta(hours=1))
    await reconcile(gateway.services)

    assert (await gateway.do(documents.ORDER, id=order_id))["paymentStatus"] == "paid"
    assert len(gateway.effects("captured")) == 1


async def test_two_processes_book_one_capture_once(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    gateway.fault("capture", delay=0.6)
    slow = asyncio.create_task(gateway.do(CAPTURE, id=order_id, amount=50_00))
    await asyncio.sleep(0.2)
    gateway.clock.advance(timedelta(minutes=3))

    another = replace(gateway.services, turns=Turns())
    await reconcile(another)
    await slow

    order = await gateway.do(CAPTURE, id=order_id, amount=1_00)
    assert [one["amountCents"] for one in order["captures"]["nodes"]] == [50_00, 1_00]
    assert len(gateway.effects("captured")) == 2


async def test_another_key_is_another_capture(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    gateway.fault("capture", close="after")
    await gateway.fails(CAPTURE, id=order_id, amount=10_00, key="a")

    early = await gateway.do(CAPTURE, id=order_id, amount=10_00, key="b")
    first = await gateway.do(CAPTURE, id=order_id, amount=10_00, key="a")
    second = await gateway.do(CAPTURE, id=order_id, amount=10_00, key="b")

    assert (early["code"], early["retryable"]) == ("MOVEMENT_UNSETTLED", True)
    assert (len(first["captures"]["nodes"]), len(second["captures"]["nodes"])) == (1, 2)
    assert len(gateway.effects("captured")) == 2


async def test_a_capture_that_the_reconciler_settled_answers_its_key(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    gateway.fault("capture", close="after")
    await gateway.fails(CAPTURE, id=order_id, amount=10_00, key="a")
    await settle(gateway)

    order = await gateway.do(CAPTURE, id=order_id, amount=10_00, key="a")

    assert order["__typename"] == "Order"
    assert len(gateway.effects("captured")) == 1


async def test_only_the_authorization_that_was_meant_is_given_up(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    gateway.fault("cancel_authorization", status=503)
    await gateway.fails(documents.DELETE_PAYMENT, id=payment["id"])
    token = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)

    await settle(gateway)

    assert (await gateway.do(documents.PAYMENT, id=payment["id"]))["status"] == "AUTHORIZED"
    placed_order = await gateway.do(documents.PLACE, id=(await order_of(gateway, payment))["id"])
    assert placed_order["status"] == "placed"


async def test_an_order_that_costs_nothing_is_placed_though_nothing_is_captured(
    gateway: Gateway,
) -> None:
    await gateway.do(documents.UPDATE_METHOD, id=gateway.methods["EU"], input={"autoCapture": True})
    goods = orders.one_line(10_00, 1_60, 0.19)["lineItems"][0]
    card = {
        "name": "Gift card",
        "itemType": "gift_cards",
        "unitAmountCents": -10_00,
        "totalAmountCents": -10_00,
    }
    free = orders.one_line(0, 1_60, 0.19) | {
        "lineItems": [goods, card],
        "subtotalAmountCents": 10_00,
        "giftCardAmountCents": -10_00,
    }
    order_id = await gateway.put(free)
    await gateway.authorized(order_id)

    order = await gateway.do(documents.PLACE, id=order_id)

    assert order["status"] == "placed"
    assert await unsettled(gateway) == []


async def test_captured_money_is_given_back_though_klarna_stopped_the_order(
    gateway: Gateway,
) -> None:
    order_id = await placed(gateway, with_email("pend-accept-30"))
    order = await gateway.do(documents.ORDER, id=order_id)
    payment = await gateway.do(documents.PAYMENT, id=order["paymentSource"]["id"])
    said = {"order_id": payment["klarnaOrderId"], "event_type": "FRAUD_RISK_ACCEPTED"}
    gateway.clock.advance(timedelta(minutes=31))
    await report(gateway, payment, said, what="notifications")
    await gateway.services.turns.finish()
    await gateway.do(CAPTURE, id=order_id, amount=10_00)
    stop(gateway, payment["klarnaOrderId"])
    await report(
        gateway, payment, said | {"event_type": "FRAUD_RISK_STOPPED"}, what="notifications"
    )
    await gateway.services.turns.finish()

    stopped = await gateway.do(documents.PAYMENT, id=payment["id"])
    cancelled = await gateway.do(documents.CANCEL, id=order_id)
    refunded = await gateway.do(REFUND, id=order_id)

    assert stopped["status"] == "REFUSED"
    assert (cancelled["code"], "refundOrder" in cancelled["hint"]) == ("ORDER_NOT_EDITABLE", True)
    assert standing(refunded) == ("cancelled", "refunded", "unfulfilled")


def stop(gateway: Gateway, klarna_order_id: str) -> None:
    """Have Klarna answer that it rejected an order after it was accepted."""
    body = {
        "order_id": klarna_order_id,
        "status": "PART_CAPTURED",
        "fraud_status": "REJECTED",
        "order_amount": 1,
        "purchase_currency": "GBP",
    }
    gateway.sandbox.inject(Fault(operation="get_order", status=200, body=body))


async def test_a_newer_authorization_that_only_klarna_reports_is_the_one_that_places(
    gateway: Gateway,
) -> None:
    await auto_place(gateway)
    payment = await gateway.open()
    older = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=older)
    newer = await gateway.authorize(payment)

    said = {"authorization_token": newer, "session_id": payment["sessionId"]}
    await report(gateway, payment, said)
    await gateway.services.turns.finish()

    assert (await gateway.do(documents.PAYMENT, id=payment["id"]))["status"] == "PLACED"
    (entry,) = gateway.effects("order_placed")
    assert entry.details["authorization_token"] == newer


async def test_an_expired_order_is_voided_all_the_same(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    gateway.clock.advance(timedelta(days=40))

    order = await gateway.do(VOID, id=order_id)

    assert standing(order) == ("cancelled", "voided", "unfulfilled")


async def test_an_order_of_which_everything_was_given_back_and_up_is_over(
    gateway: Gateway,
) -> None:
    order_id = await placed(gateway)
    await gateway.do(CAPTURE, id=order_id, amount=10_00)
    await gateway.do(REFUND, id=order_id)

    order = await gateway.do(VOID, id=order_id)

    assert standing(order) == ("cancelled", "refunded", "unfulfilled")


async def test_a_leaked_secret_opens_no_flood_gate(gateway: Gateway) -> None:
    payment = await gateway.open()
    long = {"authorization_token": "x" * 256, "session_id": payment["sessionId"]}

    assert await report(gateway, payment, long) == 400
    for number in range(120):
        said = {"authorization_token": str(number), "session_id": payment["sessionId"]}
        assert await report(gateway, payment, said) == 200

    history = await gateway.do(
        "query ($id: ID!) { klarnaPayment(id: $id) { eventStores { totalCount } } }",
        id=payment["id"],
    )
    assert history["eventStores"]["totalCount"] <= 101


async def test_a_login_that_klarna_refuses_spends_no_authorization(gateway: Gateway) -> None:
    payment = await gateway.open()
    token = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
    gateway.fault("place_order", status=401)
    order_id = (await order_of(gateway, payment))["id"]
    refusal = await gateway.do(documents.PLACE, id=order_id)

    same = await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)

    assert (refusal["code"], same["status"]) == ("GATEWAY_UNAUTHORIZED", "AUTHORIZED")
    assert (await gateway.do(documents.PLACE, id=order_id))["status"] == "placed"


async def test_words_of_the_shop_are_told_to_klarna_as_they_are(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, public_url="https://pay.example") as gateway:
        order = orders.one_line(10_00, 1_60, 0.19)
        order["lineItems"][0]["name"] = "The {secret} garden"
        await gateway.open(await gateway.put(order))

        (exchange,) = [
            one for one in gateway.sandbox.exchanges if one.visit.operation == "create_session"
        ]
        body = exchange.visit.request.body.decode()
        assert "The {secret} garden" in body
        assert "/{secret}" not in body


async def test_a_placement_of_which_klarna_can_tell_no_more_is_dismissed_by_a_person(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()
    order_id = (await order_of(gateway, payment))["id"]
    gateway.fault("place_order", close="before")
    await gateway.fails(documents.PLACE, id=order_id)

    early = await gateway.do(
        RECORD.replace("$klarna: String!", "$klarna: String"), id=payment["id"], klarna=None
    )
    gateway.clock.advance(timedelta(hours=49))
    await settle(gateway)
    dismissed = await gateway.do(
        RECORD.replace("$klarna: String!", "$klarna: String"), id=payment["id"], klarna=None
    )

    assert early["code"] == "PAYMENT_STATE"
    assert dismissed["status"] == "EXPIRED"
    assert await unsettled(gateway) == []
    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])
    assert refreshed["status"] == "OPEN"
