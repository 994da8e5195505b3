"""The control API: what tests can ask of the sandbox and do to it."""

from typing import Any

import pytest

from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.sandbox.messages import Request
from resolvers.klarna.sandbox.sandbox import Sandbox
from tests.sandbox.shop import CREDENTIAL, START, Shop


def test_the_overview_says_where_everything_is(shop: Shop) -> None:
    overview = shop.control("GET", "").json()

    assert overview["base_urls"] == {
        "EU": "http://localhost:8090/eu",
        "US": "http://localhost:8090/us",
        "OC": "http://localhost:8090/oc",
    }
    assert overview["operations"] == shop.sandbox.operations
    assert "POST /_sandbox/sessions/{session_id}/authorize" in overview["control"]


@pytest.mark.parametrize("path", ["/_sandbox", "/_sandbox/", "/_sandbox?x=1"])
def test_the_overview_has_no_particular_spelling(sandbox: Sandbox, path: str) -> None:
    assert sandbox.handle(Request("GET", path)).status == 200


def test_the_clock_is_moved_by_seconds_or_to_a_moment(shop: Shop) -> None:
    by_seconds = shop.control("POST", "clock", {"advance": 90.5})
    to_a_moment = shop.control("POST", "clock", {"now": "2026-03-03T00:00:00+01:00"})

    assert by_seconds.json() == {"now": "2026-03-02T10:31:30.500Z", "adjustable": True}
    assert to_a_moment.json()["now"] == "2026-03-02T23:00:00.000Z"
    assert shop.control("GET", "clock").json() == to_a_moment.json()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance": -1},
        {"advance": "1"},
        {"advance": 10**10},
        {"advance": 1, "now": "2030-01-01T00:00:00Z"},
        {"now": "tomorrow"},
        {"now": "2030-01-01T00:00:00"},
        {"now": "2020-01-01T00:00:00Z"},
        {"now": "9999-01-01T00:00:00Z"},
        {"later": 1},
    ],
)
def test_the_clock_refuses_what_makes_no_sense(shop: Shop, body: Any) -> None:
    reply = shop.control("POST", "clock", body)

    assert (reply.status, reply.json()["error"]) == (400, "BAD_REQUEST")
    assert shop.sandbox.clock() == START


def test_a_clock_that_is_not_the_sandboxs_own_cannot_be_moved() -> None:
    sandbox = Sandbox(clock=lambda: START, credentials=[CREDENTIAL])

    reply = Shop(sandbox).control("POST", "clock", {"advance": 1})

    assert (reply.status, reply.json()["error"]) == (409, "CLOCK_NOT_ADJUSTABLE")
    assert Shop(sandbox).control("GET", "clock").json()["adjustable"] is False


def test_options_are_changed_one_by_one(shop: Shop) -> None:
    before = shop.control("GET", "options").json()
    changes = {"strict_tax": False, "callback_hosts": ["gateway"], "payment_method": "card"}

    after = shop.control("PATCH", "options", changes)

    assert after.json() == before | changes
    assert shop.sandbox.options.callback_hosts == ("gateway",)


@pytest.mark.parametrize(
    "body",
    [
        {"strict_taxes": True},
        {"strict_tax": 1},
        {"unauthorized_shape": "plain"},
        {"payment_method": "cash"},
        {"payment_method_categories": []},
        {"payment_method_categories": ["klarna", "klarna"]},
        {"agreements": ["everything"]},
        {"authorization_days": 0},
        {"public_url": "localhost"},
        {"callback_hosts": "gateway"},
        [],
    ],
)
def test_impossible_options_are_refused_and_change_nothing(shop: Shop, body: Any) -> None:
    before = shop.sandbox.options

    reply = shop.control("PATCH", "options", body)

    assert (reply.status, reply.json()["error"]) == (400, "BAD_REQUEST")
    assert shop.sandbox.options == before


def test_a_fault_is_injected_shown_and_cleared(shop: Shop) -> None:
    fault = {"operation": "capture", "times": 2, "status": 503, "delay": 0.5}

    injected = shop.control("POST", "faults", fault)
    shown = shop.control("GET", "faults")
    cleared = shop.control("DELETE", "faults")

    assert injected.json() == shown.json()
    assert shown.json()["faults"][0] | fault == shown.json()["faults"][0]
    assert cleared.status == 204
    assert shop.control("GET", "faults").json() == {"faults": []}


def test_a_fault_injected_as_json_hits_like_any_other(shop: Shop) -> None:
    shop.control(
        "POST",
        "faults",
        {
            "operation": "create_session",
            "status": 400,
            "error_code": "BAD_VALUE",
            "error_messages": ["Bad value: locale"],
            "headers": {"X-Trace": "1"},
        },
    )

    reply = shop.create()

    assert reply.json()["error_messages"] == ["Bad value: locale"]
    assert reply.header("X-Trace") == "1"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"operation": "capture"},
        {"operation": "juggle", "status": 500},
        {"operation": "capture", "status": 99},
        {"operation": "capture", "status": 500, "times": 0},
        {"operation": "capture", "close": "during"},
        {"operation": "capture", "close": "after", "status": 500},
        {"operation": "capture", "delay": -1},
        {"operation": "capture", "status": 500, "headers": {"Content-Length": "7"}},
        {"operation": "capture", "status": 500, "headers": {"X": "a\nb"}},
        {"operation": "capture", "status": 500, "surprise": 1},
    ],
)
def test_impossible_faults_are_refused(shop: Shop, body: Any) -> None:
    reply = shop.control("POST", "faults", body)

    assert (reply.status, reply.json()["error"]) == (400, "BAD_REQUEST")
    assert shop.sandbox.faults == []


def test_any_page_may_call_the_control_api(shop: Shop) -> None:
    preflight = shop.control("OPTIONS", "sessions/x/authorize")
    answer = shop.control("GET", "clock")

    assert preflight.status == 204
    assert preflight.header("Access-Control-Allow-Headers") == "Content-Type"
    assert answer.header("Access-Control-Allow-Origin") == "*"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "nothing", 404), ("PUT", "clock", 405), ("POST", "sessions/x/authorize", 404)],
)
def test_mistakes_are_answered_with_an_error_and_a_message(
    shop: Shop, method: str, path: str, status: int
) -> None:
    reply = shop.control(method, path, {})

    assert reply.status == status
    assert set(reply.json()) == {"error", "message"}


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'"x"', b" " * 1_048_577])
def test_what_is_no_json_object_is_refused(sandbox: Sandbox, body: bytes) -> None:
    reply = sandbox.handle(Request("PATCH", "/_sandbox/options", {}, body))

    assert reply.status in {400, 413}
    assert set(reply.json()) == {"error", "message"}


@pytest.mark.parametrize(
    "wish", [{"data": []}, {"auto_finalize": "no"}, {"otp": 1}, {"payment_method_categories": []}]
)
def test_a_shopper_who_asks_for_nonsense_is_told_so(shop: Shop, wish: dict[str, Any]) -> None:
    reply = shop.control("POST", f"sessions/{shop.session()}/authorize", wish)

    assert (reply.status, reply.json()["error"]) == (400, "BAD_REQUEST")


def test_a_merchant_has_several_credentials_and_one_is_disabled(shop: Shop) -> None:
    made = shop.control("POST", "credentials", {"username": "K2_New", "password": "p"})
    other = Shop(shop.sandbox, Credential("K2_New", "p"))
    session = shop.session()

    mine = other.call("GET", f"payments/v1/sessions/{session}")
    left = shop.control("DELETE", f"credentials/{CREDENTIAL.username}")

    assert mine.status == 200
    assert [one["username"] for one in made.json()["credentials"]] == [
        CREDENTIAL.username,
        "K2_New",
    ]
    assert [one["username"] for one in left.json()["credentials"]] == ["K2_New"]
    assert b"password" not in made.body + left.body
    assert shop.call("GET", f"payments/v1/sessions/{session}").status == 401
    assert other.call("GET", f"payments/v1/sessions/{session}").status == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "credentials", {"username": "a"}, 400),
        ("POST", "credentials", {"username": CREDENTIAL.username, "password": "p"}, 400),
        ("DELETE", "credentials/nobody", None, 404),
    ],
)
def test_credentials_that_cannot_be_are_refused(
    shop: Shop, method: str, path: str, body: Any, status: int
) -> None:
    assert shop.control(method, path, body).status == status
    assert shop.call("GET", "payments/v1/sessions/x").status == 404
