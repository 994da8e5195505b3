"""What subscriptions tell: a payment and an order as they are, and all events, to whom they may."""

import sqlite3
from datetime import timedelta
from typing import Any

import pytest

from store.scope import Mode
from tests import documents
from tests.gateway import Gateway
from tests.live.talk import EVENTS, ORDER, PAYMENT, Talk, listeners, settles, talking

CAPTURE = """
mutation ($id: ID!, $cents: Int) {
  captureOrder(id: $id, amountCents: $cents) { __typename ... on Refusal { code message } }
}
"""
CAPTURES = "subscription ($id: ID!) { orderChanged(id: $id) { captures { totalCount } } }"


async def until(talk: Talk, wanted: Any) -> list[Any]:
    """What is told until something is; several changes may come as one."""
    told = [await talk.next()]
    while told[-1] != wanted:
        told.append(await talk.next())
    return told


async def test_a_payment_is_told_as_it_is_at_once_and_after_each_change(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.open(order_id)
    token = gateway.token(order_id)

    async with talking(gateway, token) as talk:
        await talk.follow(PAYMENT, id=payment["id"])
        first = await talk.next()
        widget = await gateway.authorize(payment)
        await gateway.do(documents.SAVE_TOKEN, token=token, id=payment["id"], authToken=widget)
        second = await talk.next()
        await gateway.do(documents.PLACE, token=token, id=order_id)
        rest = await until(talk, first | {"status": "PLACED"})

    assert first == {"id": payment["id"], "status": "OPEN", "reference": None}
    assert second == first | {"status": "AUTHORIZED"}
    assert {one["status"] for one in rest} <= {"AUTHORIZED", "PLACING", "PLACED"}


async def test_a_payment_is_told_when_its_order_changes(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.open(order_id)
    document = "subscription ($id: ID!) { klarnaPaymentChanged(id: $id) { order { reference } } }"

    async with talking(gateway, gateway.token(order_id)) as talk:
        await talk.follow(document, id=payment["id"])
        await talk.next()
        await gateway.put(id=order_id, reference="changed")

        await until(talk, {"order": {"reference": "changed"}})


async def test_a_deleted_payment_is_the_end(gateway: Gateway) -> None:
    payment = await gateway.open()

    async with talking(gateway) as talk:
        await talk.follow(PAYMENT, id=payment["id"])
        await talk.next()
        await gateway.do(documents.DELETE_PAYMENT, id=payment["id"])

        assert await talk.complete()
        assert await talk.silent()


async def test_a_payment_whose_session_ends_by_the_clock_is_told(gateway: Gateway) -> None:
    payment = await gateway.open()
    gateway.clock.advance(timedelta(hours=48) - timedelta(seconds=0.3))

    async with talking(gateway) as talk:
        await talk.follow(PAYMENT, id=payment["id"])
        first = await talk.next()
        gateway.clock.advance(timedelta(seconds=1))
        second = await talk.next()

    assert (first["status"], second["status"]) == ("OPEN", "EXPIRED")


async def test_an_order_is_told_with_all_that_belongs_to_it(gateway: Gateway) -> None:
    order_id = await gateway.put()

    async with talking(gateway) as talk:
        await talk.follow(ORDER, id=order_id)
        first = await talk.next()
        await gateway.authorized(order_id)
        await until(talk, first | {"paymentSource": {"status": "AUTHORIZED"}})
        await gateway.do(documents.PLACE, id=order_id)
        placed = {"status": "placed", "paymentSource": {"status": "PLACED"}}
        await until(talk, first | placed | {"paymentStatus": "authorized"})

    assert first["paymentSource"] is None


async def test_each_capture_of_an_order_is_told(gateway: Gateway) -> None:
    order_id = await gateway.put()
    await gateway.authorized(order_id)
    await gateway.do(documents.PLACE, id=order_id)

    async with talking(gateway) as talk:
        await talk.follow(CAPTURES, id=order_id)
        await talk.next()
        for count in (1, 2, 3):
            await gateway.do(CAPTURE, id=order_id, cents=100)
            await until(talk, {"captures": {"totalCount": count}})


async def test_a_checkout_is_told_of_its_cancelled_order_no_more(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.open(order_id)

    async with talking(gateway, gateway.token(order_id)) as checkout, talking(gateway) as shop:
        for talk in (checkout, shop):
            await talk.follow(ORDER, id=order_id)
            await talk.next()
        await checkout.follow(PAYMENT, "payment", id=payment["id"])
        await checkout.next("payment")
        await gateway.do(documents.CANCEL, id=order_id)

        ends = [await checkout.hear(), await checkout.hear()]
        assert [end["type"] for end in ends] == ["complete", "complete"]
        assert (await shop.next())["status"] == "cancelled"


@pytest.mark.parametrize("document", [PAYMENT, ORDER])
async def test_what_is_unknown_or_anothers_is_not_found(gateway: Gateway, document: str) -> None:
    own, other = await gateway.put(), await gateway.put(reference="another")
    others = (await gateway.open(other))["id"] if document is PAYMENT else other
    live = gateway.token(mode=Mode.live)

    async with talking(gateway, gateway.token(own)) as talk, talking(gateway, live) as elsewhere:
        for one, id in ((talk, others), (talk, "nobody"), (elsewhere, others)):
            await one.follow(document, id=id)
            error = await one.failed()
            assert error["extensions"]["code"] == "NOT_FOUND"
            assert "data" not in error
        await talk.follow(ORDER, id=own)  # the socket goes on
        assert (await talk.next())["id"] == own


async def test_a_field_that_is_not_the_callers_is_refused_at_its_place(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.open(order_id)
    document = "subscription ($id: ID!) { klarnaPaymentChanged(id: $id) { id authToken } }"

    async with talking(gateway, gateway.token(order_id)) as talk:
        await talk.follow(document, id=payment["id"])
        answer = (await talk.hear())["payload"]

    assert answer["data"] == {"klarnaPaymentChanged": {"id": payment["id"], "authToken": None}}
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert answer["errors"][0]["path"] == ["klarnaPaymentChanged", "authToken"]


async def test_events_are_not_for_checkouts_and_of_their_own_mode(gateway: Gateway) -> None:
    order_id = await gateway.put()
    live = gateway.token(mode=Mode.live)

    async with (
        talking(gateway, gateway.token(order_id)) as checkout,
        talking(gateway, live) as elsewhere,
        talking(gateway) as talk,
    ):
        await checkout.follow(EVENTS)
        assert (await checkout.failed())["extensions"]["code"] == "FORBIDDEN"
        await elsewhere.follow(EVENTS, after="0-0")
        await talk.follow(EVENTS)
        await settles(lambda: listeners(gateway), 2)
        payment = await gateway.open(order_id)
        told = await talk.next()
        while told["resourceId"] != payment["id"]:
            told = await talk.next()
        assert told["event"] == "session_opened"
        assert await elsewhere.silent()


async def test_what_is_no_event_of_the_store_is_refused(gateway: Gateway) -> None:
    wrong = ["", "x", "1", "1-", "-1", "1-x", "9999999999999-0", "1-1234567"]

    async with talking(gateway) as talk:
        for after in wrong:
            await talk.follow(EVENTS, after=after)
            error = await talk.failed()

            said = {"code": "BAD_USER_INPUT", "argument": "after", "value": after}
            assert (error["path"], error["extensions"]) == (["eventStores"], said)


async def test_a_store_that_fails_ends_what_asks_it_and_nothing_else(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.open(order_id)

    async with talking(gateway) as talk:
        await talk.follow(PAYMENT, id=payment["id"])
        await talk.next()
        with sqlite3.connect(gateway.settings.database) as other:
            other.execute("ALTER TABLE klarna_payments RENAME TO elsewhere")
        other.close()
        gateway.services.database.announcements.announce([order_id])
        error = await talk.failed()

        assert error["extensions"] == {"code": "UNAVAILABLE", "retryable": True}
        assert await talk.silent()
