"""Callbacks: Klarna reports, we write it down, ask Klarna, and act once."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from resolvers.background.reconcile import reconcile
from store.payments import KlarnaPayment, payments_by_id
from tests import documents
from tests.gateway import Gateway, running_gateway
from tests.orders import with_email
from tests.test_movements import CAPTURE

Json = dict[str, Any]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest_asyncio.fixture
async def reached(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that Klarna's sandbox can call back."""
    port = free_port()
    async with running_gateway(
        tmp_path, port=port, public_url=f"http://127.0.0.1:{port}"
    ) as gateway:
        yield gateway


async def stored(gateway: Gateway, payment: Json) -> KlarnaPayment:
    return await payments_by_id.known(gateway.services.database, payment["id"])


async def report(gateway: Gateway, payment: Json, body: Any, **parts: str) -> int:
    """Report something as Klarna would; the status of the answer."""
    secret = parts.get("secret") or (await stored(gateway, payment)).callback_secret
    what = parts.get("what", "callbacks")
    url = f"{gateway.url}/klarna/{what}/{parts.get('to', payment['id'])}/{secret}"
    async with gateway.http.post(url, json=body) as reply:
        await reply.read()
        return reply.status


async def status_of(gateway: Gateway, payment: Json) -> str:
    await gateway.services.turns.finish()
    return str((await gateway.do(documents.PAYMENT, id=payment["id"]))["status"])


async def order_of(gateway: Gateway, payment: Json) -> Json:
    found = await gateway.do(documents.PAYMENT, id=payment["id"])
    return await gateway.do(documents.ORDER, id=found["order"]["id"])


async def authorize(gateway: Gateway, payment: Json) -> tuple[str, Json]:
    """Authorize without telling the gateway; the token, and Klarna's report of it."""
    token = await gateway.authorize(payment)
    return token, {"authorization_token": token, "session_id": payment["sessionId"]}


async def test_the_sandbox_calls_back_and_the_token_is_saved(reached: Gateway) -> None:
    payment = await reached.open()

    token = await reached.authorize(payment)
    for _ in range(100):
        if await status_of(reached, payment) == "AUTHORIZED":
            break
        await asyncio.sleep(0.05)

    assert (await stored(reached, payment)).auth_token == token
    assert "authorization_reported" in await reached.history("klarnaPayment", payment["id"])


async def test_a_report_is_written_down_before_it_is_answered(gateway: Gateway) -> None:
    payment = await gateway.open()
    _, said = await authorize(gateway, payment)
    gateway.fault("read_session", status=503)

    assert await report(gateway, payment, said) == 200
    assert await status_of(gateway, payment) == "OPEN"
    gateway.clock.advance(timedelta(minutes=3))
    await reconcile(gateway.services)

    assert await status_of(gateway, payment) == "AUTHORIZED"


async def test_the_same_report_twice_and_after_the_browser_changes_nothing(
    gateway: Gateway,
) -> None:
    payment = await gateway.open()
    token, said = await authorize(gateway, payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)

    assert [await report(gateway, payment, said) for _ in range(3)] == [200] * 3
    assert await status_of(gateway, payment) == "AUTHORIZED"
    events = await gateway.history("klarnaPayment", payment["id"])
    assert (events.count("authorized"), events.count("authorization_reported")) == (1, 1)


@pytest.mark.parametrize(
    "parts", [{"secret": "x"}, {"secret": "-" * 32}, {"to": "nothing"}, {"what": "else"}]
)
async def test_whoever_is_not_klarna_learns_nothing(gateway: Gateway, parts: Json) -> None:
    payment = await gateway.open()
    _, said = await authorize(gateway, payment)

    assert await report(gateway, payment, said, **parts) in {401, 404}
    assert await status_of(gateway, payment) == "OPEN"
    assert "authorization_reported" not in await gateway.history("klarnaPayment", payment["id"])


@pytest.mark.parametrize("body", [None, [], "text", {}, {"session_id": "x"}, {"session_id": 1}])
async def test_half_a_report_is_a_coded_400(gateway: Gateway, body: Any) -> None:
    payment = await gateway.open()

    assert await report(gateway, payment, body) == 400
    assert await status_of(gateway, payment) == "OPEN"


async def test_a_forged_token_is_not_saved_though_its_address_is_right(gateway: Gateway) -> None:
    payment = await gateway.open()
    _, said = await authorize(gateway, payment)

    assert await report(gateway, payment, said | {"authorization_token": "forged"}) == 200
    assert await status_of(gateway, payment) == "OPEN"


async def test_a_report_of_another_session_is_not_acted_on(gateway: Gateway) -> None:
    payment = await gateway.open()
    _, said = await authorize(gateway, payment)

    assert await report(gateway, payment, said | {"session_id": "another"}) == 200
    assert await status_of(gateway, payment) == "OPEN"


async def test_calls_from_elsewhere_are_not_heard(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, callback_networks="10.0.0.0/8,192.0.2.1") as gateway:
        payment = await gateway.open()
        _, said = await authorize(gateway, payment)

        assert await report(gateway, payment, said) == 404
        assert await status_of(gateway, payment) == "OPEN"


async def auto_place(gateway: Gateway, **settings: Any) -> None:
    given = {"autoPlace": True} | settings
    await gateway.do(documents.UPDATE_METHOD, id=gateway.methods["EU"], input=given)


async def test_an_authorization_places_the_order_where_the_method_says_so(
    gateway: Gateway,
) -> None:
    await auto_place(gateway, autoCapture=True)
    payment = await gateway.open()
    _, said = await authorize(gateway, payment)

    await report(gateway, payment, said)
    assert await status_of(gateway, payment) == "PLACED"

    order = await order_of(gateway, payment)
    assert (order["status"], order["paymentStatus"]) == ("approved", "paid")
    assert len(gateway.effects("order_placed")) == 1


async def test_browser_and_callback_at_once_place_one_order(gateway: Gateway) -> None:
    await auto_place(gateway)
    payment = await gateway.open()
    token, said = await authorize(gateway, payment)
    order_id = (await order_of(gateway, payment))["id"]

    async def browser() -> None:
        await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
        for _ in range(3):
            await gateway.post({"query": documents.PLACE, "variables": {"id": order_id}})

    await asyncio.gather(browser(), *(report(gateway, payment, said) for _ in range(3)), browser())

    assert await status_of(gateway, payment) == "PLACED"
    assert len(gateway.effects("order_placed")) == 1


async def test_a_lost_report_is_made_up_for_by_reading_the_session(gateway: Gateway) -> None:
    await auto_place(gateway)
    payment = await gateway.open()
    await authorize(gateway, payment)

    gateway.clock.advance(timedelta(minutes=11))
    await reconcile(gateway.services)

    assert await status_of(gateway, payment) == "PLACED"


async def test_a_forced_payment_becomes_the_orders_source(gateway: Gateway) -> None:
    await gateway.do(
        documents.UPDATE_GATEWAY, id=gateway.gateways["EU"], input={"forcePayments": True}
    )
    order_id = await gateway.put()
    older = await gateway.open(order_id)
    newer = await gateway.authorized(order_id)
    _, said = await authorize(gateway, older)

    await report(gateway, older, said)

    assert await status_of(gateway, older) == "AUTHORIZED"
    assert (await order_of(gateway, older))["paymentSource"]["id"] == older["id"]
    assert await status_of(gateway, newer) == "REAUTHORIZE"
    assert len(gateway.effects("authorization_cancelled")) == 1


async def test_without_force_a_late_authorization_of_an_older_payment_changes_no_order(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()
    older = await gateway.open(order_id)
    newer = await gateway.authorized(order_id)
    _, said = await authorize(gateway, older)

    await report(gateway, older, said)
    await status_of(gateway, older)

    assert (await order_of(gateway, older))["paymentSource"]["id"] == newer["id"]


async def reviewed(gateway: Gateway, fate: str = "pend-accept-30") -> tuple[Json, Json]:
    """A placed payment under review, and Klarna's report on it."""
    payment = await gateway.authorized(await gateway.put(with_email(fate)))
    order = await order_of(gateway, payment)
    await gateway.do(documents.PLACE, id=order["id"])
    placed = await gateway.do(documents.PAYMENT, id=payment["id"])
    assert placed["status"] == "PENDING_REVIEW"
    said = {"order_id": placed["klarnaOrderId"], "event_type": "FRAUD_RISK_ACCEPTED"}
    return payment, said


async def test_an_accepted_review_lets_the_order_be_captured(gateway: Gateway) -> None:
    payment, said = await reviewed(gateway)
    gateway.clock.advance(timedelta(minutes=31))

    assert await report(gateway, payment, said, what="notifications") == 200
    assert await status_of(gateway, payment) == "PLACED"
    order = await gateway.do(CAPTURE, id=(await order_of(gateway, payment))["id"])

    assert order["paymentStatus"] == "paid"


async def test_a_rejected_review_ends_the_guarantee(gateway: Gateway) -> None:
    payment, said = await reviewed(gateway, "pend-reject-30")
    gateway.clock.advance(timedelta(minutes=31))

    await report(gateway, payment, said, what="notifications")
    assert await status_of(gateway, payment) == "REFUSED"
    order = await order_of(gateway, payment)
    capture = await gateway.do(CAPTURE, id=order["id"])

    assert (order["status"], order["paymentStatus"]) == ("placed", "voided")
    assert capture["code"] == "PAYMENT_STATE"
    cancelled = await gateway.do(documents.CANCEL, id=order["id"])
    assert cancelled["status"] == "cancelled"


async def test_a_report_alone_decides_nothing(gateway: Gateway) -> None:
    payment, said = await reviewed(gateway)

    await report(gateway, payment, said, what="notifications")

    assert await status_of(gateway, payment) == "PENDING_REVIEW"


async def test_a_review_that_nobody_reports_on_is_asked_for_after_a_day(gateway: Gateway) -> None:
    payment, _ = await reviewed(gateway)

    gateway.clock.advance(timedelta(hours=24))
    await reconcile(gateway.services)

    assert await status_of(gateway, payment) == "PLACED"


async def test_a_late_decision_on_a_cancelled_order_is_told_and_changes_nothing(
    gateway: Gateway,
) -> None:
    payment, said = await reviewed(gateway, "pend-reject-30")
    gateway.clock.advance(timedelta(minutes=31))
    await report(gateway, payment, said, what="notifications")
    await status_of(gateway, payment)
    order = await order_of(gateway, payment)
    await gateway.do(documents.CANCEL, id=order["id"])
    before = await gateway.history("order", order["id"])

    stopped = said | {"event_type": "FRAUD_RISK_STOPPED"}
    assert await report(gateway, payment, stopped, what="notifications") == 200
    await status_of(gateway, payment)

    assert await gateway.history("order", order["id"]) == before
