"""The gateway's own tokens: verified once, remembered for a while, and never beyond their time."""

import sys
from base64 import urlsafe_b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from graph.settings import throwaway_settings
from resolvers.errors import Unauthenticated
from resolvers.identity import access
from resolvers.identity.access import Access
from resolvers.identity.callers import Caller, CallerKind
from resolvers.identity.tokens import Tokens
from resolvers.klarna.sandbox.clock import AdjustableClock
from store.scope import Mode
from tests.gateway import MORNING, Gateway, SteppingClock, running_gateway

OLD, NEW = "the older of two secrets, but for a comma".replace(",", ""), "n" * 32
DAY = timedelta(days=1)


async def code(gateway: Gateway, token: str) -> str:
    status, answer = await gateway.post({"query": "{ orders { totalCount } }"}, token=token)
    assert status == (401 if "errors" in answer else 200)
    return answer["errors"][0]["extensions"]["code"] if "errors" in answer else "ok"


def issued(secret: str, gateway: Gateway) -> str:
    tokens = Tokens(secret, gateway.services.clock)
    return tokens.issue(CallerKind.integration, Mode.test, application_id="x", life=DAY)


async def test_one_secret_follows_another_without_a_token_failing(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, token_secret=SecretStr(f"{NEW},{OLD}")) as gateway:
        made = gateway.services.access.tokens.issue(
            CallerKind.integration, Mode.test, application_id="x", life=DAY
        )

        assert await code(gateway, issued(OLD, gateway)) == "ok"
        assert await code(gateway, issued(NEW, gateway)) == "ok"
        assert await code(gateway, issued("o" * 32, gateway)) == "UNAUTHENTICATED"
        assert made == issued(NEW, gateway)


@pytest.mark.parametrize("secret", [f"{NEW},short", f"{NEW},", "short"])
def test_every_secret_is_long_enough(secret: str) -> None:
    with pytest.raises(ValidationError, match="at least 32 characters"):
        throwaway_settings(token_secret=SecretStr(secret))


async def test_a_token_is_verified_once_and_its_time_is_looked_at_always(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    read = Tokens.caller

    def noting(tokens: Tokens, token: str) -> Caller:
        verified.append(token)
        return read(tokens, token)

    monkeypatch.setattr(Tokens, "caller", noting)
    token = issued(gateway.settings.token_secret.get_secret_value(), gateway)

    before = [await code(gateway, token) for _ in range(5)]
    gateway.clock.advance(DAY)
    after = [await code(gateway, token) for _ in range(2)]

    assert before == ["ok"] * 5
    assert after == ["UNAUTHENTICATED"] * 2
    assert len(verified) == 2  # and once more, since nobody remembers what is over


async def test_only_so_many_tokens_are_remembered_and_none_in_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access, "REMEMBERED", 3)
    clock = SteppingClock(AdjustableClock.standing(MORNING))
    tokens = Tokens(NEW, clock)
    door = Access(tokens, clock)
    many = [
        tokens.issue(CallerKind.integration, Mode.test, application_id=str(number), life=DAY)
        for number in range(10)
    ]

    for token in [*many, many[7], many[0]]:
        await door.caller(token)

    kept = [caller.application_id for caller in door._known.values()]
    assert kept == ["9", "7", "0"]
    assert not any(token.encode() in digest for digest in door._known for token in many)


def nested() -> str:
    """Something with the shape of a token, that nobody could read to its end."""
    deep = urlsafe_b64encode(b'{"alg":' + b"[" * sys.getrecursionlimit()).decode().rstrip("=")
    return f"{deep}.e30.x"


@pytest.mark.parametrize("token", ["x" * 8_100, "é.é.é", "a.b.c", "..", nested()], ids=range(5))
async def test_what_is_no_token_is_told_so(gateway: Gateway, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}

    async with gateway.http.post(f"{gateway.url}/graphql", json={}, headers=headers) as reply:
        answer = await reply.json()

    assert reply.status == 401
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_token_longer_than_any_is_not_looked_at() -> None:
    clock = SteppingClock(AdjustableClock.standing(MORNING))
    door = Access(Tokens(NEW, clock), clock)

    with pytest.raises(Unauthenticated, match="no access token"):
        await door.caller("x" * (access.LONGEST + 1))


@pytest.mark.parametrize(
    "issuers",
    [
        {"https://a.example": "http://a.example/keys"},
        {"https://a.example": "ftp://a.example/keys"},
        {"https://a.example": "https://"},
        {"https://a.example": "http://127.0.0.1.example/keys"},
        {"https://a.example": 1},
        ["http://a.example"],
        "canary",
        '"canary"',
        "1",
    ],
)
def test_keys_are_fetched_from_safe_addresses_only(issuers: Any) -> None:
    with pytest.raises(ValidationError, match="issuers"):
        throwaway_settings(issuers=issuers)


def test_issuers_are_named_with_their_keys_or_have_them_where_everybody_has() -> None:
    told = throwaway_settings(issuers='{"a": "https://a.example/keys", "b": "http://[::1]:1/keys"}')
    listed = throwaway_settings(issuers='["https://a.example/", "http://localhost:1"]')

    assert told.issuers == {"a": "https://a.example/keys", "b": "http://[::1]:1/keys"}
    assert listed.issuers == {
        "https://a.example/": "https://a.example/.well-known/jwks.json",
        "http://localhost:1": "http://localhost:1/.well-known/jwks.json",
    }
