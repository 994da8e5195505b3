"""Lines: one each, whatever a value is; bounded, and without secrets in what is told in prose."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from graphql import OperationDefinitionNode, parse

from graph.logs.asked import Asked
from graph.logs.by_hand import digest, request_line
from graph.logs.lines import json_line, text_line
from graph.logs.redaction import LONGEST, redacted
from graph.settings import settings_table, shown, throwaway_settings
from resolvers.identity.callers import Caller, CallerKind
from store.scope import Mode

NASTY = [
    "a\nb",
    "a\r\nb",
    'a"b\\',
    "a\u2028b\u0085c",
    "\x00\x1b[31m",
    "\ud800",
    2**70,
    float("nan"),
    {"\ud800": {1: object}},
    ["\n", None],
    b"\xff\n",
    "x" * 1_000_000,
]


def fail(message: str, cause: Exception | None = None) -> None:
    raise ValueError(message) from cause


def raised() -> ValueError:
    """An exception with a cause and a note, all of which hold secrets."""
    try:
        password = "canary"
        fail(f"Basic {password} eyJh.canary.canary\nx")
    except ValueError as cause:
        try:
            fail("someone.canary@example.com", cause)
        except ValueError as error:
            error.add_note("klarna_live_api_canary")
            return error
    raise AssertionError


@pytest.mark.parametrize("value", NASTY, ids=lambda value: repr(value)[:20])
def test_no_value_breaks_a_line_of_json(value: Any) -> None:
    line = json_line(None, "info", {"event": "request", "value": value, "message": value})

    assert line.splitlines() == [line]
    assert len(line) < 3 * LONGEST * 6
    assert orjson.loads(line)["event"] == "request"


@pytest.mark.parametrize("value", NASTY, ids=lambda value: repr(value)[:20])
def test_no_value_breaks_a_line_of_text(value: Any) -> None:
    line = text_line(None, "info", {"event": "request", "value": value, "message": value})

    assert line.decode().splitlines() == [line.decode()]
    assert "\x1b" not in line.decode()


@pytest.mark.parametrize("form", [json_line, text_line])
def test_an_exception_is_told_with_its_causes_and_no_secret(form: Any) -> None:
    line = form(None, "error", {"event": "bug", "exc_info": raised()}).decode()

    assert line.count("ValueError") == 2
    for place in ("test_lines.py", "raised", "fail"):
        assert place in line
    assert "canary" not in line


def test_exceptions_in_a_group_are_told_without_secrets() -> None:
    group = ExceptionGroup("canary@example.com", [raised(), ValueError("Bearer canary")])

    line = json_line(None, "error", {"event": "bug", "exc_info": group})

    assert line.count(b"ValueError") == 3
    assert b"canary" not in line


def test_the_exception_being_handled_is_told() -> None:
    try:
        fail("here")
    except ValueError:
        told = orjson.loads(json_line(None, "error", {"event": "bug", "exc_info": True}))
        also = orjson.loads(json_line(None, "error", {"event": "bug", "exc_info": sys.exc_info()}))

    assert told["exception"] == also["exception"]
    assert told["exception"][0]["exc_value"] == "here"


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmVkLWNhbmFyeQ",
        "klarna_test_api_canary",
        "Authorization: Basic Y2FuYXJ5OmNhbmFyeQ==",
        "bearer canary",
        "shopper+canary@shop.example.com",
        "https://api.klarna.com/payments/v1/authorizations/canary/order",
        "https://api.klarna.com/payments/v1/sessions/canary",
        "POST /klarna/callbacks/abc/canary HTTP/1.1",
        "POST /klarna/notifications/abc/canary",
    ],
)
def test_prose_is_told_without_secrets(secret: str) -> None:
    told = redacted(f"It said {secret}, and no more.")

    assert told.startswith("It said ")
    assert "[redacted]" in told
    assert "canary" not in told.lower()
    assert "Y2FuYXJ5" not in told
    assert "eyJ" not in told


def test_prose_without_secrets_is_told_as_it_is() -> None:
    said = "Klarna answered 400 BAD_VALUE Bad value: order_lines[0].tax_rate."

    assert redacted(said) == said


def test_of_secret_settings_the_log_says_that_they_are_there() -> None:
    settings = throwaway_settings(public_url="https://pay.example.com")

    told = shown(settings)

    assert orjson.dumps(told)
    assert told["public_url"] == "https://pay.example.com"
    assert told["token_secret"] == "set"
    assert settings.token_secret.get_secret_value() not in str(told)
    assert {f"KLARNA_GRAPH_{name.upper()}" in settings_table() for name in told} == {True}


def test_a_list_is_read_as_words() -> None:
    line = text_line(None, "info", {"event": "request", "codes": ["NOT_FOUND", "FORBIDDEN"]})

    assert line.endswith(b" codes=NOT_FOUND,FORBIDDEN")


@pytest.mark.parametrize("name", [None, "Ask"])
@pytest.mark.parametrize("order_id", [None, 'an"order'])
@pytest.mark.parametrize("sent", [None, 12])
def test_a_line_that_is_made_by_hand_is_the_same(
    name: str | None, order_id: str | None, sent: int | None
) -> None:
    kind = CallerKind.integration if order_id is None else CallerKind.sales_channel
    caller = Caller(kind, Mode.test, "shop", datetime.max.replace(tzinfo=UTC), order_id)
    text = f"query {name or ''} {{ __typename }}"
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    this = Asked("an-id", "POST", "/graphql", caller, operation, text)

    by_hand = request_line(this, 200, 0.012341, 57, sent)
    ordinary = json_line(
        None,
        "info",
        {
            "event": "request",
            "about": this,
            "method": "POST",
            "status": 200,
            "ms": round(0.012341 * 1000, 2),
            "document": digest(text),
            "codes": [],
            "bytes_in": 57,
            "bytes_out": sent,
        },
    )

    assert by_hand is not None
    assert _without_time(by_hand()) == _without_time(ordinary)


def test_what_a_line_by_hand_cannot_say_is_left_to_the_others() -> None:
    caller = Caller(CallerKind.integration, Mode.test, "\ud800", datetime.max.replace(tzinfo=UTC))
    (operation,) = parse(f"query {'x' * 2_000} {{ a }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    long = replace(caller, application_id="shop")

    for one in (caller, long):
        this = Asked("an-id", "POST", "/graphql", one, operation, "{ a }")
        assert request_line(this, 200, 0.1, 1, 1) is None


def _without_time(line: bytes) -> bytes:
    assert line.startswith(b'{"timestamp":"')
    assert line[40:42] == b'Z"'
    return line[42:]
