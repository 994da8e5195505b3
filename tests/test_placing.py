"""Placing: one Klarna order, whatever Klarna answers and however often it is asked."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import documents, orders
from tests.gateway import Gateway, running_gateway
from tests.orders import with_email

Json = dict[str, Any]


async def ready(gateway: Gateway, **changes: Any) -> tuple[str, Json]:
    """An order whose payment is authorized."""
    order_id = await gateway.put(**changes)
    return order_id, await gateway.authorized(order_id)


async def test_placing_again_places_nothing_and_answers_the_same(gateway: Gateway) -> None:
    order_id, _ = await ready(gateway)

    first = await gateway.do(documents.PLACE, id=order_id)
    second = await gateway.do(documents.PLACE, id=order_id)

    assert first == second
    assert len(gateway.effects("order_placed")) == 1


async def test_many_who_place_at_once_place_one_order(gateway: Gateway) -> None:
    order_id, _ = await ready(gateway)

    answers = await asyncio.gather(*(gateway.do(documents.PLACE, id=order_id) for _ in range(20)))

    assert len(gateway.effects("order_placed")) == 1
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["status"] == "placed"


async def test_a_placed_order_has_its_authorization(gateway: Gateway) -> None:
    order_id, payment = await ready(gateway)
    await gateway.do(documents.PLACE, id=order_id)

    (authorization,) = (await gateway.do(documents.AUTHORIZATIONS, id=order_id))["authorizations"][
        "nodes"
    ]
    paid = await gateway.do(documents.PAYMENT, id=payment["id"])

    assert authorization["succeeded"] is True
    assert authorization["amountCents"] == 163_60
    assert authorization["number"] == "W1001/A/001"
    assert authorization["token"] == paid["klarnaOrderId"]
    assert paid["paymentInstrument"]["issuer"] == "klarna"
    assert paid["redirectUrl"].startswith("https://")


async def test_an_order_under_review_is_placed_and_says_so(gateway: Gateway) -> None:
    order_id, payment = await ready(gateway, order=with_email("pend-accept-30"))

    placed = await gateway.do(documents.PLACE, id=order_id)

    assert placed["status"] == "placed"
    paid = await gateway.do(documents.PAYMENT, id=payment["id"])
    assert (paid["status"], paid["fraudStatus"]) == ("PENDING_REVIEW", "PENDING")
    assert (await gateway.history("klarnaPayment", payment["id"]))[-1] == "review_begun"


async def test_a_declined_order_stays_pending_and_its_token_is_spent(gateway: Gateway) -> None:
    order_id, payment = await ready(gateway, order=with_email("sbx-rejectplace"))

    refused = await gateway.do(documents.PLACE, id=order_id)

    assert (refused["code"], refused["klarnaCode"]) == ("KLARNA_DECLINED", "REJECTED")
    assert refused["correlationId"]
    assert (await gateway.do(documents.ORDER, id=order_id))["status"] == "pending"
    spent = await gateway.do(documents.PAYMENT, id=payment["id"])
    assert spent["status"] == "REAUTHORIZE"
    (failed,) = (await gateway.do(documents.AUTHORIZATIONS, id=order_id))["authorizations"]["nodes"]
    assert (failed["succeeded"], failed["errorCode"]) == (False, "REJECTED")
    assert failed["errorDetail"] == refused["correlationId"]
    again = await gateway.do(documents.PLACE, id=order_id)
    assert again["code"] == "NOT_AUTHORIZED"


REFUSALS = [
    (404, "NOT_FOUND", "NOT_AUTHORIZED"),
    (409, "BAD_VALUE", "KLARNA_REFUSED"),
    (400, "BAD_VALUE", "KLARNA_REFUSED"),
    (403, "INVALID_OPERATION", "KLARNA_REFUSED"),
    (403, "PERMISSION_DENIED", "KLARNA_REFUSED"),
]


@pytest.mark.parametrize(("status", "klarna_code", "code"), REFUSALS)
async def test_whatever_klarna_refuses_a_placement_for_the_shopper_authorizes_again(
    gateway: Gateway, status: int, klarna_code: str, code: str
) -> None:
    order_id, payment = await ready(gateway)
    gateway.fault("place_order", status=status, error_code=klarna_code)

    refused = await gateway.do(documents.PLACE, id=order_id)
    token = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
    placed = await gateway.do(documents.PLACE, id=order_id)

    assert (refused["code"], refused["klarnaCode"]) == (code, klarna_code)
    assert placed["status"] == "placed"
    assert "place_order_refused" in await gateway.history("klarnaPayment", payment["id"])


NOT_DONE: list[Json] = [
    {"status": 429, "headers": {"X-Ratelimit-Reset": "7"}},
    {"status": 403, "body": ""},
]


@pytest.mark.parametrize("fault", NOT_DONE)
async def test_a_call_that_klarna_did_not_take_is_made_again_with_the_same_token(
    gateway: Gateway, fault: Json
) -> None:
    order_id, payment = await ready(gateway)
    gateway.fault("place_order", **fault)

    error = await gateway.fails(documents.PLACE, id=order_id)
    held = await gateway.do(documents.PAYMENT, id=payment["id"])
    placed = await gateway.do(documents.PLACE, id=order_id)

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert error["extensions"]["retryable"] is True
    assert held["status"] == "AUTHORIZED"
    assert placed["status"] == "placed"
    assert await gateway.history("klarnaPayment", payment["id"]) == [
        "session_opened",
        "authorized",
        "placing",
        "placement_postponed",
        "place_order_not_sent",
        "placing",
        "placed",
    ]


async def test_wrong_credentials_spend_no_token(gateway: Gateway) -> None:
    order_id, _ = await ready(gateway)
    gateway.fault("place_order", status=401)

    refused = await gateway.do(documents.PLACE, id=order_id)
    placed = await gateway.do(documents.PLACE, id=order_id)

    assert refused["code"] == "GATEWAY_UNAUTHORIZED"
    assert placed["status"] == "placed"


UNKNOWN: list[Json] = [
    {"status": 500},
    {"status": 503},
    {"close": "before"},
    {"close": "after"},
    {"status": 502, "commit": True},
    {"status": 200, "commit": True, "body": '{"order_id": "cut'},
]


@pytest.mark.parametrize("fault", UNKNOWN)
async def test_an_unknown_outcome_is_asked_for_again_and_never_doubled(
    gateway: Gateway, fault: Json
) -> None:
    order_id, payment = await ready(gateway)
    gateway.fault("place_order", **fault)

    error = await gateway.fails(documents.PLACE, id=order_id)
    placing = await gateway.do(documents.PAYMENT, id=payment["id"])
    edited = await gateway.do(documents.PUT_ORDER, input=orders.german() | {"number": "W9"})
    placed = await gateway.do(documents.PLACE, id=order_id)

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert placing["status"] == "PLACING"
    assert edited["code"] == "ORDER_NOT_EDITABLE"
    assert placed["status"] == "placed"
    assert len(gateway.effects("order_placed")) == 1


async def test_an_order_without_a_payment_or_an_authorization_is_not_placed(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()

    without_payment = await gateway.do(documents.PLACE, id=order_id)
    await gateway.open(order_id)
    without_token = await gateway.do(documents.PLACE, id=order_id)

    assert without_payment["code"] == "ORDER_INCOMPLETE"
    assert "createKlarnaPayment" in without_payment["hint"]
    assert without_token["code"] == "NOT_AUTHORIZED"
    assert "saveKlarnaAuthToken" in without_token["hint"]


async def test_a_draft_is_not_placed(gateway: Gateway) -> None:
    order_id, _ = await ready(gateway)
    await gateway.put(orders.german() | {"customerEmail": None})

    refused = await gateway.do(documents.PLACE, id=order_id)

    assert refused["code"] == "ORDER_NOT_PENDING"


async def test_klarna_out_of_reach_changes_nothing(gateway: Gateway) -> None:
    order_id, payment = await ready(gateway)
    gateway.settings.klarna_test_urls["EU"] = "http://127.0.0.1:1"

    error = await gateway.fails(documents.PLACE, id=order_id)

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert "Nothing was changed" in error["message"]
    assert (await gateway.do(documents.PAYMENT, id=payment["id"]))["status"] == "AUTHORIZED"


async def test_a_slow_klarna_is_given_up_and_its_answer_not_lost(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, klarna_timeout=0.3) as gateway:
        order_id, _ = await ready(gateway)
        gateway.fault("place_order", delay=2.0)

        error = await gateway.fails(documents.PLACE, id=order_id)
        gateway.clock.advance(timedelta(seconds=10))
        placed = await gateway.do(documents.PLACE, id=order_id)

        assert error["extensions"]["code"] == "UNAVAILABLE"
        assert placed["status"] == "placed"
        assert len(gateway.effects("order_placed")) == 1


async def test_a_caller_who_hangs_up_leaves_the_placement_to_its_end(gateway: Gateway) -> None:
    order_id, payment = await ready(gateway)
    gateway.fault("place_order", delay=0.5)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await gateway.do(documents.PLACE, id=order_id)
    await gateway.services.turns.finish()

    assert (await gateway.do(documents.PAYMENT, id=payment["id"]))["status"] == "PLACED"
    assert (await gateway.do(documents.ORDER, id=order_id))["status"] == "placed"
