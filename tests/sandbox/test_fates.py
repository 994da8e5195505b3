"""What becomes of a shopper is decided by the billing email and phone."""

import pytest

from resolvers.klarna.sandbox.decisions import DENIED_PHONES
from tests.sandbox.shop import (
    Shop,
    a_british_purchase,
    a_purchase,
    a_sandbox,
    an_american_purchase,
    billed_to,
    error,
)

APPROVED = {"approved", "show_form", "authorization_token"}
DECLINED = {"approved": False, "show_form": False}


@pytest.mark.parametrize(
    "email", ["customer@email.de", "customer+de@klarna.com", "CUSTOMER@EMAIL.DE", "", "no address"]
)
def test_without_a_suffix_the_shopper_is_approved(shop: Shop, email: str) -> None:
    answer = shop.authorize(shop.session(), email)

    assert set(answer) == APPROVED
    assert answer["approved"] is answer["show_form"] is True


def test_without_an_email_the_shopper_is_approved(shop: Shop) -> None:
    assert shop.authorize(shop.session())["approved"] is True


@pytest.mark.parametrize(
    "email",
    ["customer+denied@email.de", "customer+denied+de@klarna.com", "Customer+DE+Denied@klarna.com"],
)
def test_denied_is_declined(shop: Shop, email: str) -> None:
    assert shop.authorize(shop.session(), email) == DECLINED


def test_a_suffix_counts_before_the_at_only(shop: Shop) -> None:
    assert shop.authorize(shop.session(), "customer@email+denied.de")["approved"] is True


def test_a_suffix_in_the_merchants_own_data_counts_as_well(shop: Shop) -> None:
    session_id = shop.session(a_purchase(**billed_to("customer+denied@email.de")))

    assert shop.authorize(session_id) == DECLINED


def test_red_is_offered_no_form_and_declined_all_the_same(shop: Shop) -> None:
    session_id = shop.session()

    loaded = shop.step(session_id, "load", billed_to("customer+red@email.de"))

    assert loaded == {"show_form": False}
    assert shop.authorize(session_id) == DECLINED


def test_others_are_offered_a_form(shop: Shop) -> None:
    assert shop.step(shop.session(), "load") == {"show_form": True}


@pytest.mark.parametrize("suffix", ["require_signup", "new_user"])
def test_a_new_shopper_signs_up_and_is_approved(shop: Shop, suffix: str) -> None:
    answer = shop.authorize(shop.session(), f"customer+{suffix}@email.de", otp="123456")

    assert set(answer) == APPROVED
    assert shop.sandbox.ledger[-1].details["steps"] == ["sign_up"]


@pytest.mark.parametrize("otp", ["999999", "12345", "1234567", "abcdef", ""])
def test_a_wrong_code_ends_the_sign_up(shop: Shop, otp: str) -> None:
    answer = shop.authorize(shop.session(), "customer+new_user@email.de", otp=otp)

    assert answer == {"approved": False, "show_form": True}


@pytest.mark.parametrize("suffix", ["auth_id_scan", "auth_monthio"])
def test_an_identified_shopper_is_approved_after_the_step(shop: Shop, suffix: str) -> None:
    answer = shop.authorize(shop.session(), f"customer+denied+{suffix}@email.de")

    assert set(answer) == APPROVED
    assert shop.sandbox.ledger[-1].details["steps"] == ["identify"]


@pytest.mark.parametrize("phone", sorted(DENIED_PHONES))
def test_the_phones_of_denied_people_are_declined(shop: Shop, phone: str) -> None:
    written = f"{phone[:3]} {phone[3:6]}-{phone[6:]}"

    answer = shop.step(shop.session(), "authorize", billed_to("a@email.de", phone=written))

    assert answer == DECLINED


@pytest.mark.parametrize(
    "phone", ["+4306762600456", "+32485121291", "+420771613715", "+4542555628", "+6427555290"]
)
def test_the_phones_of_approved_people_are_approved(shop: Shop, phone: str) -> None:
    answer = shop.step(shop.session(), "authorize", billed_to("a@email.de", phone=phone))

    assert answer["approved"] is True


@pytest.mark.parametrize(
    ("decision", "fraud_status"), [("accept", "ACCEPTED"), ("reject", "REJECTED")]
)
@pytest.mark.parametrize("region", ["us", "eu"])
def test_pending_orders_are_decided_after_their_minutes(
    decision: str, fraud_status: str, region: str
) -> None:
    shop = Shop(a_sandbox(), region=region)
    purchase = an_american_purchase() if region == "us" else a_british_purchase()
    token = shop.token(shop.session(purchase), f"customer+pend-{decision}-07@email.us")

    placed = shop.place(token, purchase).json()
    shop.wait(minutes=6, seconds=59)
    before = shop.shown(placed["order_id"])
    shop.wait(seconds=1)
    after = shop.shown(placed["order_id"])

    assert placed["fraud_status"] == before["fraud_status"] == "PENDING"
    assert after["fraud_status"] == fraud_status


def test_a_review_of_no_minutes_is_decided_at_once(shop: Shop) -> None:
    purchase = a_british_purchase()
    token = shop.token(shop.session(purchase), "customer+pend-accept-00@email.gb")

    placed = shop.place(token, purchase).json()

    assert placed["fraud_status"] == "PENDING"
    assert shop.shown(placed["order_id"])["fraud_status"] == "ACCEPTED"


def test_orders_are_pending_in_britain_and_america_only(shop: Shop) -> None:
    order_id = shop.order(a_purchase(), "customer+pend-reject-00@email.de")

    assert shop.shown(order_id)["fraud_status"] == "ACCEPTED"


def test_a_disputed_order_is_like_any_other(shop: Shop) -> None:
    order_id = shop.order(a_purchase(), "customer+disputed-return@email.de")

    assert shop.capture(order_id, 100_00).status == 201
    assert shop.shown(order_id)["fraud_status"] == "ACCEPTED"


def test_sbx_abort_is_a_shopper_who_closes_the_window(shop: Shop) -> None:
    answer = shop.authorize(shop.session(), "customer+sbx-abort@email.de")

    assert answer == {"approved": False, "show_form": True}


def test_sbx_invalid_is_a_shopper_with_an_invalid_email(shop: Shop) -> None:
    answer = shop.authorize(shop.session(), "customer+sbx-invalid@email.de")

    assert answer == {
        "approved": False,
        "show_form": True,
        "error": {"invalid_fields": ["billing_address.email"]},
    }


def test_sbx_finalize_is_a_purchase_in_two_steps(shop: Shop) -> None:
    session_id = shop.session()

    first = shop.authorize(session_id, "customer+sbx-finalize@email.de", auto_finalize=False)
    between = shop.read(session_id)
    second = shop.step(session_id, "finalize")

    assert first == {"approved": True, "show_form": True, "finalize_required": True}
    assert "authorization_token" not in between
    assert set(second) == APPROVED
    assert shop.place(second["authorization_token"]).status == 200


def test_sbx_finalize_takes_both_steps_at_once_unless_told_otherwise(shop: Shop) -> None:
    answer = shop.authorize(shop.session(), "customer+sbx-finalize@email.de")

    assert set(answer) == APPROVED


def test_sbx_rejectplace_is_approved_but_rejected_when_placed(shop: Shop) -> None:
    token = shop.token(shop.session(), "customer+sbx-rejectplace@email.de")

    assert error(shop.place(token)) == (403, "REJECTED", ["Rejected"])


def test_sbx_stopped_is_accepted_and_stopped_later(shop: Shop) -> None:
    order_id = shop.order(a_purchase(), "customer+sbx-stopped@email.de")
    accepted = shop.shown(order_id)["fraud_status"]

    shop.wait(minutes=10)

    assert accepted == "ACCEPTED"
    assert shop.shown(order_id)["fraud_status"] == "REJECTED"
    assert shop.sandbox.ledger[-1].details["event_type"] == "FRAUD_RISK_STOPPED"
