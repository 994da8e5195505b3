"""Who asks for too much in too short a time waits, and is told how long."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from graph.execution.rates import Buckets
from tests.gateway import Gateway, running_gateway
from tests.live.talk import streaming, talking

LOOK = "{ orders(first: 20) { nodes { id } } }"  # 21


class Time:
    """Seconds, when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Time:
    return Time()


@pytest_asyncio.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that lets a checkout ask for 30 at once and no more for a long time."""
    async with running_gateway(tmp_path, checkout_rate=0.01, rate_burst=3_000) as running:
        yield running


async def looked(gateway: Gateway, token: str, document: str) -> tuple[int, Any, Any]:
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/graphql-response+json",
    }
    url, body = f"{gateway.url}/graphql", {"query": document}
    async with gateway.http.post(url, json=body, headers=headers) as reply:
        return reply.status, await reply.json(), reply.headers


async def test_a_caller_beyond_its_rate_is_told_when_to_come_again(strict: Gateway) -> None:
    token = strict.token("anorder")
    document = 'mutation { placeOrder(id: "none") { __typename } }'  # 11, and 10 to be read first

    first, second = [await looked(strict, token, document) for _ in range(2)]

    assert (first[0], first[2]["RateLimit-Policy"]) == (294, '"checkout";q=30;w=3000')
    assert first[2]["RateLimit"] == '"checkout";r=9;t=2100'
    assert "Retry-After" not in first[2]
    status, answer, headers = second
    (error,) = answer["errors"]
    assert (status, answer.keys()) == (429, {"errors"})
    assert error["extensions"] == {
        "code": "RATE_LIMITED",
        "limit": 30,
        "value": 11,
        "retryAfter": int(headers["Retry-After"]),
    }
    assert 0 < int(headers["Retry-After"]) <= 200
    assert headers["RateLimit"].startswith('"checkout";r=9;t=')


async def test_one_callers_rate_is_not_anothers(strict: Gateway) -> None:
    one, other = strict.token("one"), strict.token("other")
    document = 'mutation { placeOrder(id: "none") { __typename } }'

    for _ in range(3):
        status, *_ = await looked(strict, one, document)

    assert status == 429
    assert (await looked(strict, other, document))[0] == 294
    assert (await looked(strict, strict.token(), LOOK))[0] == 200


async def test_a_caller_has_one_rate_however_many_ways_it_asks(strict: Gateway) -> None:
    token = strict.token("anorder")
    document = 'mutation { placeOrder(id: "none") { __typename } }'  # 11, and 10 to be read first
    aliases = (
        f"mutation {{ {' '.join(f'a{n}: placeOrder(id: 1) {{ __typename }}' for n in '123')} }}"
    )

    assert (await looked(strict, token, document))[0] == 294
    async with talking(strict, token) as one, talking(strict, token) as other:
        for talk in (one, other):
            await talk.follow(document)
            assert (await talk.failed())["extensions"]["code"] == "RATE_LIMITED"
    async with streaming(strict, document, token=token) as stream:
        streamed = (await stream.next()).answer["errors"][0]["extensions"]["code"]
    fresh = strict.token("another")
    _, answer, _ = await looked(strict, fresh, aliases)

    assert streamed == "RATE_LIMITED"
    assert answer["errors"][0]["extensions"]["value"] == 33


async def test_what_is_refused_costs_what_reading_it_costs(strict: Gateway) -> None:
    token = strict.token("anorder")

    statuses = [(await looked(strict, token, f"{{ nothing{number} }}"))[0] for number in range(4)]

    assert statuses == [400, 400, 400, 429]


async def test_bad_tokens_from_one_address_are_limited_and_good_ones_are_not(
    gateway: Gateway,
) -> None:
    found = [await looked(gateway, "nonsense", LOOK) for _ in range(130)]

    assert {status for status, *_ in found} == {401, 429}
    assert [status for status, *_ in found[:100]] == [401] * 100
    status, answer, headers = found[-1]
    assert (status, answer["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")
    assert int(headers["Retry-After"]) >= 1
    assert (await looked(gateway, gateway.token(), LOOK))[0] == 200


def test_a_bucket_fills_steadily_up_to_its_burst(seconds: Time) -> None:
    buckets = Buckets("x", rate=10, seconds=10, now=seconds)
    waits = []

    for now, cost in [(0, 60), (0, 60), (1, 60), (2, 60), (2, 1), (2.1, 1), (500, 100), (500, 1)]:
        seconds.now = now
        standing = buckets.take("a", cost)
        assert standing is not None
        waits.append((int(standing.left), standing.wait))

    assert waits == [(40, 0), (40, 2), (50, 1), (0, 0), (0, 1), (0, 0), (0, 0), (0, 1)]


def test_what_costs_more_than_a_bucket_waits_for_a_full_one(seconds: Time) -> None:
    buckets = Buckets("x", rate=1, seconds=10, now=seconds)

    first, second = buckets.take("a", 500), buckets.take("a", 500)
    seconds.now = 10
    third = buckets.take("a", 500)

    assert first is not None
    assert second is not None
    assert third is not None
    assert (first.wait, second.wait, third.wait) == (0, 10, 0)


def test_there_are_never_more_buckets_than_are_kept(seconds: Time) -> None:
    buckets = Buckets("x", rate=1, seconds=2, now=seconds, kept=3)

    for caller in "abcdefgcx":
        buckets.take(caller, 2)

    assert len(buckets) == 3
    kept = buckets.take("c", 1)
    assert kept is not None
    assert kept.wait == 1


def test_without_a_rate_nobody_waits(seconds: Time) -> None:
    buckets = Buckets("x", rate=0, seconds=2, now=seconds)

    assert buckets.take("a", 1_000_000) is None
    assert len(buckets) == 0


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 300)), max_size=40))
def test_nobody_ever_takes_more_than_the_burst_and_what_came_since(
    asked: list[tuple[float, int]],
) -> None:
    seconds = Time()
    buckets = Buckets("x", rate=7, seconds=10, now=seconds)
    taken = 0

    for passed, cost in asked:
        seconds.now += passed
        standing = buckets.take("a", cost)
        assert standing is not None
        if not standing.wait:
            taken += min(max(cost, 1), 70)
        assert taken <= 70 + 7 * seconds.now + 1e-6
        assert 0 <= standing.left <= 70
