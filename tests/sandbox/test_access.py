"""Who may call, and whose sessions and orders they see."""

import base64

import pytest

from resolvers.klarna.sandbox.clock import AdjustableClock
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.sandbox.sandbox import Sandbox
from tests.sandbox.shop import CREDENTIAL, START, Shop, a_sandbox, an_american_purchase, error

OTHER = Credential("other", "secret")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !",
        "Basic " + base64.b64encode(b"K123456_abcdef").decode(),
        "Basic " + base64.b64encode(b"K123456_abcdef:wrong").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Bearer klarna_test_api_secret",
    ],
)
def test_wrong_credentials_are_refused_in_the_gateways_shape(
    shop: Shop, authorization: str
) -> None:
    reply = shop.call("GET", "payments/v1/sessions/x", Authorization=authorization)

    assert reply.status == 401
    assert reply.json()["http_status_code"] == 401
    assert reply.json()["http_status_message"] == "Unauthorized"
    assert "error_code" not in reply.json()
    assert reply.header("Klarna-Correlation-Id")


def test_a_switch_refuses_wrong_credentials_with_an_error_code() -> None:
    shop = Shop(a_sandbox(unauthorized_shape="error_code"))

    reply = shop.call("GET", "payments/v1/sessions/x", Authorization="")

    assert error(reply) == (401, "UNAUTHORIZED", ["Unauthorized"])


def test_credentials_work_in_every_region_unless_they_are_bound_to_some() -> None:
    bound = Credential("bound", "secret", regions=frozenset({"US"}))
    sandbox = a_sandbox(CREDENTIAL, bound)

    everywhere = [Shop(sandbox, region=r).call("GET", "x").status for r in ("eu", "us", "oc")]
    at_home = [Shop(sandbox, bound, r).call("GET", "x").status for r in ("eu", "us", "oc")]

    assert everywhere == [404, 404, 404]
    assert at_home == [401, 404, 401]


def test_test_credentials_do_not_work_in_production_nor_live_ones_on_the_playground() -> None:
    live = Credential("live", "secret", environment="production")
    sandbox = a_sandbox(CREDENTIAL, live)

    assert Shop(sandbox, CREDENTIAL, "live/eu").call("GET", "x").status == 401
    assert Shop(sandbox, live, "live/eu").call("GET", "x").status == 404
    assert Shop(sandbox, live, "eu").call("GET", "x").status == 401


def test_an_unknown_region_is_not_found(shop: Shop) -> None:
    assert Shop(shop.sandbox, region="asia").create().status == 404
    assert Shop(shop.sandbox, region="live").create().status == 404


def test_another_merchants_session_authorization_and_order_are_not_found() -> None:
    sandbox = a_sandbox(CREDENTIAL, OTHER)
    shop, stranger = Shop(sandbox), Shop(sandbox, OTHER)
    session_id = shop.session()
    token = shop.token(session_id)
    order_id = shop.order()

    assert stranger.call("GET", f"payments/v1/sessions/{session_id}").status == 404
    assert error(stranger.place(token))[2] == ["Invalid authorization token"]
    assert error(stranger.cancel_authorization(token))[2] == ["Invalid authorization token"]
    assert error(stranger.manage("GET", order_id))[1] == "NO_SUCH_ORDER"


def test_the_same_merchant_in_another_region_is_another_owner() -> None:
    sandbox = a_sandbox()
    session_id = Shop(sandbox, region="us").session(an_american_purchase())

    reply = Shop(sandbox, region="eu").call("GET", f"payments/v1/sessions/{session_id}")

    assert reply.status == 404


def test_credentials_of_one_merchant_share_its_sessions() -> None:
    first = Credential("first", "secret", merchant="M1")
    second = Credential("second", "secret", merchant="M1")
    sandbox = a_sandbox(first, second)

    session_id = Shop(sandbox, first).session()

    assert Shop(sandbox, second).read(session_id)["order_amount"] == 100_00


def test_an_inactive_merchant_is_refused_everything() -> None:
    inactive = Credential("inactive", "secret", active=False)
    shop = Shop(a_sandbox(inactive), inactive)

    assert error(shop.create())[:2] == (403, "MERCHANT_INACTIVE")


def test_a_sandbox_without_credentials_lets_nobody_in() -> None:
    with pytest.raises(ValueError, match="needs a credential"):
        Sandbox(clock=AdjustableClock.standing(START), credentials=[])


def test_two_credentials_cannot_share_a_login() -> None:
    with pytest.raises(ValueError, match="share a username"):
        a_sandbox(CREDENTIAL, CREDENTIAL)
