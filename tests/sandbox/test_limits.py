"""How much and how often a merchant may call."""

import pytest

from resolvers.klarna.sandbox.merchants import Credential
from tests.sandbox.shop import Shop, a_sandbox, error


def test_without_the_switch_there_is_no_limit_and_no_header(shop: Shop) -> None:
    replies = [shop.create() for _ in range(100)]

    assert {reply.status for reply in replies} == {200}
    assert replies[0].header("X-Ratelimit-Limit") is None


@pytest.mark.parametrize(
    ("environment", "region", "sessions", "others"),
    [("playground", "eu", 5, 50), ("production", "live/eu", 40, 200)],
)
def test_sessions_and_everything_else_have_their_own_quota(
    environment: str, region: str, sessions: int, others: int
) -> None:
    live = Credential("live", "secret", environment="production")
    test = Credential("test", "secret")
    credential = live if environment == "production" else test
    shop = Shop(a_sandbox(live, test, rate_limits=True), credential, region)

    created = [shop.create() for _ in range(sessions + 1)]
    read = [shop.call("GET", "payments/v1/sessions/x") for _ in range(others + 1)]

    assert [reply.status for reply in created] == [200] * sessions + [429]
    assert [reply.status for reply in read] == [404] * others + [429]
    assert error(created[-1])[1] == "TOO_MANY_REQUESTS"


def test_a_quota_is_told_in_headers_and_refills_every_second() -> None:
    shop = Shop(a_sandbox(rate_limits=True))

    replies = [shop.create() for _ in range(6)]
    shop.wait(seconds=1)

    headers = ("X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset")
    assert [replies[0].header(name) for name in headers] == ["5", "4", "1"]
    assert [replies[5].header(name) for name in headers] == ["5", "0", "1"]
    assert shop.create().status == 200


def test_a_refused_call_leaves_no_trace() -> None:
    shop = Shop(a_sandbox(rate_limits=True))

    for _ in range(7):
        shop.create()

    assert shop.effects() == ["session_created"] * 5


def test_a_body_over_a_megabyte_is_too_large(shop: Shop) -> None:
    megabyte = 1024 * 1024

    fits = shop.send("POST", "payments/v1/sessions", b" " * megabyte)
    does_not = shop.send("POST", "payments/v1/sessions", b" " * (megabyte + 1))

    assert fits.status == 400
    assert error(does_not)[:2] == (413, "REQUEST_TOO_LARGE")
