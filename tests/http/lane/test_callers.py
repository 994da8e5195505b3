"""The fast lane lets nobody in who is not let in elsewhere."""

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from graph.http.rides import Ride
from resolvers.identity.callers import CallerKind
from store.scope import Mode
from tests.gateway import Gateway, running_gateway
from tests.http.lane.asking import LOOK, request, settled, told
from tests.http.wire import Reply, connected


@pytest.mark.parametrize("token", [b"\xff", b"nobody"])
async def test_a_bad_token_is_told_so_however_often_it_comes(
    gateway: Gateway, rides: list[Ride | None], token: bytes
) -> None:
    data = request(gateway).replace(gateway.token().encode(), token)
    async with connected(gateway) as wire:
        replies = [await told(wire, data) for _ in range(3)]

    assert [(reply.status, reply.code) for reply in replies] == [(401, "UNAUTHENTICATED")] * 3
    assert rides == [None] * 3


async def test_whoever_is_not_let_in_takes_no_place_among_the_heads(
    gateway: Gateway, rides: list[Ride | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.http.heads.KEPT", 3)
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        for number in range(5):
            strangers = request(gateway, LOOK, f"X-Number: {number}")
            await told(wire, strangers.replace(gateway.token().encode(), b"nobody"))
        await told(wire, request(gateway))

    assert rides[-1] is not None


async def test_a_token_is_looked_at_for_each_request(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        gateway.services.access.revoke("tests")
        revoked = await told(wire, request(gateway))
        again = await told(wire, request(gateway))

    assert rides[-2:] == [None, None]
    assert (revoked.status, revoked.code) == (401, "UNAUTHENTICATED")
    assert (again.status, again.code) == (401, "UNAUTHENTICATED")


async def test_who_asks_too_much_is_told_so_on_the_lane_too(
    tmp_path: Path, rides: list[Ride | None]
) -> None:
    async with (
        running_gateway(tmp_path, rate=1, rate_burst=300) as gateway,
        connected(gateway) as w,
    ):
        replies: list[Reply] = []
        while not replies or replies[-1].status == 200:
            w.send(request(gateway, "{ __typename }"))
            replies.append(cast("Reply", await w.reply()))
    reply = replies[-1]

    assert rides[-1] is not None
    assert (reply.status, reply.code) == (429, "RATE_LIMITED")
    assert int(reply.headers["retry-after"]) >= 1


async def test_guests_are_told_apart_on_the_lane_by_where_they_ask_from(
    tmp_path: Path, rides: list[Ride | None]
) -> None:
    access: dict[str, Any] = {"guest_access": "order-id", "trusted_proxies": "127.0.0.0/8,::1"}
    async with (
        running_gateway(tmp_path, checkout_rate=1, rate_burst=30, **access) as gateway,
        connected(gateway) as wire,
    ):
        token = gateway.services.access.tokens.issue(
            CallerKind.sales_channel, Mode.test, application_id="shop", life=timedelta(days=1)
        )

        async def asked_from(address: str) -> tuple[int, bool]:
            data = request(gateway, "{ __typename }", f"X-Forwarded-For: {address}")
            reply = await told(wire, data.replace(gateway.token().encode(), token.encode()))
            return reply.status, rides[-1] is not None

        await asked_from("10.0.0.1")
        much = [await asked_from("10.0.0.1") for _ in range(30)]
        other = await asked_from("10.0.0.1, 10.0.0.2")
        odd = [await asked_from("10.0.0.3\xff, 10.0.0.1") for _ in range(2)]

    assert much[-1] == (429, True)
    assert other == (200, True)
    assert odd == [(429, False)] * 2
