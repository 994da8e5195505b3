"""`graphql-transport-ws`, message by message: what is answered, and what closes the socket."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from graph.execution.documents import hash_of
from tests import documents
from tests.gateway import Gateway, running_gateway
from tests.live.talk import (
    EVENTS,
    ORDER,
    PROTOCOL,
    CutOff,
    Talk,
    listeners,
    settles,
    talking,
)
from tests.logs.reading import Lines

HELLO = {"query": "{ __typename }"}
BROKEN: dict[str, str] = {
    "no JSON": "{",
    "nothing": "",
    "a number": "1",
    "a list": '[{"type": "ping"}]',
    "too deep": "[" * 5_000,
    "no type": "{}",
    "a type that is no text": '{"type": ["ping"]}',
    "an unknown type": '{"type": "start", "id": "1"}',
    "the server's type": '{"type": "next", "id": "1", "payload": {}}',
    "the server's acknowledgement": '{"type": "connection_ack"}',
    "a payload that is a list": '{"type": "ping", "payload": []}',
    "a payload that is a text": '{"type": "connection_init", "payload": "x"}',
    "no id": json.dumps({"type": "subscribe", "payload": HELLO}),
    "an empty id": json.dumps({"type": "subscribe", "id": "", "payload": HELLO}),
    "an id that is a number": json.dumps({"type": "subscribe", "id": 1, "payload": HELLO}),
    "an id that is too long": json.dumps({"type": "subscribe", "id": "x" * 256, "payload": HELLO}),
    "no operation": '{"type": "subscribe", "id": "1"}',
    "no query": '{"type": "subscribe", "id": "1", "payload": {}}',
    "a query that is no text": '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
    "variables that are a list": json.dumps(
        {"type": "subscribe", "id": "1", "payload": HELLO | {"variables": []}}
    ),
    "a name that is a number": json.dumps(
        {"type": "subscribe", "id": "1", "payload": HELLO | {"operationName": 1}}
    ),
    "completing nothing": '{"type": "complete"}',
}


async def test_messages_of_no_such_kind_close_the_socket_with_4400(gateway: Gateway) -> None:
    for name, text in BROKEN.items():
        async with talking(gateway) as talk:
            await talk.socket.send_str(text)
            code, reason = await talk.closed()

            assert (code, bool(reason)) == (4400, True), name
    async with talking(gateway) as talk:
        await talk.socket.send_bytes(b'{"type": "ping"}')
        assert await talk.closed() == (4400, "Messages are texts.")


async def test_another_subprotocol_or_none_is_closed_with_4406(gateway: Gateway) -> None:
    wrong: list[tuple[str, ...]] = [(), ("graphql-ws",), ("graphql-ws", "soap")]

    for protocols in wrong:
        async with talking(gateway, protocols=protocols, init=False) as talk:
            assert await talk.closed() == (4406, "Subprotocol not acceptable")


async def test_ours_is_taken_of_several_subprotocols(gateway: Gateway) -> None:
    async with talking(gateway, protocols=("graphql-ws", PROTOCOL)) as talk:
        assert talk.socket.protocol == PROTOCOL


async def test_a_silent_client_is_closed_with_4408(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.live.conversation.INIT_WITHIN", 0.2)

    async with talking(gateway, init=False) as talk:
        await talk.say("ping")
        assert await talk.hear() == {"type": "pong"}
        assert (await talk.closed())[0] == 4408
    async with talking(gateway) as talk:  # whoever was let in in time stays
        await asyncio.sleep(0.4)
        assert await talk.silent()


async def test_a_second_init_is_closed_with_4429(gateway: Gateway) -> None:
    async with talking(gateway) as talk:
        await talk.say("connection_init", payload={"Authorization": f"Bearer {gateway.token()}"})

        assert await talk.closed() == (4429, "Too many initialisation requests")


async def test_an_operation_before_the_acknowledgement_is_closed_with_4401(
    gateway: Gateway,
) -> None:
    async with talking(gateway, init=False) as talk:
        await talk.say("subscribe", "1", HELLO)

        assert await talk.closed() == (4401, "Unauthorized")


async def test_an_id_in_use_is_closed_with_4409(gateway: Gateway) -> None:
    for id in ("1", "\N{SNOWMAN}" * 200):
        async with talking(gateway) as talk:
            await talk.follow(EVENTS, id)
            await talk.say("subscribe", id, HELLO)

            code, reason = await talk.closed()
            assert code == 4409
            assert reason.startswith(f"Subscriber for {id}"[:40])


async def test_an_id_is_free_again_once_its_operation_is_over(gateway: Gateway) -> None:
    async with talking(gateway) as talk:
        for _ in range(3):
            await talk.say("subscribe", "1", HELLO)
            assert await talk.next() == "Query"
            assert await talk.complete()
        for _ in range(3):
            await talk.follow(EVENTS)
            await talk.say("complete", "1")
        await talk.say("complete", "of nothing")
        await talk.say("subscribe", "1", {"query": "{"})
        assert (await talk.failed())["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
        await talk.say("subscribe", "1", HELLO)
        assert await talk.next() == "Query"


async def test_both_sides_ping_and_pong(gateway: Gateway) -> None:
    async with talking(gateway) as talk:
        await talk.say("ping")
        assert await talk.hear() == {"type": "pong"}
        await talk.say("ping", payload={"at": 1})
        assert await talk.hear() == {"type": "pong", "payload": {"at": 1}}
        await talk.say("pong", payload={"unasked": True})
        assert await talk.silent()


async def test_a_server_asks_whether_its_client_is_alive(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.live.sockets.HEARTBEAT", 0.2)
    url = f"{gateway.url}/graphql"

    async with gateway.http.ws_connect(url, protocols=[PROTOCOL], autoping=False) as socket:
        talk = Talk(socket)
        await talk.init(gateway.token())
        assert (await socket.receive(5)).type is aiohttp.WSMsgType.PING
        with pytest.raises(CutOff):
            await asyncio.wait_for(talk.hear(), 5)  # it does not answer, and is given up


async def test_what_is_wrong_with_an_operation_ends_it_alone(gateway: Gateway) -> None:
    wrong: dict[str, Any] = {
        "GRAPHQL_PARSE_FAILED": {"query": "subscription {"},
        "GRAPHQL_VALIDATION_FAILED": {"query": "subscription { nothing }"},
        "BAD_USER_INPUT": {"query": ORDER, "variables": {"id": 1.5}},
    }
    async with talking(gateway) as talk:
        await talk.follow(EVENTS, "events")
        for code, payload in wrong.items():
            await talk.say("subscribe", "1", payload)
            assert (await talk.failed())["extensions"]["code"] == code
        await talk.say(
            "subscribe", "1", {"query": "query A { a: __typename } query B { order { id } }"}
        )
        assert (await talk.failed())["extensions"]["code"] == "BAD_USER_INPUT"
        two = "subscription { eventStores { id } again: eventStores { id } }"
        await talk.say("subscribe", "1", {"query": two})
        assert (await talk.failed())["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        await settles(lambda: listeners(gateway), 1)
        await gateway.put()
        assert (await talk.next("events"))["resourceType"] == "orders"


async def test_questions_and_changes_are_answered_as_over_http(gateway: Gateway) -> None:
    order_id = await gateway.put()
    named = "query A { __typename } query B($id: ID!) { order(id: $id) { id } }"

    async with talking(gateway) as talk:
        payload = {"query": named, "operationName": "B", "variables": {"id": order_id}}
        await talk.say("subscribe", "q", payload)
        assert await talk.next("q") == {"id": order_id}
        assert await talk.complete("q")
        await talk.follow(documents.CREATE_PAYMENT, "m", input={"orderId": order_id})
        assert (await talk.next("m"))["status"] == "OPEN"
        assert await talk.complete("m")
        await talk.follow(documents.CREATE_PAYMENT, "m", input={"orderId": "nobody"})
        partly = (await talk.hear())["payload"]
        assert partly["data"] == {"createKlarnaPayment": None}
        assert partly["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert await talk.complete("m")


async def test_a_document_may_be_asked_for_by_its_hash(gateway: Gateway) -> None:
    document = "query Which { __typename }"
    hashed = {"version": 1, "sha256Hash": hash_of(document)}
    payload: dict[str, Any] = {"extensions": {"persistedQuery": hashed}}

    async with talking(gateway) as talk:
        await talk.say("subscribe", "1", payload)
        error = await talk.failed()
        await talk.say("subscribe", "1", payload | {"query": document})
        assert await talk.next() == "Query"
        assert await talk.complete()
        await talk.say("subscribe", "1", payload)
        assert await talk.next() == "Query"

    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_pages_of_other_origins_open_no_sockets_where_origins_are_named(
    tmp_path: Path,
) -> None:
    async with running_gateway(tmp_path, cors_origins=("https://shop.example",)) as gateway:
        own = gateway.url.replace("http://", "https://")
        for origin in ("https://shop.example", own, gateway.url):
            async with talking(gateway, headers={"Origin": origin}) as talk:
                assert await talk.silent()
        elsewhere = ("https://elsewhere.example", "https://shop.example.org", f"{own}.org")
        for origin in (*elsewhere, "null", "x", "http://[", "http://\u2100"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with talking(gateway, headers={"Origin": origin}):
                    pass
            assert refused.value.status == 403, origin
        async with talking(gateway) as talk:
            assert await talk.silent()


async def test_a_change_is_made_to_its_end_though_nobody_waits_for_it(gateway: Gateway) -> None:
    order_id = await gateway.put()
    other = await gateway.put(reference="another")
    gateway.fault("create_session", delay=0.3)

    async with talking(gateway) as talk:
        await talk.follow(documents.CREATE_PAYMENT, "left", input={"orderId": order_id})
        await talk.say("complete", "left")
        assert await talk.silent()
        await talk.follow(documents.CREATE_PAYMENT, "gone", input={"orderId": other})
        assert await talk.silent()
    for id in (order_id, other):
        async with talking(gateway) as talk:
            await talk.follow(ORDER, id=id)
            while (await talk.next())["paymentSource"] is None:
                pass


async def test_each_operation_of_a_socket_is_a_line_of_the_log(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id = await gateway.put()
    lines = Lines(capsys)

    async with talking(gateway, gateway.token(order_id)) as talk:
        await talk.follow(f"subscription Mine {ORDER.strip().removeprefix('subscription')}", id="x")
        await talk.failed()
        await talk.say("subscribe", "2", {"query": "query Which { __typename }"})
        await talk.next("2")
        assert await talk.complete("2")
    async with talking(gateway):
        pass

    written = [
        (line["operation_name"], line["operation_type"], line["codes"], line["order"])
        for line in lines.of("operation")
    ]
    assert written == [
        ("Mine", "subscription", ["NOT_FOUND"], order_id),
        ("Which", "query", [], order_id),
    ]


async def test_a_request_that_only_pretends_to_open_a_socket_is_refused(gateway: Gateway) -> None:
    url = f"{gateway.url}/graphql"
    pretending: list[tuple[str, dict[str, str], int]] = [
        ("GET", {"Upgrade": "websocket"}, 400),
        ("GET", {"Upgrade": "websocket", "Connection": "Upgrade"}, 400),
        ("POST", {"Upgrade": "websocket", "Connection": "Upgrade"}, 401),
        ("GET", {"Upgrade": "h2c", "Connection": "Upgrade"}, 401),
    ]

    for method, headers, status in pretending:
        async with gateway.http.request(method, url, headers=headers) as reply:
            assert reply.status == status, (method, headers)
            assert (await reply.json())["errors"]
