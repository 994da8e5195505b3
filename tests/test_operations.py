"""Operations: every call with an effect, written down before it is sent and settled after."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from store.operations import Operation, operations
from store.statements import Query
from store.tables import columns_of
from tests import documents, orders
from tests.gateway import Gateway, keyless, running_gateway

Json = dict[str, Any]
ALL: Query[Operation] = Query(
    Operation, select(*columns_of(Operation)).order_by(operations.c.created_at, operations.c.id)
)


async def logged(gateway: Gateway, kind: str) -> list[Operation]:
    """The operations of a kind, oldest first."""
    found = await gateway.services.database.all(ALL)
    return [operation for operation in found if operation.kind == kind]


async def placing(gateway: Gateway) -> Operation:
    """The only placement there was."""
    (operation,) = await logged(gateway, "place_order")
    return operation


async def ready(gateway: Gateway) -> tuple[str, Json]:
    order_id = await gateway.put()
    return order_id, await gateway.authorized(order_id)


async def test_an_intent_is_durable_before_it_is_sent_and_settled_after(gateway: Gateway) -> None:
    order_id, payment = await ready(gateway)
    gateway.fault("place_order", delay=0.4)

    task = asyncio.create_task(gateway.do(documents.PLACE, id=order_id))
    await asyncio.sleep(0.2)
    during = await placing(gateway)
    await task
    after = await placing(gateway)

    assert (during.state, during.attempts, during.settled_at) == ("pending", 0, None)
    assert (after.state, after.attempts) == ("succeeded", 1)
    assert after.settled_at is not None
    paid = await gateway.do(documents.PAYMENT, id=payment["id"])
    assert after.answer == {"order_id": paid["klarnaOrderId"], "fraud_status": "ACCEPTED"}
    (effect,) = gateway.effects("order_placed")
    assert effect.idempotency_key == during.key == after.key


async def test_every_call_with_an_effect_has_its_row(gateway: Gateway) -> None:
    order_id, payment = await ready(gateway)
    await gateway.put(orders.dearer())
    await gateway.do(documents.REFRESH, id=payment["id"])
    token = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
    gateway.clock.advance(timedelta(seconds=1))
    await gateway.open(order_id)

    found = await gateway.services.database.all(ALL)

    assert sorted(one.kind for one in found) == [
        "cancel_authorization",
        "open_session",
        "open_session",
        "update_session",
    ]
    assert {one.state for one in found} == {"succeeded"}
    assert all(one.order_id == order_id for one in found)
    assert len({one.key for one in found}) == 4


async def test_a_row_holds_no_secret(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, public_url="https://pay.example") as gateway:
        order_id, payment = await ready(gateway)
        token = (await gateway.do(documents.TOKEN, id=payment["id"]))["authToken"]
        await gateway.do(documents.PLACE, id=order_id)

        rows = str(await gateway.services.database.all(ALL))
        sent = gateway.sandbox.exchanges[-1]

        assert "https://pay.example/klarna/notifications/" in rows
        assert "{secret}" in rows
        assert "{secret}" not in str(sent)
        assert token not in rows
        assert payment["clientToken"] not in rows


@pytest.mark.parametrize(
    ("fault", "state", "code"),
    [
        ({"status": 403, "error_code": "REJECTED"}, "refused", "REJECTED"),
        ({"status": 401}, "refused", "UNAUTHORIZED"),
        ({"status": 429}, "refused", None),
        ({"status": 500}, "unknown", None),
        ({"close": "after"}, "unknown", None),
    ],
)
async def test_a_row_says_what_is_known_of_the_answer(
    gateway: Gateway, fault: Json, state: str, code: str | None
) -> None:
    order_id, _ = await ready(gateway)
    gateway.fault("place_order", **fault)

    await gateway.post({"query": documents.PLACE, "variables": {"id": order_id}})

    row = await placing(gateway)
    assert (row.state, row.klarna_code, row.attempts) == (state, code, 1)
    assert (row.settled_at is None) == (state == "unknown")
    if "status" in fault:
        assert row.correlation_id


SECOND_ANSWERS: list[Json] = [
    {"status": 429},
    {"status": 401},
    {"status": 403, "body": ""},
    {"status": 404, "error_code": "NOT_FOUND"},
    {"status": 403, "error_code": "INVALID_OPERATION"},
    {"status": 409, "error_code": "BAD_VALUE"},
    {"status": 404, "error_code": "SESSION_COMPLETED"},
    {"status": 500},
]


@pytest.mark.parametrize("second", SECOND_ANSWERS)
async def test_an_order_placed_without_an_answer_is_never_placed_again(
    gateway: Gateway, second: Json
) -> None:
    order_id, payment = await ready(gateway)
    gateway.fault("place_order", close="after")
    gateway.fault("place_order", **second)

    for _ in range(2):
        await gateway.post({"query": documents.PLACE, "variables": {"id": order_id}})
    held = await gateway.do(documents.PAYMENT, id=payment["id"])
    edited = await gateway.do(documents.PUT_ORDER, input=orders.german() | {"number": "W9"})
    opened = await gateway.do(documents.CREATE_PAYMENT, input={"orderId": order_id})
    placed = await gateway.do(documents.PLACE, id=order_id)

    assert held["status"] == "PLACING"
    assert edited["code"] == opened["code"] == "ORDER_NOT_EDITABLE"
    assert placed["status"] == "placed"
    assert len(gateway.effects("order_placed")) == 1
    authorizations = await gateway.do(documents.AUTHORIZATIONS, id=order_id)
    assert [one["succeeded"] for one in authorizations["authorizations"]["nodes"]] == [True]
    assert (await placing(gateway)).attempts == 3


async def test_an_order_placed_at_klarna_alone_is_said_to_be_there(gateway: Gateway) -> None:
    order_id, payment = await ready(gateway)
    gateway.fault("place_order", close="after")
    gateway.fault("place_order", status=404, error_code="NOT_FOUND")
    await gateway.fails(documents.PLACE, id=order_id)

    told = await gateway.do(documents.PLACE, id=order_id)

    assert told["code"] == "SESSION_COMPLETED"
    assert payment["id"] in told["hint"]


async def test_an_attempt_that_came_to_nothing_leaves_the_next_no_its_meaning(
    gateway: Gateway,
) -> None:
    order_id, payment = await ready(gateway)
    gateway.fault("place_order", close="before")
    gateway.fault("place_order", status=404, error_code="NOT_FOUND")
    await gateway.fails(documents.PLACE, id=order_id)

    refused = await gateway.do(documents.PLACE, id=order_id)

    assert refused["code"] == "NOT_AUTHORIZED"
    assert (await gateway.do(documents.PAYMENT, id=payment["id"]))["status"] == "REAUTHORIZE"


async def test_a_call_is_made_again_to_the_letter_though_settings_changed(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, public_url="https://old.example") as gateway:
        order_id, _ = await ready(gateway)
        gateway.fault("place_order", close="after")
        await gateway.fails(documents.PLACE, id=order_id)
        object.__setattr__(gateway.services, "public_url", "https://new.example")

        placed = await gateway.do(documents.PLACE, id=order_id)

        assert placed["status"] == "placed"
        assert len(gateway.effects("order_placed")) == 1


async def test_a_call_that_was_never_taken_is_described_anew(gateway: Gateway) -> None:
    order_id, _ = await ready(gateway)
    gateway.fault("place_order", status=429)
    await gateway.fails(documents.PLACE, id=order_id)
    await gateway.put(orders.german() | {"number": "W1001-B"})

    placed = await gateway.do(documents.PLACE, id=order_id)

    assert placed["status"] == "placed"
    assert (await placing(gateway)).request["merchant_reference1"] == "W1001-B"


async def test_credentials_that_cannot_be_opened_leave_everything_as_it_was(
    gateway: Gateway,
) -> None:
    order_id, payment = await ready(gateway)

    with keyless(gateway):
        refused = await gateway.do(documents.PLACE, id=order_id)

    assert (refused["code"], refused["retryable"]) == ("GATEWAY_UNREADABLE", True)
    assert (await gateway.do(documents.PAYMENT, id=payment["id"]))["status"] == "AUTHORIZED"
    assert await logged(gateway, "place_order") == []
    assert (await gateway.do(documents.PLACE, id=order_id))["status"] == "placed"


ODD_PLACEMENTS: list[Json] = [
    {"fraud_status": {"a": 1}},
    {"redirect_url": ["x"]},
    {"authorized_payment_method": 5},
    {"authorized_payment_method": {"type": ["x"]}},
]


@pytest.mark.parametrize("odd", ODD_PLACEMENTS)
async def test_an_odd_field_beside_an_order_id_does_not_lose_the_order(
    gateway: Gateway, odd: Json
) -> None:
    order_id, _ = await ready(gateway)
    gateway.fault("place_order", status=200, commit=True, body={"order_id": "k-1"} | odd)

    assert (await gateway.do(documents.PLACE, id=order_id))["status"] == "placed"


@pytest.mark.parametrize(
    "categories", [5, None, ["klarna"], [{}], [{"identifier": 1}], [{"identifier": "k"}]]
)
async def test_odd_categories_do_not_lose_the_session(gateway: Gateway, categories: Any) -> None:
    order_id = await gateway.put()
    body = {"session_id": "s", "client_token": "a.b.c", "payment_method_categories": categories}
    gateway.fault("create_session", status=200, body=body)

    payment = await gateway.open(order_id)

    kept = [{"identifier": "k", "name": None, "assetUrls": None}]
    assert payment["paymentMethods"] == (kept if categories == [{"identifier": "k"}] else [])


async def test_a_session_without_a_client_token_is_half_an_answer(gateway: Gateway) -> None:
    order_id = await gateway.put()
    gateway.fault("create_session", status=200, body={"session_id": "s"})

    error = await gateway.fails(documents.CREATE_PAYMENT, input={"orderId": order_id})

    assert error["extensions"]["code"] == "UNAVAILABLE"


async def test_a_refresh_without_an_answer_takes_the_authorization_for_void(
    gateway: Gateway,
) -> None:
    order_id, payment = await ready(gateway)
    await gateway.put(orders.dearer())
    gateway.fault("update_session", close="after")

    await gateway.fails(documents.REFRESH, id=payment["id"])
    void = await gateway.do(documents.PAYMENT, id=payment["id"])
    await gateway.put()
    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])
    token = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)

    assert void["status"] == "REAUTHORIZE"
    assert refreshed["intentAmountCents"] == 163_60
    assert (await gateway.do(documents.PLACE, id=order_id))["status"] == "placed"


async def test_a_token_that_arrives_during_a_refresh_is_kept(gateway: Gateway) -> None:
    _, payment = await ready(gateway)
    await gateway.put(orders.dearer())
    gateway.fault("update_session", delay=0.4)

    refreshing = asyncio.create_task(gateway.do(documents.REFRESH, id=payment["id"]))
    await asyncio.sleep(0.2)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken="newer")
    refreshed = await refreshing

    assert refreshed["status"] == "AUTHORIZED"
    assert (await gateway.do(documents.TOKEN, id=payment["id"]))["authToken"] == "newer"


async def test_a_hanging_klarna_keeps_many_callers_waiting_no_longer_than_one(
    tmp_path: Path,
) -> None:
    async with running_gateway(tmp_path, klarna_timeout=0.5) as gateway:
        order_id, _ = await ready(gateway)
        gateway.fault("place_order", delay=3.0, times=10)
        body = {"query": documents.PLACE, "variables": {"id": order_id}}
        begun = asyncio.get_running_loop().time()

        answers = await asyncio.gather(*(gateway.post(body) for _ in range(10)))

        assert asyncio.get_running_loop().time() - begun < 2.0
        codes = {answer["errors"][0]["extensions"]["code"] for _, answer in answers}
        assert codes == {"UNAVAILABLE"}
        assert (await placing(gateway)).attempts == 1


async def test_conversations_about_one_order_take_turns(gateway: Gateway) -> None:
    order_id, payment = await ready(gateway)
    gateway.fault("place_order", delay=0.4)

    placed, refreshed = await asyncio.gather(
        gateway.do(documents.PLACE, id=order_id), gateway.do(documents.REFRESH, id=payment["id"])
    )

    assert placed["status"] == "placed"
    assert refreshed["code"] == "PAYMENT_STATE"
