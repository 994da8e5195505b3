"""The fast lane: usual requests are answered there, exactly as they would be elsewhere."""

from pathlib import Path

import pytest

from graph.http.lane import Lane
from graph.http.rides import Ride
from tests.gateway import Gateway, running_gateway
from tests.http.lane.asking import LOOK, request, settled, told
from tests.http.wire import connected
from tests.logs.reading import Lines

LATELY = {"date", "x-request-id", "ratelimit"}
"""The headers that differ from one answer to the next."""
OWN = {"timestamp", "request_id", "ms"}
"""What each line of the log says of its own."""


async def test_what_is_usual_takes_the_lane_and_is_answered_alike(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    async with connected(gateway) as wire:
        ordinary = await settled(gateway, wire, request(gateway))
        before = gateway.services.database.questions
        usual = await told(wire, request(gateway))

    assert rides[0] is None
    assert rides[-1] is not None
    assert gateway.services.database.questions - before == 1
    assert (usual.status, usual.body) == (ordinary.status, ordinary.body)
    assert usual.headers.keys() == ordinary.headers.keys()
    for name in ordinary.headers.keys() - LATELY:
        assert usual.headers[name] == ordinary.headers[name], name


async def test_what_proxies_add_to_each_request_keeps_it_from_no_lane(
    gateway: Gateway, rides: list[Ride | None], lines: Lines
) -> None:
    ids = ["one", "two", "no id", "four"]
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        del rides[:]
        replies = [
            await told(
                wire,
                request(
                    gateway,
                    LOOK,
                    f"X-Request-ID: {name}",
                    f"traceparent: 00-{number:032x}-{number:016x}-01",
                    f"X-Forwarded-For: 10.0.0.{number}, 10.1.1.1",
                    longer="." * number,
                ),
            )
            for number, name in enumerate(ids)
        ]
        twice = await told(wire, request(gateway, LOOK, "X-Request-ID: a", "X-Request-ID: b"))
    named = [reply.headers["x-request-id"] for reply in replies]

    assert [ride is not None for ride in rides] == [True, True, True, True, False]
    assert [named[place] for place in (0, 1, 3)] == ["one", "two", "four"]
    assert len(named[2]) == 16
    assert twice.headers["x-request-id"] == "a"
    assert [line["request_id"] for line in lines.of("request")][-5:] == [*named, "a"]


async def test_a_head_of_too_many_lines_is_refused_though_the_lane_knows_the_rest(
    gateway: Gateway, rides: list[Ride | None]
) -> None:
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway))
        few = await told(wire, request(gateway, LOOK, *["b3: 0"] * 90))
        many = await told(wire, request(gateway, LOOK, *["b3: 0"] * 150))

    assert (few.status, many.status) == (200, 400)
    assert [ride is not None for ride in rides[-2:]] == [True, False]


async def test_an_empty_id_before_a_good_one_counts_on_the_lane_as_elsewhere(
    gateway: Gateway,
) -> None:
    good = "X-Request-ID: good"
    async with connected(gateway) as wire:
        await settled(gateway, wire, request(gateway, LOOK, "X-Request-ID:"))
        usual = await told(wire, request(gateway, LOOK, "X-Request-ID:", good))
        ordinary = await told(wire, request(gateway, LOOK, "X-Request-ID:", good, "TE: trailers"))

    assert len(ordinary.headers["x-request-id"]) == len(usual.headers["x-request-id"]) == 16


@pytest.mark.parametrize("media", ["application/json", "application/graphql-response+json"])
@pytest.mark.parametrize(
    "query",
    [
        "{ klarnaPayment(id: 1) { id } }",
        '{ klarnaPayment(id: "nobody") { id } }',
        'mutation { deleteKlarnaPayment(id: "nobody") { __typename } }',
        'mutation { enableKlarnaGateway(id: "nobody", key: "k") { __typename } }',
        "{ __schema { queryType { name } } }",
        "{ nothing }",
        "{ klarnaGateways(first: 1000) { nodes { id } } }",
    ],
)
async def test_whatever_it_is_it_is_answered_and_logged_on_the_lane_as_elsewhere(
    gateway: Gateway, rides: list[Ride | None], lines: Lines, query: str, media: str
) -> None:
    accept = f"Accept: {media}"
    data = request(gateway, query, accept)
    async with connected(gateway) as wire:
        await told(wire, data)
        ordinary = await told(wire, request(gateway, query, accept, "TE: trailers"))
        usual = await told(wire, data)
    said = [
        [(name, value) for name, value in line.items() if name not in OWN]
        for line in lines.of("request")
    ]

    assert rides[-2] is None
    assert (rides[-1] is None) == ("nothing" in query)
    assert (usual.status, usual.body) == (ordinary.status, ordinary.body)
    assert usual.headers.keys() == ordinary.headers.keys()
    assert said[-1] == said[-2]


async def test_a_page_of_another_origin_is_told_that_it_may_read_it(
    tmp_path: Path, rides: list[Ride | None]
) -> None:
    async with running_gateway(tmp_path, cors_origins=["https://shop.example"]) as gateway:
        data = request(gateway, LOOK, "Origin: https://shop.example")
        other = request(gateway, LOOK, "Origin: https://evil.example")
        async with connected(gateway) as wire:
            await told(wire, data)
            welcome = await told(wire, data)
            await told(wire, other)
            stranger = await told(wire, other)

    assert [ride is not None for ride in rides[-4:]] == [False, True, False, True]
    assert welcome.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in stranger.headers


async def test_a_question_that_fails_is_asked_the_ordinary_way(
    gateway: Gateway, rides: list[Ride | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(gateway) as wire:
        first = await settled(gateway, wire, request(gateway))
        monkeypatch.setattr("graph.compiler.plan.Ready.data", lambda *_: 1 / 0)
        answered = await told(wire, request(gateway))

    assert rides[-1] is not None
    assert answered.body == first.body


async def test_a_bug_on_the_lane_costs_nobody_the_answer(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lane, "take", lambda *_: 1 / 0)
    async with connected(gateway) as wire:
        answered = await told(wire, request(gateway))

    assert answered.status == 200
