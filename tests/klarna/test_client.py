"""The client: one method for each endpoint, and a meaning for every answer."""

import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from resolvers.klarna.client import Klarna, base_url
from resolvers.klarna.errors import Busy, KlarnaProblem, Refused, Silent, Unauthorized, Unreachable
from resolvers.klarna.lanes import Lane, Pace
from resolvers.klarna.logins import Login, Only
from resolvers.klarna.sandbox.clock import AdjustableClock
from resolvers.klarna.sandbox.faults import Fault
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.sandbox.options import Options
from resolvers.klarna.sandbox.sandbox import Sandbox
from tests.klarna.transport import SandboxTransport

LOGIN = Credential("K0001_merchant", "klarna_test_api_canary_secret")
OTHER = Credential("K0001_other", "klarna_test_api_canary_other", merchant=LOGIN.username)
LINE = {
    "name": "Shoes",
    "quantity": 1,
    "unit_price": 100_00,
    "total_amount": 100_00,
    "tax_rate": 2500,
    "total_tax_amount": 20_00,
}
BODY = {
    "purchase_country": "SE",
    "purchase_currency": "SEK",
    "locale": "sv-SE",
    "order_amount": 100_00,
    "order_tax_amount": 20_00,
    "order_lines": [LINE],
}


class Account:
    """A merchant account at the sandbox."""

    def __init__(self) -> None:
        clock = AdjustableClock.standing(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        self.sandbox = Sandbox(clock=clock, credentials=[LOGIN], options=Options(strict_tax=True))
        self.transport = SandboxTransport(self.sandbox)
        self.klarna = self.with_password(LOGIN.password)

    def with_password(self, password: str) -> Klarna:
        lane = Lane(Pace(attempts=1))
        login = Only(Login(LOGIN.username, password))
        return Klarna(self.transport, "http://sandbox/eu/", login, lane)

    async def token(self) -> str:
        session = await self.klarna.create_session(BODY, key=key())
        answer = self.sandbox.shopper(session.session_id, "authorize", {})
        token: str = answer["authorization_token"]
        return token

    async def order(self) -> str:
        placed = await self.klarna.place_order(await self.token(), BODY, key=key())
        return placed.order_id

    def fault(self, **fault: Any) -> None:
        self.sandbox.inject(Fault(operation="*", **fault))


@pytest.fixture
def account() -> Account:
    return Account()


def key() -> str:
    return str(uuid.uuid4())


@pytest.mark.parametrize(
    ("region", "live", "url"),
    [
        ("EU", True, "https://api.klarna.com"),
        ("US", True, "https://api-na.klarna.com"),
        ("OC", True, "https://api-oc.klarna.com"),
        ("EU", False, "https://api.playground.klarna.com"),
        ("US", False, "https://api-na.playground.klarna.com"),
        ("OC", False, "https://api-oc.playground.klarna.com"),
    ],
)
def test_each_region_and_environment_has_its_host(region: Any, live: bool, url: str) -> None:
    assert base_url(region, live=live) == url


async def test_a_session_is_created_read_and_updated(account: Account) -> None:
    created = await account.klarna.create_session(BODY, key=key())
    changed = BODY | {
        "order_amount": 200_00,
        "order_tax_amount": 40_00,
        "order_lines": [LINE, LINE],
    }
    await account.klarna.update_session(created.session_id, changed, key=key())

    read = await account.klarna.session(created.session_id)

    assert created.categories == read.categories
    assert created.client_token is not None
    assert read.client_token is not None
    assert (read.order_amount, read.complete, read.authorization_token) == (200_00, False, None)
    assert read.expires_at == "2026-03-04T09:00:00.000Z"


async def test_a_placed_order_is_captured_refunded_and_released(account: Account) -> None:
    order_id = await account.order()
    klarna = account.klarna

    capture_id = await klarna.capture(order_id, 60_00, reference="r", key=key())
    refund_id = await klarna.refund(order_id, 10_00, reference="r", key=key())
    await klarna.extend(order_id, key=key())
    await klarna.update_references(order_id, "W1", "", key=key())
    await klarna.release(order_id, key=key())

    order = await klarna.order(order_id)
    (capture,) = await klarna.captures(order_id)
    assert capture["capture_id"] == capture_id
    assert [refund["refund_id"] for refund in order.refunds] == [refund_id]
    assert (order.captured_amount, order.refunded_amount) == (60_00, 10_00)
    assert (order.status, order.remaining_authorized_amount) == ("CAPTURED", 0)


async def test_an_order_without_captures_is_cancelled(account: Account) -> None:
    order_id = await account.order()

    await account.klarna.cancel(order_id, key=key())

    assert (await account.klarna.order(order_id)).status == "CANCELLED"


async def test_an_authorization_is_given_up(account: Account) -> None:
    token = await account.token()

    await account.klarna.cancel_authorization(token, key=key())

    with pytest.raises(Refused) as no:
        await account.klarna.place_order(token, BODY, key=key())
    assert (no.value.status, no.value.code) == (404, "NOT_FOUND")


async def test_the_same_key_captures_once(account: Account) -> None:
    order_id = await account.order()
    once = key()

    first = await account.klarna.capture(order_id, 60_00, reference="r", key=once)
    second = await account.klarna.capture(order_id, 60_00, reference="r", key=once)

    assert first == second
    assert (await account.klarna.order(order_id)).captured_amount == 60_00


PAYMENTS_CODES = [
    (400, "BAD_REQUEST"),
    (400, "BAD_VALUE"),
    (403, "INVALID_OPERATION"),
    (403, "MERCHANT_INACTIVE"),
    (403, "REJECTED"),
    (403, "PERMISSION_DENIED"),
    (404, "NOT_FOUND"),
    (404, "SESSION_COMPLETED"),
    (409, "BAD_VALUE"),
]
ORDER_CODES = [
    (400, "INVALID_ORDER_ID"),
    (404, "NOT_FOUND"),
    (403, "CAPTURE_NOT_ALLOWED"),
    (403, "CANCEL_NOT_ALLOWED"),
    (403, "REFUND_NOT_ALLOWED"),
    (403, "NOT_ALLOWED"),
    (404, "NO_SUCH_ORDER"),
    (404, "NO_SUCH_CAPTURE"),
    (409, "CONFLICT"),
    (413, "REQUEST_TOO_LARGE"),
    (422, "UNPROCESSABLE_ENTITY"),
    (422, "INVALID_ADDRESS"),
]


@pytest.mark.parametrize(("status", "code"), PAYMENTS_CODES + ORDER_CODES)
async def test_a_refusal_keeps_klarnas_status_code_and_words(
    account: Account, status: int, code: str
) -> None:
    account.fault(status=status, error_code=code, error_messages=("Because.",))

    with pytest.raises(Refused) as no:
        await account.klarna.session("x")

    assert (no.value.status, no.value.code, no.value.messages) == (status, code, ("Because.",))
    assert no.value.correlation_id
    assert code in str(no.value)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "INTERNAL_SERVER_ERROR"),
        (500, "UNEXPECTED_ERROR"),
        (502, "TEMPORARILY_UNAVAILABLE"),
        (503, "TEMPORARILY_UNAVAILABLE"),
        (503, "SERVICE_UNAVAILABLE"),
        (504, "TEMPORARILY_UNAVAILABLE"),
        (408, None),
    ],
)
async def test_an_internal_error_leaves_the_outcome_unknown(
    account: Account, status: int, code: str | None
) -> None:
    account.fault(status=status, error_code=code, body=None if code else "")

    with pytest.raises(Silent) as silence:
        await account.klarna.create_session(BODY, key=key())

    assert silence.value.correlation_id


@pytest.mark.parametrize(
    ("body", "code", "messages"),
    [
        ({"error_code": "BAD_VALUE", "error_messages": ["a", "b"]}, "BAD_VALUE", ("a", "b")),
        ({"error_code": "BAD_VALUE", "error_message": "a"}, "BAD_VALUE", ("a",)),
        ({"error_code": "BAD_VALUE", "error_messages": []}, "BAD_VALUE", ()),
        ({"error_code": "BAD_VALUE", "service_version": "1"}, "BAD_VALUE", ()),
        ({"error_code": "BAD_VALUE", "reason": "x", "fraud_status": "y"}, "BAD_VALUE", ()),
        ({"error_code": 7, "error_messages": [1, "a"]}, None, ("a",)),
        (["no", "object"], None, ()),
        ("<html>no JSON</html>", None, ()),
        ("", None, ()),
    ],
)
async def test_every_shape_of_an_error_is_understood(
    account: Account, body: Any, code: str | None, messages: tuple[str, ...]
) -> None:
    account.fault(status=400, body=body)

    with pytest.raises(Refused) as no:
        await account.klarna.session("x")

    assert (no.value.status, no.value.code, no.value.messages) == (400, code, messages)


@pytest.mark.parametrize("shape", ["gateway", "error_code"])
async def test_wrong_credentials_are_told_from_other_refusals(account: Account, shape: Any) -> None:
    account.sandbox.options = Options(unauthorized_shape=shape)

    with pytest.raises(Unauthorized) as no:
        await account.with_password("another").session("x")

    assert no.value.code == ("UNAUTHORIZED" if shape == "error_code" else None)


async def test_too_many_requests_say_when_klarna_listens_again(account: Account) -> None:
    account.fault(status=429, headers={"X-Ratelimit-Reset": "3"})

    with pytest.raises(Busy) as busy:
        await account.klarna.session("x")

    assert busy.value.reset == 3.0


async def test_klarnas_shield_against_floods_is_no_refusal(account: Account) -> None:
    account.fault(status=403, body="<html>Forbidden</html>")

    with pytest.raises(Busy):
        await account.klarna.session("x")


@pytest.mark.parametrize("body", ['{"session_id": "1', "[]", "{}", '"text"', "null", "\x00"])
async def test_half_an_answer_leaves_the_outcome_unknown(account: Account, body: str) -> None:
    account.fault(status=200, body=body)

    with pytest.raises(Silent):
        await account.klarna.create_session(BODY, key=key())


@pytest.mark.parametrize("body", ["{}", "[]", '{"order_id": 1}', '{"order_id":'])
async def test_half_a_placed_order_leaves_the_outcome_unknown(account: Account, body: str) -> None:
    token = await account.token()
    account.fault(status=200, body=body, commit=True)

    with pytest.raises(Silent):
        await account.klarna.place_order(token, BODY, key=key())


async def test_a_capture_without_an_id_leaves_the_outcome_unknown(account: Account) -> None:
    order_id = await account.order()
    account.fault(status=201, body="", commit=True)

    with pytest.raises(Silent):
        await account.klarna.capture(order_id, 10_00, reference="r", key=key())


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Capture-Id": "c-1"}, ""),
        ({"Location": "https://klarna/captures/c-1"}, ""),
        ({}, '"c-1"'),
        ({}, "c-1"),
    ],
)
async def test_a_captures_id_comes_from_its_header_its_location_or_its_body(
    account: Account, headers: dict[str, str], body: str
) -> None:
    account.fault(status=201, headers=headers, body=body)

    assert await account.klarna.capture("o", 10_00, reference="r", key=key()) == "c-1"


async def test_a_redirect_means_that_this_is_not_klarna(account: Account) -> None:
    account.fault(status=301, headers={"Location": "https://elsewhere"})

    with pytest.raises(Unreachable):
        await account.klarna.session("x")


async def test_a_lost_connection_leaves_the_outcome_unknown(account: Account) -> None:
    account.fault(close="after")

    with pytest.raises(Silent):
        await account.klarna.create_session(BODY, key=key())

    assert [entry.effect for entry in account.sandbox.ledger] == ["session_created"]


@dataclass
class Pair:
    """A login, and another one for when that is refused."""

    first: Login
    other: Login

    def present(self) -> Login:
        return self.first

    async def another(self, refused: Collection[Login]) -> Login | None:
        return None if self.other in refused else self.other


@pytest.fixture
def pair(account: Account, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """The account's pair, and another one that Klarna knows as well."""
    monkeypatch.setattr("resolvers.klarna.lanes.FIRST_PAUSE", 0.0)
    account.sandbox.accept(OTHER)
    logins = Pair(Login(LOGIN.username, LOGIN.password), Login(OTHER.username, OTHER.password))
    account.klarna = Klarna(account.transport, "http://sandbox/eu/", logins, Lane(Pace(attempts=2)))
    return logins


def shown(account: Account) -> list[str]:
    """The logins that calls were sent with, in their order."""
    return [request.headers["Authorization"] for request in account.transport.sent]


async def test_a_login_that_is_refused_gives_way_to_another(account: Account, pair: Pair) -> None:
    account.fault(status=401)

    created = await account.klarna.create_session(BODY, key=key())

    assert created.session_id
    assert shown(account) == [pair.first.authorization, pair.other.authorization]


async def test_a_change_without_an_answer_is_not_made_again_with_another_login(
    account: Account, pair: Pair
) -> None:
    account.fault(close="after")
    account.fault(status=401)

    with pytest.raises(Unauthorized) as no:
        await account.klarna.create_session(BODY, key=key())

    assert no.value.after_silence
    assert shown(account) == [pair.first.authorization] * 2
    assert [entry.effect for entry in account.sandbox.ledger] == ["session_created"]


async def test_a_question_without_an_answer_is_asked_again_with_another_login(
    account: Account, pair: Pair
) -> None:
    account.fault(close="after")
    account.fault(status=401)

    with pytest.raises(Refused) as no:
        await account.klarna.session("x")

    assert no.value.status == 404
    assert shown(account) == [pair.first.authorization] * 2 + [pair.other.authorization]


async def test_unknown_words_and_fields_are_kept_or_passed_over(account: Account) -> None:
    token = await account.token()
    body = {
        "order_id": "o-1",
        "fraud_status": "ON_HOLD",
        "authorized_payment_method": "barter",
        "new_field": {"x": 1},
    }
    account.fault(status=200, body=body)

    placed = await account.klarna.place_order(token, BODY, key=key())

    assert (placed.order_id, placed.fraud_status, placed.method) == ("o-1", "ON_HOLD", "barter")


async def test_every_call_names_us_and_carries_its_key_and_no_more_than_that(
    account: Account,
) -> None:
    await account.klarna.create_session(BODY, key="6e0b0a5c-1111-4222-8333-444455556666")

    (request,) = account.transport.sent
    assert request.headers["Klarna-Idempotency-Key"] == "6e0b0a5c-1111-4222-8333-444455556666"
    assert re.fullmatch(r"klarna-graph/\d+\.\d+", request.headers["User-Agent"])
    assert "canary" not in repr(request)
    assert "Authorization" not in repr(request)


async def test_no_problem_repeats_a_secret(account: Account) -> None:
    problems: list[KlarnaProblem] = []
    for fault in ({"status": 400}, {"status": 500}, {"status": 429}, {"close": "before"}):
        account.fault(**fault)
        with pytest.raises(KlarnaProblem) as problem:
            await account.klarna.place_order("token-canary", BODY, key=key())
        problems.append(problem.value)

    assert "canary" not in " ".join(f"{problem!r} {problem}" for problem in problems)


async def test_ids_are_quoted_into_paths(account: Account) -> None:
    with pytest.raises(Refused):
        await account.klarna.session("../orders/x?y=z")

    assert account.transport.sent[0].url.endswith("/sessions/..%2Forders%2Fx%3Fy%3Dz")
