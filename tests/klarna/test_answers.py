"""Answers: each of Klarna's has one meaning, and half an answer none."""

from typing import Any

import pytest

from resolvers.klarna.errors import Busy, KlarnaProblem, Refused, Silent, Unauthorized, Unreachable
from resolvers.klarna.sandbox.options import Options
from tests.klarna.account import BODY, Account, key

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


async def test_no_problem_repeats_a_secret(account: Account) -> None:
    problems: list[KlarnaProblem] = []
    for fault in ({"status": 400}, {"status": 500}, {"status": 429}, {"close": "before"}):
        account.fault(**fault)
        with pytest.raises(KlarnaProblem) as problem:
            await account.klarna.place_order("token-canary", BODY, key=key())
        problems.append(problem.value)

    assert "canary" not in " ".join(f"{problem!r} {problem}" for problem in problems)
