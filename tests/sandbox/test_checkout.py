"""The shopper's side: loading, authorizing, authorizing again and finalizing."""

from typing import Any

import pytest

from tests.sandbox.shop import Shop, a_purchase, a_sandbox, an_american_purchase, billed_to, error


def test_a_new_authorization_replaces_the_one_before(shop: Shop) -> None:
    session_id = shop.session()
    first = shop.token(session_id)

    second = shop.token(session_id)

    assert error(shop.place(first)) == (404, "NOT_FOUND", ["Invalid authorization token"])
    assert shop.place(second).status == 200


def test_what_the_shopper_changes_voids_an_earlier_authorization(shop: Shop) -> None:
    session_id = shop.session()
    token = shop.token(session_id)

    shop.authorize(session_id, "customer+denied@email.de")

    assert shop.place(token).status == 404


def test_a_closed_window_leaves_an_earlier_authorization_alone(shop: Shop) -> None:
    session_id = shop.session(a_purchase(**billed_to("customer+new_user@email.de")))
    token = shop.token(session_id)

    shop.step(session_id, "authorize", otp="999999")

    assert shop.place(token).status == 200


def test_reauthorizing_answers_without_show_form(shop: Shop) -> None:
    session_id = shop.session()
    shop.token(session_id)

    approved = shop.step(session_id, "reauthorize", {"merchant_reference1": "order 1"})
    declined = shop.step(session_id, "reauthorize", billed_to("customer+denied@email.de"))

    assert set(approved) == {"approved", "authorization_token"}
    assert declined == {"approved": False}


def test_a_purchase_changed_by_the_shop_can_be_authorized_with_the_call(shop: Shop) -> None:
    session_id = shop.session()
    larger = a_purchase(*a_purchase()["order_lines"] * 2)

    token = shop.step(session_id, "authorize", larger)["authorization_token"]

    assert shop.place(token, larger).status == 200


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({"order_amount": 1}, ["order_amount"]),
        ({"billing_address": {"postal_code": "x" * 11}}, ["billing_address.postal_code"]),
        ({"customer": {"type": "robot"}}, ["customer.type"]),
    ],
)
@pytest.mark.parametrize("step", ["load", "authorize", "reauthorize"])
def test_data_that_klarna_cannot_accept_changes_nothing(
    shop: Shop, step: str, data: dict[str, Any], fields: list[str]
) -> None:
    session_id = shop.session()
    before = shop.read(session_id)

    answer = shop.step(session_id, step, data)

    assert answer["error"] == {"invalid_fields": fields}
    assert answer.get("approved", False) is False
    assert shop.read(session_id) == before


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"billing_address": {"given_name": "H"}}, "billing_address.given_name"),
        ({"billing_address": {"family_name": "12 34"}}, "billing_address.family_name"),
        ({"shipping_address": {"given_name": "H@nna"}}, "shipping_address.given_name"),
        ({"customer": {"date_of_birth": "01.02.1970"}}, "customer.date_of_birth"),
        ({"customer": {"date_of_birth": "19700201"}}, "customer.date_of_birth"),
        ({"customer": {"gender": "x"}}, "customer.gender"),
    ],
)
def test_the_shopper_is_asked_to_correct_what_cannot_be(
    shop: Shop, data: dict[str, Any], field: str
) -> None:
    answer = shop.step(shop.session(), "authorize", data)

    assert answer == {
        "approved": False,
        "show_form": True,
        "error": {"invalid_fields": [field]},
    }


@pytest.mark.parametrize("name", ["Åsa-Lena", "O'Neil", "Ξένια", "Maria de la", "Jo", "X2"])
def test_names_are_letters_hyphens_and_apostrophes(shop: Shop, name: str) -> None:
    answer = shop.step(shop.session(), "authorize", {"billing_address": {"given_name": name}})

    assert answer["approved"] is True


def test_american_addresses_name_their_state() -> None:
    shop = Shop(a_sandbox(), region="us")
    session_id = shop.session(an_american_purchase())

    without = shop.step(session_id, "authorize", billed_to("a@email.us", country="US"))
    within = shop.step(session_id, "authorize", billed_to("a@email.us", country="US", region="OH"))

    assert without["error"] == {"invalid_fields": ["billing_address.region"]}
    assert within["approved"] is True


def test_only_an_offered_category_can_be_chosen() -> None:
    shop = Shop(a_sandbox(payment_method_categories=("pay_now", "pay_later")))
    session_id = shop.session()

    offered = shop.authorize(session_id, payment_method_category="pay_later")
    other = shop.control(
        "POST", f"sessions/{session_id}/authorize", {"payment_method_category": "klarna"}
    )

    assert offered["approved"] is True
    assert (other.status, other.json()["error"]) == (400, "PaymentMethodCategoryNotSupportedError")


def test_nothing_can_be_finalized_that_does_not_ask_for_it(shop: Shop) -> None:
    reply = shop.control("POST", f"sessions/{shop.session()}/finalize")

    assert (reply.status, reply.json()["error"]) == (409, "NOTHING_TO_FINALIZE")


def test_a_changed_session_starts_over_instead_of_finalizing(shop: Shop) -> None:
    session_id = shop.session()
    shop.authorize(session_id, "customer+sbx-finalize@email.de", auto_finalize=False)

    shop.update(session_id, {"merchant_reference1": "order 1"})

    assert shop.control("POST", f"sessions/{session_id}/finalize").status == 409


def test_giving_an_authorization_back_answers_204_once(shop: Shop) -> None:
    session_id = shop.session()
    token = shop.token(session_id)

    first, second = shop.cancel_authorization(token), shop.cancel_authorization(token)

    assert first.status == 204
    assert error(second) == (404, "NOT_FOUND", ["Invalid authorization token"])
    assert "authorization_token" not in shop.read(session_id)
    assert error(shop.place(token))[2] == ["Invalid authorization token"]


def test_an_authorization_with_an_order_cannot_be_given_back(shop: Shop) -> None:
    token = shop.token(shop.session())
    shop.place(token)

    reply = shop.cancel_authorization(token)

    assert error(reply) == (404, "NOT_FOUND", ["Authorization cannot be deleted"])


def test_of_two_sessions_for_one_cart_the_second_can_be_given_back(shop: Shop) -> None:
    first, second = shop.token(shop.session()), shop.token(shop.session())

    shop.place(first)

    assert shop.cancel_authorization(second).status == 204


def test_an_authorization_lasts_60_minutes(shop: Shop) -> None:
    session_id, later_id = shop.session(), shop.session()
    token, later = shop.token(session_id), shop.token(later_id)

    shop.wait(minutes=60)
    in_time = shop.place(token)
    shop.wait(seconds=1)

    assert in_time.status == 200
    assert "authorization_token" not in shop.read(later_id)
    assert error(shop.place(later)) == (404, "NOT_FOUND", ["Invalid authorization token"])
    assert error(shop.cancel_authorization(later))[2] == ["Invalid authorization token"]
