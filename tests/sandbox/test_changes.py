"""Changing an order's amount, references and shopper."""

import pytest

from resolvers.klarna.countries import COUNTRIES
from resolvers.klarna.sandbox.messages import Reply
from tests.sandbox.shop import Shop, a_british_purchase, a_line, a_purchase, a_sandbox, error

UPDATE_NOT_ALLOWED = (403, "NOT_ALLOWED", ["Update not allowed."])


def change(shop: Shop, order_id: str, amount: int, **more: object) -> Reply:
    return shop.manage("PATCH", order_id, "authorization", {"order_amount": amount, **more})


def test_changing_the_amount_answers_204_and_keeps_the_original(shop: Shop) -> None:
    order_id = shop.order()

    reply = change(shop, order_id, 80_00, order_lines=[a_line(80_00)])

    shown = shop.shown(order_id)
    assert reply.status == 204
    assert (shown["order_amount"], shown["original_order_amount"]) == (80_00, 100_00)
    assert shown["remaining_authorized_amount"] == 80_00
    assert shown["order_lines"] == [a_line(80_00)]


def test_leaving_out_the_lines_deletes_them(shop: Shop) -> None:
    order_id = shop.order()

    change(shop, order_id, 100_00)

    assert shop.shown(order_id)["order_lines"] == []


def test_the_amount_cannot_fall_below_what_was_captured(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 60_00)

    below = change(shop, order_id, 59_99)
    exactly = change(shop, order_id, 60_00)

    assert error(below) == UPDATE_NOT_ALLOWED
    assert exactly.status == 204
    assert shop.shown(order_id)["status"] == "CAPTURED"


@pytest.mark.parametrize("ending", ["captured", "cancelled", "expired"])
def test_the_amount_cannot_change_once_nothing_is_left(shop: Shop, ending: str) -> None:
    order_id = shop.order()
    if ending == "captured":
        shop.capture(order_id, 100_00)
    elif ending == "cancelled":
        shop.manage("POST", order_id, "cancel")
    else:
        shop.wait(days=28)

    assert error(change(shop, order_id, 100_00)) == UPDATE_NOT_ALLOWED


@pytest.mark.parametrize(
    ("method", "country", "status"),
    [
        ("invoice", "DE", 204),
        ("b2b_invoice", "SE", 204),
        ("base_account", "FI", 204),
        ("direct_debit", "AT", 204),
        ("invoice", "CH", 403),
        ("direct_debit", "CH", 403),
        ("fixed_amount", "NL", 204),
        ("fixed_amount", "ES", 403),
        ("card", "DE", 403),
        ("fixed_sum_credit", "DE", 403),
    ],
)
def test_the_amount_may_grow_for_some_ways_to_pay_only(
    method: str, country: str, status: int
) -> None:
    shop = Shop(a_sandbox(payment_method=method))
    currency = COUNTRIES[country].currency
    order_id = shop.order(
        a_purchase(
            purchase_country=country,
            purchase_currency=currency,
            locale=COUNTRIES[country].locales[0],
        )
    )

    grown = change(shop, order_id, 100_01)
    shrunk = change(shop, order_id, 99_99)

    assert grown.status == status
    assert shrunk.status == 204


def test_an_order_under_review_does_not_change(shop: Shop) -> None:
    order_id = shop.order(a_british_purchase(), "customer+pend-accept-05@email.gb")

    assert error(change(shop, order_id, 99_99)) == UPDATE_NOT_ALLOWED


def test_references_are_changed_one_by_one_and_cleared_by_an_empty_text(shop: Shop) -> None:
    order_id = shop.order(a_purchase(merchant_reference1="1", merchant_reference2="2"))
    path = "merchant-references"

    reply = shop.manage("PATCH", order_id, path, {"merchant_reference1": "one"})
    changed = shop.shown(order_id)
    shop.manage("PATCH", order_id, path, {"merchant_reference2": ""})

    assert reply.status == 204
    assert (changed["merchant_reference1"], changed["merchant_reference2"]) == ("one", "2")
    assert "merchant_reference2" not in shop.shown(order_id)


def test_the_shipping_address_changes_and_the_billing_address_does_not(shop: Shop) -> None:
    address = {"email": "a@email.de", "city": "Berlin", "street_address2": "3rd floor"}
    order_id = shop.order(a_purchase(billing_address=address))

    reply = shop.manage(
        "PATCH",
        order_id,
        "customer-details",
        {
            "billing_address": {"city": "Rome"},
            "shipping_address": {"city": "Hamburg", "street_address2": ""},
        },
    )

    shown = shop.shown(order_id)
    assert reply.status == 204
    assert shown["billing_address"] == address
    assert shown["shipping_address"] == {"email": "a@email.de", "city": "Hamburg"}


@pytest.mark.parametrize("change", [{"country": "Germany"}, {"email": "nobody"}])
def test_an_address_that_is_none_is_invalid(shop: Shop, change: dict[str, str]) -> None:
    reply = shop.manage("PATCH", shop.order(), "customer-details", {"shipping_address": change})

    assert error(reply) == (
        422,
        "INVALID_ADDRESS",
        [f"Bad value: shipping_address.{field}" for field in change],
    )


def test_the_shopper_cannot_change_once_nothing_is_left(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 100_00)

    reply = shop.manage("PATCH", order_id, "customer-details", {"shipping_address": {}})

    assert error(reply) == UPDATE_NOT_ALLOWED


def test_acknowledging_again_is_no_error(shop: Shop) -> None:
    order_id = shop.order()

    replies = [shop.manage("POST", order_id, "acknowledge") for _ in range(2)]

    assert [reply.status for reply in replies] == [204, 204]


def test_parcels_cannot_be_added_to_a_cancelled_order(shop: Shop) -> None:
    order_id = shop.order()
    shop.manage("POST", order_id, "cancel")

    reply = shop.manage("POST", order_id, "shipping-info", {"shipping_info": [{}]})

    assert error(reply) == UPDATE_NOT_ALLOWED
