"""Placing orders: once, and only what was authorized."""

from typing import Any

import pytest

from resolvers.klarna.sandbox.messages import Json
from tests.sandbox.shop import Shop, a_line, a_purchase, a_sandbox, an_american_purchase, error


def test_placing_answers_200_with_the_order_and_how_it_is_paid(shop: Shop) -> None:
    token = shop.token(shop.session())

    reply = shop.place(token)

    assert reply.status == 200
    assert set(reply.json()) == {"order_id", "fraud_status", "authorized_payment_method"}
    assert reply.json()["fraud_status"] == "ACCEPTED"
    assert reply.json()["authorized_payment_method"] == {"type": "invoice", "number_of_days": 30}


def test_the_shopper_is_redirected_to_the_confirmation_if_there_is_one(shop: Shop) -> None:
    url = "https://shop.example/thanks?s={session.id}&o={order.id}"
    purchase = a_purchase(merchant_urls={"confirmation": url})
    session_id = shop.session(purchase)

    placed = shop.place(shop.token(session_id)).json()

    expected = f"https://shop.example/thanks?s={session_id}&o={placed['order_id']}"
    assert placed["redirect_url"] == expected


def test_the_same_body_again_gets_the_same_answer_and_no_second_order(shop: Shop) -> None:
    token = shop.token(shop.session())

    first, second = shop.place(token), shop.place(token)

    assert second.status == 200
    assert second.body == first.body
    assert shop.effects().count("order_placed") == 1


def test_the_same_body_gets_the_same_answer_even_when_the_token_is_old(shop: Shop) -> None:
    token = shop.token(shop.session())
    first = shop.place(token)

    shop.wait(days=3)

    assert shop.place(token).body == first.body


def test_another_body_after_the_order_exists_is_refused(shop: Shop) -> None:
    token = shop.token(shop.session())
    shop.place(token)

    reply = shop.place(token, a_purchase(merchant_reference1="another"))

    message = "The order has been already completed with different request body"
    assert error(reply) == (409, "BAD_VALUE", [message])


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (a_purchase(a_line(50_00)), 409),
        (a_purchase(locale="fr-FR"), 400),
        ({"order_amount": 1}, 400),
    ],
)
def test_a_failed_placement_stays_with_its_token(shop: Shop, wrong: Any, status: int) -> None:
    token = shop.token(shop.session())

    first = shop.place(token, wrong)
    corrected = shop.place(token)

    assert first.status == status
    assert error(corrected) == error(first)
    assert "order_placed" not in shop.effects()


def test_a_new_authorization_gets_over_a_failed_placement(shop: Shop) -> None:
    session_id = shop.session()
    token = shop.token(session_id)
    shop.place(token, a_purchase(a_line(50_00)))

    given_back = shop.cancel_authorization(token)

    assert given_back.status == 204
    assert shop.place(shop.token(session_id)).status == 200


def test_a_switch_lets_a_corrected_body_through() -> None:
    shop = Shop(a_sandbox(sticky_placements=False))
    token = shop.token(shop.session())

    shop.place(token, a_purchase(a_line(50_00)))

    assert shop.place(token).status == 200


def test_a_replaced_token_of_a_completed_session_says_so(shop: Shop) -> None:
    session_id = shop.session()
    replaced = shop.token(session_id)
    shop.place(shop.token(session_id))

    reply = shop.place(replaced)

    message = "Session has already been completed"
    assert error(reply) == (404, "SESSION_COMPLETED", [message])


def test_an_unknown_token_is_not_found(shop: Shop) -> None:
    assert error(shop.place("x")) == (404, "NOT_FOUND", ["Invalid authorization token"])


def test_an_order_can_be_captured_as_it_is_placed(shop: Shop) -> None:
    order_id = shop.order(a_purchase(auto_capture=True))

    shown = shop.shown(order_id)

    assert (shown["status"], shown["captured_amount"]) == ("CAPTURED", 100_00)
    assert shop.effects()[-2:] == ["order_placed", "captured"]


def test_an_order_for_nothing_is_captured_without_a_capture(shop: Shop) -> None:
    order_id = shop.order(a_purchase(a_line(0), auto_capture=True))

    shown = shop.shown(order_id)

    assert (shown["status"], shown["captures"]) == ("CAPTURED", [])


def test_capturing_at_once_needs_an_agreement() -> None:
    shop = Shop(a_sandbox(agreements=()))
    token = shop.token(shop.session())

    assert error(shop.place(token, a_purchase(auto_capture=True)))[:2] == (403, "INVALID_OPERATION")


def test_a_session_that_only_tokenizes_takes_no_order(shop: Shop) -> None:
    token = shop.token(shop.session(a_purchase(intent="tokenize")))

    assert error(shop.place(token))[:2] == (403, "INVALID_OPERATION")


@pytest.mark.parametrize(
    ("category", "method", "initial"),
    [
        ("klarna", {"type": "invoice", "number_of_days": 30}, "INVOICE"),
        ("pay_now", {"type": "direct_debit"}, "DIRECT_DEBIT"),
        ("pay_over_time", {"type": "fixed_amount", "number_of_installments": 3}, "FIXED_AMOUNT"),
        ("direct_bank_transfer", {"type": "direct_bank_transfer"}, "BANK_TRANSFER"),
    ],
)
def test_the_category_decides_how_the_order_is_paid(
    category: str, method: Json, initial: str
) -> None:
    shop = Shop(a_sandbox(payment_method_categories=(category,)))
    token = shop.token(shop.session())

    placed = shop.place(token).json()

    assert placed["authorized_payment_method"] == method
    assert shop.shown(placed["order_id"])["initial_payment_method"]["type"] == initial


def test_organizations_pay_by_their_own_invoice(shop: Shop) -> None:
    order_id = shop.order(a_purchase(customer={"type": "organization"}))

    assert shop.shown(order_id)["initial_payment_method"]["type"] == "INVOICE_BUSINESS"


def test_an_option_decides_how_orders_are_paid() -> None:
    shop = Shop(a_sandbox(payment_method="fixed_sum_credit"), region="us")

    shown = shop.shown(shop.order(an_american_purchase()))

    assert shown["initial_payment_method"] == {
        "type": "FIXED_SUM_CREDIT",
        "description": "Fixed sum credit",
        "number_of_installments": 6,
    }
