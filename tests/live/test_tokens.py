"""Tokens of sockets and streams: whose they take, and how those end that are good no more."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from resolvers.identity.callers import CallerKind
from store.scope import Mode
from tests.gateway import Gateway
from tests.live.talk import (
    ORDER,
    streaming,
    talking,
)
from tests.permissions.test_oauth import REVOKE, asking, enrolled, operator, told

NOBODY: dict[str, Any] = {
    "no payload": None,
    "no token": {},
    "an empty one": {"Authorization": ""},
    "no bearer": {"Authorization": "Basic eDp5"},
    "a wrong one": {"Authorization": "Bearer wrong"},
    "null": {"Authorization": None},
    "an object": {"Authorization": {"Bearer": "x"}},
    "of another name": {"token": "Bearer x"},
}


async def test_whoever_is_nobody_is_closed_with_4403(gateway: Gateway) -> None:
    for name, payload in NOBODY.items():
        async with talking(gateway, init=False) as talk:
            await talk.say("connection_init", payload=payload)
            code, reason = await talk.closed()

            assert (code, "token" in reason) == (4403, True), name


async def test_a_token_is_taken_from_the_payload_or_else_from_the_request(gateway: Gateway) -> None:
    token = gateway.token()
    good, bad = {"Authorization": f"Bearer {token}"}, {"Authorization": "Bearer wrong"}
    ways: list[tuple[dict[str, str], dict[str, str]]] = [
        ({}, {"authorization": f"bearer {token}"}),
        ({}, {"AUTHORIZATION": f"BEARER {token}", "other": "1"}),
        (good, {}),
        (bad, good),
    ]

    for headers, payload in ways:
        async with talking(gateway, headers=headers, init=False) as talk:
            await talk.say("connection_init", payload=payload)
            assert await talk.hear() == {"type": "connection_ack"}
    async with talking(gateway, headers=good, init=False) as talk:
        await talk.say("connection_init", payload=bad)
        assert (await talk.closed())[0] == 4403


async def test_a_token_that_expires_closes_the_socket_with_4403(gateway: Gateway) -> None:
    order_id = await gateway.put()
    token = gateway.services.access.tokens.issue(
        CallerKind.sales_channel,
        Mode.test,
        application_id="tests",
        life=timedelta(seconds=1),
        order_id=order_id,
    )

    async with talking(gateway, token) as waiting, talking(gateway, token) as asking:
        await waiting.follow(ORDER, id=order_id)
        await waiting.next()
        gateway.clock.advance(timedelta(seconds=1))
        await asking.follow(ORDER, id=order_id)

        for talk in (asking, waiting):
            code, reason = await talk.closed()
            assert (code, "expired" in reason) == (4403, True)


async def test_whoever_is_revoked_is_hung_up_on_at_once_though_there_is_no_news(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()
    client_id, secret, made = await enrolled(gateway)
    _, answer, _ = await asking(gateway, data=told(client_id, secret))
    token = answer["access_token"]

    async with AsyncExitStack() as stack:
        silent, talk = [await stack.enter_async_context(talking(gateway, token)) for _ in range(2)]
        another = await stack.enter_async_context(talking(gateway))
        following = streaming(gateway, ORDER, token=token, id=order_id)
        stream = await stack.enter_async_context(following)
        await talk.follow(ORDER, id=order_id)
        await talk.next()
        await stream.next()
        await gateway.do(REVOKE, token=operator(gateway), id=made["id"])
        closed = [await one.closed() for one in (silent, talk)]
        error = (await stream.next()).answer["errors"][0]
        end = await stream.next()
        assert await another.silent()

    assert closed == [(4403, "The access token's application is revoked.")] * 2
    assert (error["extensions"]["code"], end.kind) == ("UNAUTHENTICATED", "complete")


async def test_a_token_that_is_good_no_more_is_told_nothing_more(gateway: Gateway) -> None:
    order_id = await gateway.put()

    async with talking(gateway) as talk, streaming(gateway, ORDER, id=order_id) as stream:
        await talk.follow(ORDER, id=order_id)
        await talk.next()
        await stream.next()
        gateway.services.access.on_revoked = lambda _: None  # as if nobody hung up
        gateway.services.access.revoke("tests")
        gateway.services.database.announcements.announce([order_id])
        code, reason = await talk.closed()
        error = (await stream.next()).answer["errors"][0]
        end = await stream.next()

    assert (code, "revoked" in reason) == (4403, True)
    assert (error["extensions"]["code"], end.kind) == ("UNAUTHENTICATED", "complete")
