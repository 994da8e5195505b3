"""Claims: who works on the request of a key, whatever fails and whoever else asks."""

import asyncio
import sqlite3
from collections.abc import Coroutine
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from resolvers.background.reconcile import reconcile
from resolvers.context import Context
from resolvers.idempotency.once import once
from resolvers.placing import place_order
from store.changes import Change
from store.database import StoreUnavailable, Work
from tests import documents, orders
from tests.gateway import Gateway, running_gateway
from tests.keys.asking import CREATE, PLACE, PUT, SAVE, Json, counts


async def test_two_at_once_under_a_key_are_one(gateway: Gateway) -> None:
    order_id = await gateway.put()
    gateway.fault("create_session", delay=0.3)

    answers = await asyncio.gather(
        *(gateway.do(CREATE, input={"orderId": order_id}, key="pay") for _ in range(5))
    )

    made = [one for one in answers if one["__typename"] == "KlarnaPayment"]
    told = [one for one in answers if one["__typename"] == "Refusal"]
    assert (len(made), len(told)) == (1, 4)
    assert (
        told
        == [{"__typename": "Refusal", "code": "KEY_IN_USE", "retryable": True, "path": ["key"]}] * 4
    )
    assert len(gateway.effects("session_created")) == 1
    assert await gateway.do(CREATE, input={"orderId": order_id}, key="pay") == made[0]


async def test_a_fault_leaves_the_key_good_for_another_attempt(gateway: Gateway) -> None:
    order_id = await gateway.put()
    gateway.fault("create_session", status=503)

    error = await gateway.fails(CREATE, input={"orderId": order_id}, key="pay")
    made = await gateway.do(CREATE, input={"orderId": order_id}, key="pay")

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert made["__typename"] == "KlarnaPayment"


async def test_an_order_placed_under_a_key_without_an_answer_is_placed_once(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    gateway.fault("place_order", close="after")

    await gateway.fails(PLACE, id=order_id, key="place")
    placed = await gateway.do(PLACE, id=order_id, key="place")
    again = await gateway.do(PLACE, id=order_id, key="place")

    assert placed["status"] == "placed"
    assert again == placed
    assert len(gateway.effects("order_placed")) == 1


async def test_a_claim_that_is_never_answered_is_taken_over_and_cannot_answer_any_more(
    tmp_path: Path,
) -> None:
    async with running_gateway(tmp_path, klarna_timeout=1.0) as gateway:
        order_id = await gateway.put()
        given = {"orderId": order_id}
        gateway.fault("create_session", delay=60)
        lost = asyncio.create_task(gateway.fails(CREATE, input=given, key="pay"))
        await asyncio.sleep(0.2)

        told = await gateway.do(CREATE, input=given, key="pay")
        gateway.clock.advance(timedelta(minutes=2))
        still = await gateway.do(CREATE, input=given, key="pay")
        gateway.services.claims.clear()  # as another process sees it, or the next one
        made = await gateway.do(CREATE, input=given, key="pay")

        assert (told["code"], still["code"]) == ("KEY_IN_USE", "KEY_IN_USE")
        assert (await lost)["extensions"]["code"] == "UNAVAILABLE"
        assert await gateway.do(CREATE, input=given, key="pay") == made
        assert (await counts(gateway))[1] == 1


async def test_a_key_whose_request_nobody_knows_the_outcome_of_takes_no_other(
    gateway: Gateway,
) -> None:
    first, second = [await gateway.put(reference=name) for name in "ab"]
    gateway.fault("create_session", close="after")
    await gateway.fails(CREATE, input={"orderId": first}, key="pay")

    other = await gateway.do(CREATE, input={"orderId": second}, key="pay")
    same = await gateway.do(CREATE, input={"orderId": first}, key="pay")

    assert (other["code"], same["__typename"]) == ("KEY_REUSED", "KlarnaPayment")


async def test_a_key_of_what_was_not_found_is_free_for_another(gateway: Gateway) -> None:
    await gateway.fails(CREATE, input={"orderId": "nothing"}, key="pay")

    made = await gateway.do(CREATE, input={"orderId": await gateway.put()}, key="pay")

    assert made["__typename"] == "KlarnaPayment"


async def test_a_caller_that_joins_another_is_answered_alike_and_rolls_nothing_back(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    gateway.fault("place_order", delay=0.5)
    first = asyncio.create_task(gateway.do(PLACE, id=order_id, key="place"))
    await asyncio.sleep(0.2)
    gateway.clock.advance(timedelta(minutes=2))
    gateway.services.claims.clear()  # another process takes the request over, and joins

    second = await gateway.do(PLACE, id=order_id, key="place")

    assert (await first)["status"] == second["status"] == "placed"
    assert await gateway.do(PLACE, id=order_id, key="place") == second
    assert len(gateway.effects("order_placed")) == 1


async def test_what_begins_with_its_change_is_claimed_changed_and_answered_in_one(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nobody can find the one without the others, whenever the process dies."""
    database = gateway.services.database
    writes: list[object] = []
    write = database.write
    payment = await gateway.open()
    token = await gateway.authorize(payment)
    save = {"id": payment["id"], "authToken": token, "key": "save"}

    def counted(work: Work[Any]) -> Coroutine[Any, Any, Any]:
        writes.append(work)
        return write(work)

    monkeypatch.setattr(database, "write", counted)
    first = await gateway.do(SAVE, **save)
    once = len(writes)
    again = await gateway.do(SAVE, **save)

    assert first["__typename"] == "KlarnaPayment", first
    assert (once, len(writes)) == (1, 2)
    assert first == again


async def test_a_change_that_could_not_be_written_leaves_no_claim_behind(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(Change, "save", full)
        error = await gateway.fails(PUT, input=orders.german(), key="push")
    other = await gateway.do(PUT, input=orders.german() | {"number": "W2"}, key="other")
    made = await gateway.do(PUT, input=orders.german(), key="push")

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert other["__typename"] == made["__typename"] == "Order"


async def test_changes_of_one_request_at_once_share_its_claim(gateway: Gateway) -> None:
    access = gateway.services.access
    context = Context(gateway.services, await access.caller(gateway.token()))
    made: list[str] = []

    async def change(change: Change) -> None:
        made.append(change.at)

    async def work() -> None:
        await asyncio.gather(context.change(change), context.change(change))

    await once(context, "both", {}, work, in_one=True)

    assert len(made) == 2


async def test_what_goes_on_though_whoever_asked_has_gone_is_answered(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    access = gateway.services.access
    context = Context(gateway.services, await access.caller(gateway.token()))
    gateway.fault("place_order", delay=0.2)

    asking = asyncio.create_task(once(context, "k", {}, lambda: place_order(context, order_id)))
    await asyncio.sleep(0.1)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await gateway.services.turns.finish()

    with closing(sqlite3.connect(gateway.settings.database)) as connection:
        ((answered,),) = connection.execute(
            "SELECT count(*) FROM requests WHERE key = 'k' AND answer IS NOT NULL"
        )
    assert asking.cancelled()
    assert answered == 1
    assert len(gateway.effects("order_placed")) == 1


async def test_an_authorization_that_nobody_wants_is_given_up_though_the_process_dies(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = await gateway.open()
    token = await gateway.authorize(payment)
    order_id = await gateway.order_of(payment)
    await gateway.do(documents.CANCEL, id=order_id)

    async def dies(*_: object) -> None:
        raise StoreUnavailable("The process dies here.")

    with monkeypatch.context() as dying:
        dying.setattr("resolvers.payments.release", dies)
        await gateway.fails(SAVE, id=payment["id"], authToken=token, key="late")
    gateway.clock.advance(timedelta(minutes=5))
    await reconcile(gateway.services)

    assert len(gateway.effects("authorization_cancelled")) == 1


async def test_changes_that_share_a_commit_share_nothing_of_what_becomes_of_them(
    gateway: Gateway,
) -> None:
    saved = await gateway.open(await gateway.put(reference="saved"))
    other = await gateway.open(await gateway.put(reference="other"))
    placed = await gateway.authorized(await gateway.put(reference="placed"))
    order = (await gateway.do(documents.PAYMENT, id=placed["id"]))["order"]
    await gateway.do(PLACE, id=order["id"], key="place")
    asked: list[Json] = [
        {"id": saved["id"], "authToken": "token-1", "key": "saved"},
        {"id": placed["id"], "authToken": "token-2", "key": "placed"},
        {"id": "nobodyhere", "authToken": "token-3", "key": "nobody"},
        {"id": saved["id"], "authToken": "token-1", "key": "saved"},
        {"id": other["id"], "authToken": "", "key": "empty"},
        {"id": other["id"], "authToken": "token-4", "key": "saved"},
        {"id": other["id"], "authToken": "token-5", "key": "other"},
    ]

    replies = await asyncio.gather(
        *(gateway.post({"query": SAVE, "variables": each}) for each in asked)
    )
    again = [(await gateway.post({"query": SAVE, "variables": each}))[1] for each in asked]

    told = [_said(body) for _, body in replies]
    assert told == [
        saved["id"],
        "PAYMENT_STATE",
        "NOT_FOUND",
        saved["id"],
        "FIELD_INVALID",
        "KEY_REUSED",
        other["id"],
    ]
    assert [_said(body) for body in again] == told
    for payment in (saved, other):
        assert await gateway.history("klarnaPayment", payment["id"]) == [
            "session_opened",
            "authorized",
        ]


def _said(body: Json) -> str:
    """The id that an answer holds, or the code of a refusal or an error."""
    if "errors" in body:
        return str(body["errors"][0]["extensions"]["code"])
    found = body["data"]["saveKlarnaAuthToken"]
    return str(found.get("id") or found["code"])
