"""`POST /oauth/token`: who gets a token, in which ways one may ask, and each way to be refused."""

import hmac
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import jwt
import pytest
from aiohttp import encode_basic_auth

from resolvers.identity.callers import CallerKind
from store.scope import Mode
from tests.gateway import Gateway, running_gateway

Json = dict[str, Any]
CREATE = """
mutation ($kind: ApplicationKind!) {
  createApplication(input: { name: "Back office", kind: $kind }) {
    ... on NewApplication { application { id clientId kind mode } clientSecret }
  }
}
"""
REVOKE = """
mutation ($id: ID!) { revokeApplication(id: $id) { ... on Application { revokedAt revokedBy } } }
"""


def operator(gateway: Gateway, mode: Mode = Mode.test) -> str:
    return gateway.token(kind=CallerKind.operator, mode=mode)


async def enrolled(
    gateway: Gateway, kind: str = "integration", mode: Mode = Mode.test
) -> tuple[str, Any, Json]:
    """A new application: its id for itself, its secret, and what else is told of it."""
    made = await gateway.do(CREATE, token=operator(gateway, mode), kind=kind)
    return made["application"]["clientId"], made["clientSecret"], made["application"]


async def asking(gateway: Gateway, **how: Any) -> tuple[int, Json, Any]:
    """What an application is answered: status, body and headers."""
    async with gateway.http.post(f"{gateway.url}/oauth/token", **how) as reply:
        return reply.status, await reply.json(), reply.headers


def told(client_id: str, secret: str | None, **more: str) -> Json:
    """What an application says of itself in a body."""
    said = {"grant_type": "client_credentials", "client_id": client_id, **more}
    return said if secret is None else said | {"client_secret": secret}


@pytest.mark.parametrize("way", ["form", "json", "basic", "basic and named", "scope"])
async def test_an_application_gets_a_token_whichever_way_it_asks(
    gateway: Gateway, way: str
) -> None:
    client_id, secret, told_of = await enrolled(gateway)
    basic = {"Authorization": encode_basic_auth(quote_plus(client_id), quote_plus(secret))}
    grant = {"grant_type": "client_credentials"}
    ways: dict[str, Json] = {
        "form": {"data": told(client_id, secret)},
        "json": {"json": told(client_id, secret)},
        "basic": {"data": grant, "headers": basic},
        "basic and named": {"data": grant | {"client_id": client_id}, "headers": basic},
        "scope": {"data": told(client_id, secret, scope="market:all")},
    }

    status, answer, headers = await asking(gateway, **ways[way])
    token = answer.pop("access_token")

    assert status == 200
    assert answer == {
        "token_type": "bearer",
        "expires_in": 7200,
        "scope": "market:all",
        "created_at": int(gateway.clock().timestamp()),
    }
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Type"].startswith("application/json")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["application"] == {"id": told_of["id"], "kind": "integration", "public": False}
    assert await gateway.ask("{ orders { totalCount } }", token=token)


@pytest.mark.parametrize("kind", ["integration", "operator"])
@pytest.mark.parametrize("mode", list(Mode))
async def test_a_token_is_of_its_applications_kind_and_mode(
    gateway: Gateway, kind: str, mode: Mode
) -> None:
    client_id, secret, _ = await enrolled(gateway, kind, mode)

    _, answer, _ = await asking(gateway, data=told(client_id, secret))

    read = await gateway.services.access.caller(answer["access_token"])
    assert (read.kind, read.mode) == (kind, mode)
    assert read.expires_at - gateway.clock() == timedelta(hours=2)


def refused(client_id: str, secret: str) -> dict[str, tuple[Json, int, str]]:
    """Requests that get no token, each with its status and its word."""
    basic = {"Authorization": encode_basic_auth(client_id, secret)}
    wrong = {"Authorization": encode_basic_auth(client_id, "wrong")}
    good = told(client_id, secret)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    as_json = {"Content-Type": "application/json"}
    grant = {"grant_type": "client_credentials"}
    return {
        "nothing": ({"data": b""}, 400, "invalid_request"),
        "another type": (
            {"data": b"x", "headers": {"Content-Type": "x/y"}},
            400,
            "invalid_request",
        ),
        "no grant": ({"data": {"client_id": client_id}}, 400, "invalid_request"),
        "an empty grant": ({"data": good | {"grant_type": ""}}, 400, "invalid_request"),
        "another grant": (
            {"data": good | {"grant_type": "password"}},
            400,
            "unsupported_grant_type",
        ),
        "a market": ({"data": good | {"scope": "market:id:1"}}, 400, "invalid_scope"),
        "no client": ({"data": grant}, 401, "invalid_client"),
        "another client": ({"data": good | {"client_id": "x"}}, 401, "invalid_client"),
        "another secret": ({"data": good | {"client_secret": "x"}}, 401, "invalid_client"),
        "no secret": ({"data": told(client_id, None)}, 401, "invalid_client"),
        "an odd secret": ({"data": good | {"client_secret": "é\0"}}, 401, "invalid_client"),
        "a wrong header": ({"data": grant, "headers": wrong}, 401, "invalid_client"),
        "no Basic": (
            {"data": grant, "headers": {"Authorization": "Bearer x"}},
            401,
            "invalid_client",
        ),
        "broken Basic": (
            {"data": grant, "headers": {"Authorization": "Basic é"}},
            401,
            "invalid_client",
        ),
        "told twice": ({"data": good, "headers": basic}, 400, "invalid_request"),
        "two clients": (
            {"data": grant | {"client_id": "x"}, "headers": basic},
            400,
            "invalid_request",
        ),
        "a parameter twice": (
            {"data": "grant_type=client_credentials&scope=a&scope=b", "headers": form},
            400,
            "invalid_request",
        ),
        "a number": ({"json": good | {"client_secret": 1}}, 400, "invalid_request"),
        "a list": ({"json": [1]}, 400, "invalid_request"),
        "no JSON": ({"data": b"{", "headers": as_json}, 400, "invalid_request"),
        "no text": ({"data": b"\xff", "headers": form}, 400, "invalid_request"),
        "too many fields": ({"data": "a=1&" * 30, "headers": form}, 400, "invalid_request"),
        "too much": ({"data": b"x" * 300_000, "headers": form}, 413, "invalid_request"),
    }


async def test_every_other_request_is_refused_in_oauths_words(gateway: Gateway) -> None:
    client_id, secret, _ = await enrolled(gateway)

    for wrong, (how, status, word) in refused(client_id, secret).items():
        found, answer, headers = await asking(gateway, **how)

        assert (found, answer["error"]) == (status, word), wrong
        assert set(answer) == {"error", "error_description"}
        assert headers["Cache-Control"] == "no-store"
        basic = "Authorization" in how.get("headers", {}) and status == 401
        assert headers.get("WWW-Authenticate", "").startswith("Basic") == basic, wrong
        assert secret not in str(answer)


async def test_a_client_that_does_not_exist_costs_what_a_wrong_secret_costs(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id, _, _ = await enrolled(gateway)
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def noting(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return bool(compare(one, other))

    monkeypatch.setattr(hmac, "compare_digest", noting)
    costs, answers = [], []
    for name in (client_id, "nobody"):
        before = gateway.services.database.questions
        answers.append((await asking(gateway, data=told(name, "wrong")))[:2])
        costs.append(gateway.services.database.questions - before)

    assert costs[0] == costs[1] == 1
    assert compared == [(64, 64), (64, 64)]
    assert answers[0] == answers[1]


async def test_wrong_secrets_are_limited_and_right_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.app.BAD_TOKENS", (0.001, 5_000))
    proxies = "127.0.0.0/8,::1"
    async with running_gateway(tmp_path, trusted_proxies=proxies) as gateway:
        client_id, secret, _ = await enrolled(gateway)
        basic = {"Authorization": encode_basic_auth(client_id, "wrong")}
        grant = {"grant_type": "client_credentials"}

        async def told_from(address: str, **how: Any) -> tuple[int, Json, Any]:
            headers = how.pop("headers", {}) | {"X-Forwarded-For": address}
            return await asking(gateway, headers=headers, **how)

        flood = [await told_from("192.0.2.1", data=told(f"x{n}", "wrong")) for n in range(6)]
        by_basic = await told_from("192.0.2.1", data=grant, headers=basic)
        for_client = [
            await told_from(f"192.0.2.{n}", data=told(client_id, "wrong")) for n in range(2, 8)
        ]
        right = await told_from("192.0.2.1", data=told(client_id, secret))
        neighbour = await told_from("192.0.2.1", data={"grant_type": "client_credentials"})

    assert [status for status, *_ in flood] == [401] * 5 + [429]
    assert [status for status, *_ in for_client] == [401] * 4 + [429] * 2
    assert (by_basic[0], right[0], neighbour[0]) == (429, 200, 401)
    for _, answer, headers in (flood[-1], by_basic, for_client[-1]):
        assert answer["error"] == "temporarily_unavailable"
        assert set(answer) == {"error", "error_description"}
        assert 0 < int(headers["Retry-After"]) <= 1_000
        assert headers["Cache-Control"] == "no-store"
        assert "WWW-Authenticate" not in headers


async def test_a_storefront_gets_a_token_only_where_guests_are_let_in(
    gateway: Gateway, tmp_path: Path
) -> None:
    client_id, secret, _ = await enrolled(gateway, "sales_channel")
    status, answer, _ = await asking(gateway, data=told(client_id, None))

    assert secret is None
    assert (status, answer["error"]) == (400, "unauthorized_client")
    assert "createCheckoutToken" in answer["error_description"]
    async with running_gateway(tmp_path / "open", guest_access="order-id") as hospitable:
        client_id, _, _ = await enrolled(hospitable, "sales_channel")
        order_id = await hospitable.put()
        _, answer, _ = await asking(hospitable, data=told(client_id, None))
        status, _, _ = await asking(hospitable, data=told(client_id, "a secret"))
        seen = await hospitable.do(
            "query ($id: ID!) { order(id: $id) { id } }", token=answer["access_token"], id=order_id
        )

    assert seen == {"id": order_id}
    assert status == 401


async def test_a_revoked_application_gets_no_token(gateway: Gateway) -> None:
    client_id, secret, application = await enrolled(gateway)
    await gateway.do(REVOKE, token=operator(gateway), id=application["id"])

    status, answer, _ = await asking(gateway, data=told(client_id, secret))

    assert (status, answer["error"]) == (401, "invalid_client")
