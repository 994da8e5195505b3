"""Other issuers: whose tokens are good, and what happens while their keys cannot be had."""

import asyncio
import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import orjson
import pytest
import pytest_asyncio
from aiohttp import web

from resolvers.identity import key_sets
from tests import documents
from tests.gateway import Gateway, running_gateway
from tests.live.talk import ORDER, streaming
from tests.permissions.issuer import NAME, PRIVATE, Issuer, issuing, public_text, shown

Json = dict[str, Any]
WHO = """mutation { putOrder(input: {
    reference: "W1", currencyCode: "EUR", subtotalAmountCents: 0, totalTaxAmountCents: 0,
    totalAmountCents: 0, totalAmountWithTaxesCents: 0, lineItems: []
}) { ... on Order { versions { nodes { who } } } } }"""


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as running:
        yield running


@pytest_asyncio.fixture
async def trusting(tmp_path: Path, issuer: Issuer) -> AsyncIterator[Gateway]:
    """A gateway that takes the issuer's tokens."""
    async with running_gateway(tmp_path, **issuer.settings) as gateway:
        yield gateway


async def code(gateway: Gateway, token: str) -> str:
    """What a token is good for: `ok`, or the code of its refusal."""
    status, answer = await gateway.post({"query": "{ orders { totalCount } }"}, token=token)
    found = answer["errors"][0]["extensions"]["code"] if "errors" in answer else "ok"
    assert status == {"ok": 200, "UNAUTHENTICATED": 401, "UNAVAILABLE": 503}[found]
    return str(found)


async def test_a_token_signed_by_a_published_key_is_good(trusting: Gateway, issuer: Issuer) -> None:
    for key in ("rsa", "rsa-512", "ec", "ed"):
        assert await code(trusting, issuer.token(trusting.clock(), key)) == "ok", key


async def test_the_gateways_own_tokens_are_good_beside_them(
    trusting: Gateway, issuer: Issuer
) -> None:
    assert await code(trusting, trusting.token()) == "ok"
    assert issuer.asked == 0


async def test_the_history_names_the_issuer(trusting: Gateway, issuer: Issuer) -> None:
    owner = {"id": "u1", "type": "User"}
    token = issuer.token(trusting.clock(), owner=owner)

    made = await trusting.do(WHO, token=token)

    assert made["versions"]["nodes"][0]["who"] == {
        "application": {"id": "theirs", "kind": "integration", "public": False},
        "owner": owner,
        "issuer": NAME,
    }


def forged(issuer: Issuer, gateway: Gateway) -> dict[str, str]:
    """Tokens that are not good, by what is wrong with them."""
    now = gateway.clock()
    good = issuer.token(now)
    claims = jwt.decode(good, options={"verify_signature": False})
    seconds = int(now.timestamp())

    def by(key: str, algorithm: str, kid: str | None) -> str:
        return jwt.encode(claims, PRIVATE[key], algorithm, {"kid": kid} if kid else {})

    ours = gateway.settings.token_secret.get_secret_value()
    return {
        "no signature": jwt.encode(claims, "", "none", {"kid": "ec"}),
        "a signature that was cut off": good.rpartition(".")[0] + ".",
        "the public key as a secret": with_public_key(claims),
        "our own secret under their name": jwt.encode(claims, ours, "HS256"),
        "our own secret under their key": jwt.encode(claims, ours, "HS256", {"kid": "ec"}),
        "another key of theirs": by("rsa", "RS256", "ec"),
        "another algorithm than the key's": by("rsa", "RS512", "rsa"),
        "a key for RS512 alone": by("rsa-512", "RS256", "rsa-512"),
        "PSS": by("rsa", "PS256", "rsa"),
        "no key named": by("ec", "ES256", None),
        "a key that nobody has": by("next", "ES256", "next"),
        "a key for encrypting": by("encrypting", "ES256", "encrypting"),
        "another curve": by("another curve", "ES384", "another curve"),
        "another issuer": issuer.token(now, iss="https://another.example"),
        "no issuer": issuer.token(now, iss=None),
        "a list of issuers": issuer.token(now, iss=None, iss_=[NAME]),
        "another audience": issuer.token(now, aud="another"),
        "no audience": issuer.token(now, aud=None),
        "no expiry": issuer.token(now, exp=None),
        "an odd expiry": issuer.token(now, exp=float("inf")),
        "expired": issuer.token(now, exp=seconds - 31),
        "not yet": issuer.token(now, nbf=seconds + 31),
        "an odd beginning": issuer.token(now, nbf="later"),
        "no mode": issuer.token(now, test=None),
        "a mode that is a word": issuer.token(now, test="false"),
        "no application": issuer.token(now, application=None),
        "an application without an id": issuer.token(now, application={"kind": "integration"}),
        "an application whose id is no text": issuer.token(
            now, application={"id": {"x": 1}, "kind": "integration"}
        ),
        "half a character": issuer.token(now, application={"id": "\ud800", "kind": "integration"}),
        "half a character in an order": issuer.token(
            now, application={"id": "x", "kind": "sales_channel"}, order="\ud800"
        ),
        "half a character in an owner": issuer.token(now, owner={"id": "\ud800"}),
        "a number that nobody can write": issuer.token(now, owner={"id": 10**30}),
        "another kind": issuer.token(now, application={"id": "x", "kind": "webapp"}),
        "the gateway itself": issuer.token(now, application={"id": "x", "kind": "gateway"}),
        "an integration with an order": issuer.token(now, order="x"),
        "a checkout without one": issuer.token(
            now, application={"id": "x", "kind": "sales_channel"}
        ),
        "an owner that is a word": issuer.token(now, owner="x"),
        "a critical header": jwt.encode(
            claims, PRIVATE["ec"], "ES256", {"kid": "ec", "crit": ["x"], "x": 1}
        ),
    }


def with_public_key(claims: Json) -> str:
    """A token whose secret is the issuer's public key: good, if `alg` were believed."""
    parts = [orjson.dumps({"alg": "HS256", "kid": "ec"}), orjson.dumps(claims)]
    said = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    seal = hmac.new(public_text("ec"), said, hashlib.sha256).digest()
    return b".".join([said, urlsafe_b64encode(seal).rstrip(b"=")]).decode()


async def test_a_token_that_is_not_the_issuers_or_not_for_us_opens_nothing(
    trusting: Gateway, issuer: Issuer
) -> None:
    for wrong, token in forged(issuer, trusting).items():
        assert await code(trusting, token) == "UNAUTHENTICATED", wrong
    assert issuer.asked == 1


async def test_a_clock_that_is_a_little_off_does_no_harm(trusting: Gateway, issuer: Issuer) -> None:
    now = trusting.clock()
    seconds = int(now.timestamp())

    assert await code(trusting, issuer.token(now, exp=seconds - 29)) == "ok"
    assert await code(trusting, issuer.token(now, nbf=seconds + 29)) == "ok"


async def test_a_token_for_nobody_in_particular_is_good_where_nobody_is_named(
    tmp_path: Path, issuer: Issuer
) -> None:
    async with running_gateway(tmp_path, issuers={NAME: issuer.url}) as gateway:
        assert await code(gateway, issuer.token(gateway.clock(), aud=None)) == "ok"
        assert await code(gateway, issuer.token(gateway.clock())) == "UNAUTHENTICATED"


async def test_keys_are_fetched_once_for_all_who_come_at_once(
    trusting: Gateway, issuer: Issuer
) -> None:
    tokens = [issuer.token(trusting.clock(), jti=str(number)) for number in range(20)]

    codes = await asyncio.gather(*(code(trusting, token) for token in tokens))

    assert (set(codes), issuer.asked) == ({"ok"}, 1)


async def test_a_new_key_is_found_and_unknown_ones_are_not_looked_for_all_the_time(
    trusting: Gateway, issuer: Issuer
) -> None:
    assert await code(trusting, issuer.token(trusting.clock())) == "ok"
    issuer.keys.append("next")
    following = issuer.token(trusting.clock(), "next")
    at_once = [await code(trusting, following) for _ in range(3)]
    trusting.clock.advance(key_sets.PAUSE)

    later = [await code(trusting, following) for _ in range(3)]

    assert (at_once, later) == (["UNAUTHENTICATED"] * 3, ["ok"] * 3)
    assert issuer.asked == 2


async def test_a_key_that_was_withdrawn_is_good_no_more_within_the_hour(
    trusting: Gateway, issuer: Issuer
) -> None:
    token = issuer.token(trusting.clock() + timedelta(hours=2))
    known = [await code(trusting, token) for _ in range(4)]  # its head is known too
    issuer.keys.remove("ec")
    trusting.clock.advance(key_sets.FRESH + timedelta(seconds=1))

    meanwhile = await code(trusting, token)
    await fetched(trusting)

    assert ([*known, meanwhile], issuer.asked) == (["ok"] * 5, 2)
    assert await code(trusting, token) == "UNAUTHENTICATED"


async def fetched(gateway: Gateway) -> None:
    """Wait for the issuer's keys, which nobody else does while there are older ones."""
    issuers = gateway.services.access._issuers
    assert issuers is not None
    fetching = issuers._sets[NAME]._asking
    assert fetching is not None
    await fetching


BROKEN: dict[str, Any] = {
    "an error": web.Response(status=500),
    "a redirection": web.Response(status=302),
    "no JSON": web.Response(body=b"<html>"),
    "another document": web.Response(body=b"[]"),
    "no list": web.Response(body=b'{"keys": 1}'),
    "too many keys": web.Response(body=orjson.dumps({"keys": [shown("ec")] * 101})),
    "too much": web.Response(body=orjson.dumps({"keys": [shown("ec")], "x": "x" * 262_144})),
    "nothing in time": 60.0,
}


async def test_while_an_issuer_does_not_answer_nobody_can_tell_whose_its_tokens_are(
    trusting: Gateway, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    token = issuer.token(trusting.clock())

    for asked, (wrong, answer) in enumerate(BROKEN.items(), start=1):
        issuer.answers = [answer]
        codes = [await code(trusting, token) for _ in range(2)]
        trusting.clock.advance(key_sets.PAUSE)

        assert (codes, issuer.asked) == (["UNAVAILABLE"] * 2, asked), wrong
        assert await code(trusting, trusting.token()) == "ok"

    issuer.answers = []
    assert await code(trusting, token) == "ok"


async def test_who_asks_in_vain_is_told_when_to_ask_again(
    trusting: Gateway, issuer: Issuer
) -> None:
    issuer.answers = [web.Response(status=500)]
    headers = {"Authorization": f"Bearer {issuer.token(trusting.clock())}"}

    async with trusting.http.post(f"{trusting.url}/graphql", json={}, headers=headers) as reply:
        answer = await reply.json()

    assert (reply.status, reply.headers["Retry-After"]) == (503, "30")
    assert answer["errors"][0]["extensions"] == {"code": "UNAVAILABLE", "retryable": True}


async def test_keys_go_on_for_a_day_while_their_issuer_does_not_answer(
    trusting: Gateway, issuer: Issuer
) -> None:
    lasting = issuer.token(trusting.clock() + timedelta(days=2))
    assert await code(trusting, lasting) == "ok"
    issuer.answers = [web.Response(status=500)]

    trusting.clock.advance(timedelta(hours=23))
    known = await code(trusting, lasting)
    during = await code(trusting, issuer.token(trusting.clock(), jti="1"))
    unknown = await code(trusting, issuer.token(trusting.clock(), "next"))
    trusting.clock.advance(timedelta(hours=2))
    after = [
        await code(trusting, token) for token in (lasting, issuer.token(trusting.clock(), jti="2"))
    ]

    assert (known, during, unknown) == ("ok", "ok", "UNAVAILABLE")
    assert after == ["UNAVAILABLE"] * 2


async def test_a_stream_whose_token_nobody_can_vouch_for_any_more_says_so(
    trusting: Gateway, issuer: Issuer
) -> None:
    token = issuer.token(trusting.clock() + timedelta(days=2))
    order_id = await trusting.put()

    async with streaming(trusting, ORDER, token=token, id=order_id) as stream:
        await stream.next()
        issuer.answers = [web.Response(status=500)]
        trusting.clock.advance(timedelta(hours=25))
        await code(trusting, issuer.token(trusting.clock()))
        await trusting.do(documents.CANCEL, id=order_id)
        told = await stream.next()

    (error,) = told.answer["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE", "retryable": True}


async def test_what_is_published_beside_good_keys_does_no_harm() -> None:
    listed = [
        *(1, None, {}, {"kid": 1}, {"kid": "a", "kty": "oct", "k": "c2VjcmV0"}),
        *({"kid": "b", "kty": []}, {"kid": "c", "kty": "RSA"}, {"kid": "d", "kty": "EC"}),
        *({"kid": "e", "kty": "EC", "crv": "P-256", "x": 1, "y": "?"}, shown("weak")),
        *({"kid": "f", "kty": "RSA", "n": "AQAB", "e": "AQAB"}, shown("ec") | {"kid": None}),
        *({"kid": "g", **shown("rsa"), "alg": "HS256"}, shown("ed")),
    ]

    assert set(key_sets.keys_of(orjson.dumps({"keys": listed}))) == {"ed"}
