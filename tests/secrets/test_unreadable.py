"""Credentials that cannot be opened: said clearly, put off, and nothing lost by it."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from resolvers.background.reconcile import Round, reconcile
from store.errands import Errand, errands
from store.statements import Query
from store.tables import columns_of
from tests import documents
from tests.gateway import LOGIN, Gateway, keyless
from tests.test_callbacks import authorize, order_of, reached, report, status_of
from tests.test_movements import CAPTURE, REFUND, VOID, placed
from tests.test_reconcile import KLARNA, OPERATIONS, RECORD, RETRY, UNSETTLED
from tests.test_reconcile import unsettled as unsettled_of

Json = dict[str, Any]
__all__ = ["reached"]
_ERRANDS: Query[Errand] = Query(Errand, select(*columns_of(Errand)).order_by(errands.c.created_at))
UNREADABLE = ("Refusal", "GATEWAY_UNREADABLE", True)


def told(refused: Json) -> tuple[str, str, bool]:
    return refused["__typename"], refused["code"], refused["retryable"]


async def errands_of(gateway: Gateway) -> list[Errand]:
    return await gateway.services.database.all(_ERRANDS)


async def test_every_change_that_needs_klarna_is_refused_and_changes_nothing(
    gateway: Gateway,
) -> None:
    waiting = await gateway.put(reference="new")
    payment = await gateway.authorized(await gateway.put(reference="authorized"))
    authorized = await gateway.order_of(payment)
    order_id = await placed(gateway, reference="placed")
    captured = await placed(gateway, reference="captured")
    await gateway.do(CAPTURE, id=captured)
    fresh = await gateway.open(await gateway.put(reference="open"))
    operations = (await gateway.do(OPERATIONS))["nodes"]
    sent = len(gateway.sandbox.exchanges)

    with keyless(gateway):
        refused = [
            await gateway.open(waiting),
            await gateway.do(documents.REFRESH, id=fresh["id"]),
            await gateway.do(documents.PLACE, id=authorized),
            await gateway.do(CAPTURE, id=order_id),
            await gateway.do(VOID, id=order_id),
            await gateway.do(REFUND, id=captured),
        ]

    assert [told(one) for one in refused] == [UNREADABLE] * 6
    for one in refused:
        assert "keys list" in one["hint"]
        assert "rotateKlarnaCredentials" in one["hint"]
    assert len(gateway.sandbox.exchanges) == sent
    assert (await gateway.do(OPERATIONS))["nodes"] == operations
    assert (await gateway.do(documents.PLACE, id=authorized))["status"] == "placed"
    assert (await gateway.do(CAPTURE, id=order_id))["paymentStatus"] == "paid"


async def test_a_question_that_needs_klarna_is_a_coded_error(gateway: Gateway) -> None:
    order_id = await placed(gateway)

    with keyless(gateway):
        error = await gateway.fails(KLARNA, id=order_id)

    assert error["extensions"]["code"] == "GATEWAY_UNREADABLE"
    assert "keys list" in error["extensions"]["hint"]


async def test_a_refusal_of_the_operators_making_is_not_kept_under_a_callers_key(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()
    create = documents.CREATE_PAYMENT.replace("input: $input", 'input: $input, key: "pay"')

    with keyless(gateway):
        refused = await gateway.do(create, input={"orderId": order_id})
    opened = await gateway.do(create, input={"orderId": order_id})

    assert (told(refused), opened["status"]) == (UNREADABLE, "OPEN")


async def test_a_login_that_klarna_refused_is_not_kept_under_a_callers_key(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()
    create = documents.CREATE_PAYMENT.replace("input: $input", 'input: $input, key: "pay"')
    gateway.fault("create_session", status=401)

    refused = await gateway.do(create, input={"orderId": order_id})
    opened = await gateway.do(create, input={"orderId": order_id})

    assert (refused["code"], opened["status"]) == ("GATEWAY_UNAUTHORIZED", "OPEN")


DOUBTS = [
    ("place_order", documents.PLACE),
    ("capture", CAPTURE),
    ("cancel", VOID),
]


@pytest.mark.parametrize(("operation", "document"), DOUBTS)
async def test_a_call_in_doubt_is_put_off_ever_longer_and_settled_once_the_key_is_back(
    gateway: Gateway, operation: str, document: str
) -> None:
    if document == documents.PLACE:
        payment = await gateway.authorized()
        order_id = await gateway.order_of(payment)
    else:
        order_id = await placed(gateway)
    gateway.fault(operation, close="after")
    await gateway.fails(document, id=order_id)
    attempts = []

    with keyless(gateway):
        for pause in (timedelta(seconds=5), timedelta(minutes=5), timedelta(hours=5)):
            gateway.clock.advance(pause)
            assert await reconcile(gateway.services) == Round(0, 1)
            (open_,) = await unsettled_of(gateway)
            attempts.append(open_["attempts"])
            assert await reconcile(gateway.services) == Round(0, 0)
        by_hand = await gateway.do(RETRY, id=open_["id"])
        asked = await gateway.do(document, id=order_id)
    gateway.clock.advance(timedelta(hours=5))

    assert attempts == [2, 3, 4]
    assert (by_hand["state"], by_hand["attempts"]) == ("unknown", 5)
    assert told(asked) == UNREADABLE
    await reconcile(gateway.services)
    assert (await gateway.do(OPERATIONS, filter=UNSETTLED))["nodes"] == []
    drift = await gateway.do(KLARNA, id=order_id)
    assert drift["klarnaDrift"] == []


@pytest.mark.parametrize("trouble", ["unreadable", "unauthorized"])
async def test_a_capture_that_was_promised_waits_for_the_login(
    gateway: Gateway, trouble: str
) -> None:
    await gateway.do(documents.UPDATE_METHOD, id=gateway.methods["EU"], input={"autoCapture": True})
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    gateway.fault("capture", status=503)
    await gateway.do(documents.PLACE, id=order_id)
    gateway.clock.advance(timedelta(minutes=3))

    if trouble == "unreadable":
        with keyless(gateway):
            waits = await reconcile(gateway.services)
    else:
        gateway.fault("list_captures", status=404, error_code="NO_SUCH_CAPTURE")
        gateway.fault("capture", status=401)
        waits = await reconcile(gateway.services)
    gateway.clock.advance(timedelta(hours=6))
    later = await reconcile(gateway.services)

    assert (waits, later) == (Round(0, 1), Round(1, 0))
    assert len(gateway.effects("captured")) == 1


async def test_recording_an_order_needs_the_login_and_says_so(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    gateway.fault("place_order", close="after")
    await gateway.fails(documents.PLACE, id=order_id)
    (entry,) = gateway.effects("order_placed")

    with keyless(gateway):
        refused = await gateway.do(RECORD, id=payment["id"], klarna=entry.details["order_id"])
    recorded = await gateway.do(RECORD, id=payment["id"], klarna=entry.details["order_id"])

    assert told(refused) == UNREADABLE
    assert recorded["status"] == "PLACED"


async def test_what_klarna_reports_is_acted_on_once_the_key_is_back(reached: Gateway) -> None:
    payment = await reached.open()
    _, said = await authorize(reached, payment)

    with keyless(reached):
        # The report itself can be sealed; the credentials it needs cannot be opened
        assert await report(reached, payment, said) == 200
        assert await status_of(reached, payment) == "OPEN"
    waiting = [one for one in await errands_of(reached) if one.content]

    assert [(one.attempts, one.next_attempt_at is None) for one in waiting] == [(1, False)]
    reached.clock.advance(timedelta(minutes=2))
    await reconcile(reached.services)
    # It was sealed by a key that is gone again: it is not taken for done, but put off
    (again,) = [one for one in await errands_of(reached) if one.content]
    assert (again.attempts, again.next_attempt_at is None) == (2, False)
    assert (await order_of(reached, payment))["status"] == "pending"


async def test_an_errand_of_a_readable_report_saves_the_token_later(reached: Gateway) -> None:
    payment = await reached.open()
    token, said = await authorize(reached, payment)
    reached.fault("read_session", status=503)
    assert await report(reached, payment, said) == 200
    assert await status_of(reached, payment) == "OPEN"

    with keyless(reached):
        reached.clock.advance(timedelta(minutes=1))
        await reconcile(reached.services)
    reached.clock.advance(timedelta(minutes=2))
    await reconcile(reached.services)

    found = await reached.do(documents.TOKEN, id=payment["id"])
    assert found["authToken"] == token


async def test_credentials_that_were_tampered_with_are_unreadable_until_given_again(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()
    own = gateway.gateways["EU"]
    with closing(sqlite3.connect(gateway.settings.database)) as direct:
        direct.execute(
            "UPDATE klarna_gateways SET credentials = substr(credentials, 1, 20) || 'AAAA' "
            "WHERE id = ?",
            (own,),
        )
        direct.commit()

    refused = await gateway.open(order_id)
    given = {"apiKey": LOGIN.username, "apiSecret": LOGIN.password}
    await gateway.do(documents.UPDATE_GATEWAY, id=own, input=given)

    assert told(refused) == UNREADABLE
    assert (await gateway.open(order_id))["status"] == "OPEN"


async def test_credentials_that_cannot_be_opened_are_rotated_away(gateway: Gateway) -> None:
    order_id = await gateway.put()
    await gateway.open(order_id)
    rotate = (
        "mutation ($id: ID!, $k: String!, $s: String!) { rotateKlarnaCredentials(id: $id, "
        "apiKey: $k, apiSecret: $s) { __typename ... on KlarnaGateway { apiKey } ...No } }"
    ) + documents.REFUSAL

    with keyless(gateway):
        given = {"k": LOGIN.username, "s": LOGIN.password}
        rotated = await gateway.do(rotate, id=gateway.gateways["EU"], **given)
        opened = await gateway.open(order_id)

    assert rotated["__typename"] == "KlarnaGateway"
    assert opened["status"] == "OPEN"
