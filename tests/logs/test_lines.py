"""Lines: one each, whatever a value is; bounded, and without secrets in what is told in prose."""

import sys
from typing import Any

import orjson
import pytest

from graph.logs.lines import json_line, text_line
from graph.logs.redaction import LONGEST, redacted
from graph.settings import settings_table, shown, throwaway_settings

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
