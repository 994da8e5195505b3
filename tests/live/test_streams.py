"""Event streams: graphql-sse's protocol of one connection for each operation."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from resolvers.identity.callers import CallerKind
from store.scope import Mode
from tests import documents
from tests.gateway import Gateway
from tests.live.talk import EVENTS, ORDER, PAYMENT, SOON, listeners, settles, streaming, working
from tests.live.test_bounds import asking


async def test_a_subscription_is_told_event_by_event_and_completes(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.open(order_id)

    async with streaming(gateway, PAYMENT, token=gateway.token(order_id), id=payment["id"]) as one:
        headers = one.reply.headers
        first = await one.next()
        marks = {"reference": "changed"}
        await gateway.do(documents.UPDATE_PAYMENT, id=payment["id"], input=marks)
        second = await one.next()
        await gateway.do(documents.DELETE_PAYMENT, id=payment["id"])
        last = await one.next()

        assert await one.ends()
    assert one.reply.status == 200
    assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-store", "no")
    assert "Content-Encoding" not in headers
    assert (first.kind, first.value["status"], first.id) == ("next", "OPEN", None)
    assert (second.kind, second.value["reference"]) == ("next", "changed")
    assert (last.kind, last.data) == ("complete", "")


async def test_events_have_ids_after_which_a_stream_goes_on(gateway: Gateway) -> None:
    await gateway.put()

    async with streaming(gateway, EVENTS, after="0-0") as stream:
        told = [await stream.next() for _ in range(8)]
    async with streaming(gateway, EVENTS, last=told[2].id) as again:
        resumed = [await again.next() for _ in range(5)]
    aliased = 'subscription { x: eventStores(after: "0-0") { what: event } }'
    async with streaming(gateway, aliased, last=told[2].id) as other:
        assert (await other.next()).id == told[3].id

    assert [event.id for event in told] == [event.value["id"] for event in told]
    assert [event.id for event in resumed] == [event.id for event in told[3:]]


async def test_a_wrong_last_event_is_an_error_in_the_stream(gateway: Gateway) -> None:
    for last in ("x", "9999999999999-0"):
        async with streaming(gateway, EVENTS, last=last) as stream:
            error = (await stream.next()).answer["errors"][0]
            end = await stream.next()

        said = {"code": "BAD_USER_INPUT", "argument": "after", "value": last}
        assert (error["extensions"], end.kind) == (said, "complete")


@pytest.mark.parametrize("last", ["é".encode(), b"\xff", b"1-\xe2\x82"])
async def test_a_last_event_that_is_no_ascii_is_an_error_that_does_not_repeat_it(
    gateway: Gateway, last: bytes
) -> None:
    address = urlsplit(gateway.url)
    asked = asking(gateway, EVENTS).replace(b"Host: x", b"Host: x\r\nLast-Event-ID: " + last)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)

    writer.write(asked)
    told = await asyncio.wait_for(reader.read(), SOON)
    writer.close()

    assert b'"code":"BAD_USER_INPUT","argument":"after","value":"?"' in told
    assert last not in told


async def test_questions_changes_and_mistakes_are_one_event_and_complete(gateway: Gateway) -> None:
    order_id = await gateway.put()
    asked = {
        "{ __typename }": {"data": {"__typename": "Query"}},
        "mutation { __typename }": {"data": {"__typename": "Mutation"}},
    }
    for document, answer in asked.items():
        async with streaming(gateway, document) as stream:
            assert (await stream.next()).answer == answer
            assert (await stream.next()).kind == "complete"
            assert await stream.ends()
    for document in ("{", "{ nothing }", "subscription { nothing }", ORDER):
        async with streaming(gateway, document) as stream:
            event = await stream.next()
            assert (stream.reply.status, event.kind) == (200, "next")
            assert event.answer["errors"][0]["extensions"]["code"]
            assert "data" not in event.answer
            assert (await stream.next()).kind == "complete"
    async with streaming(gateway, ORDER, token=gateway.token(order_id), id="other") as stream:
        error = (await stream.next()).answer["errors"][0]
        assert error["extensions"]["code"] == "NOT_FOUND"


ACCEPTED = [
    ("{ __typename }", "text/event-stream", "stream"),
    ("{ __typename }", "text/event-stream, application/json;q=0.5", "stream"),
    ("{ __typename }", "text/event-stream;q=0.9, application/json", "json"),
    ("{ __typename }", "application/json, text/event-stream", "json"),
    ("{ __typename }", "text/event-stream;q=0, */*", "json"),
    ("{ __typename }", "*/*", "json"),
    (EVENTS, "text/event-stream", "stream"),
    (EVENTS, "application/json, text/event-stream;q=0.1", "stream"),
    (EVENTS, "application/json, TEXT/*", "stream"),
    (EVENTS, "*/*", "stream"),
    (EVENTS, "application/json", "refused"),
    (EVENTS, "*/*, text/event-stream;q=0", "refused"),
    (EVENTS, "text/event-stream;q=nonsense, application/json", "refused"),
]


async def test_the_accept_header_decides_by_its_weights(gateway: Gateway) -> None:
    for document, accept, wanted in ACCEPTED:
        async with streaming(gateway, document, accept=accept) as stream:
            streamed = stream.reply.content_type == "text/event-stream"
            assert streamed is (wanted == "stream"), (document, accept)
            assert stream.reply.status == (406 if wanted == "refused" else 200)
            if wanted == "refused":
                error = (await stream.reply.json())["errors"][0]
                assert error["extensions"]["code"] == "NOT_ACCEPTABLE"
                assert "text/event-stream" in error["message"]


async def test_a_question_or_a_subscription_may_stand_in_the_address(gateway: Gateway) -> None:
    order_id = await gateway.put()
    url = f"{gateway.url}/graphql"
    headers = {
        "Authorization": f"Bearer {gateway.token()}",
        "Accept": "text/event-stream",
    }

    asked = {"query": ORDER, "variables": f'{{"id": "{order_id}"}}'}
    async with gateway.http.get(url, params=asked, headers=headers) as reply:
        assert (reply.status, reply.content_type) == (200, "text/event-stream")
        await reply.content.readuntil(order_id.encode())
    asked = {"query": documents.CANCEL, "variables": f'{{"id": "{order_id}"}}'}
    async with gateway.http.get(url, params=asked, headers=headers) as reply:
        assert reply.status == 405
    asked = {"query": ORDER, "variables": "{"}
    async with gateway.http.get(url, params=asked, headers=headers) as reply:
        assert reply.status == 400
    asked = {"query": ORDER, "variables": f'{{"id": "{order_id}"}}'}
    async with gateway.http.head(url, params=asked, headers=headers) as reply:
        assert reply.status == 405
    assert (await gateway.do(documents.ORDER, id=order_id))["status"] == "pending"


async def test_a_silent_stream_says_that_it_is_alive(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.live.sse.HEARTBEAT", 0.05)

    async with streaming(gateway, EVENTS) as stream:
        lines = [await asyncio.wait_for(stream.reply.content.readline(), 5) for _ in range(8)]

    assert lines == [b":\n", b"\n"] * 4


async def test_a_token_that_expires_ends_the_stream_and_says_why(gateway: Gateway) -> None:
    order_id = await gateway.put()
    token = gateway.services.access.tokens.issue(
        CallerKind.sales_channel,
        Mode.test,
        application_id="tests",
        life=timedelta(seconds=1),
        order_id=order_id,
    )

    async with streaming(gateway, ORDER, token=token, id=order_id) as stream:
        await stream.next()
        error = (await stream.next()).answer["errors"][0]
        assert (await stream.next()).kind == "complete"
        assert await stream.ends()

    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert listeners(gateway) == 0


async def test_a_client_that_hangs_up_is_noticed_at_once(gateway: Gateway) -> None:
    before = working()

    for _ in range(3):
        async with streaming(gateway, EVENTS):
            await settles(lambda: listeners(gateway), 1)
        await settles(lambda: listeners(gateway), 0)

    await settles(working, before)


async def test_a_change_is_made_to_its_end_though_its_client_has_gone(gateway: Gateway) -> None:
    order_id = await gateway.put()
    gateway.fault("create_session", delay=0.3)

    given = {"orderId": order_id}
    async with streaming(gateway, documents.CREATE_PAYMENT, input=given) as stream:
        await stream.reply.content.readline()
    async with streaming(gateway, ORDER, id=order_id) as watching:
        while (await watching.next()).value["paymentSource"] is None:
            pass
