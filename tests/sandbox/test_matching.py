"""An order is what the shopper authorized, or it is refused."""

import pytest

from resolvers.klarna.sandbox.messages import Json
from tests.sandbox.shop import Shop, a_line, a_purchase, billed_to, error


def not_matching(fields: str) -> tuple[int, str, list[str]]:
    return 409, "BAD_VALUE", [f"Not matching fields: [{fields}]"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"purchase_country": "AT", "locale": "de-AT"}, "purchase_country"),
        ({"order_lines": [a_line(name="Trousers")]}, "order_lines[0].name"),
        ({"order_lines": [a_line(reference="sku-2")]}, "order_lines[0].reference"),
        ({"order_lines": [a_line(type="digital")]}, "order_lines[0].type"),
        ({"billing_address": {"email": "b@email.de"}}, "billing_address.email"),
        (
            {"billing_address": {"email": "a@email.de", "postal_code": "10115"}},
            "billing_address.postal_code",
        ),
        (
            {"shipping_address": {"email": "a@email.de", "organization_name": "Ltd"}},
            "shipping_address.organization_name",
        ),
    ],
)
def test_what_was_not_authorized_is_named(shop: Shop, changes: Json, field: str) -> None:
    token = shop.token(shop.session(), "a@email.de")

    assert error(shop.place(token, a_purchase(**changes))) == not_matching(field)


def test_amounts_that_were_not_authorized_are_named(shop: Shop) -> None:
    token = shop.token(shop.session())

    reply = shop.place(token, a_purchase(a_line(50_00)))

    fields = ["total_amount", "total_tax_amount", "unit_price"]
    names = ", ".join(f"order_lines[0].{name}" for name in fields)
    assert error(reply) == not_matching(f"order_amount, order_tax_amount, {names}")


def test_another_currency_is_refused_before_it_is_compared(shop: Shop) -> None:
    token = shop.token(shop.session())

    reply = shop.place(token, a_purchase(purchase_currency="SEK"))

    assert error(reply) == (400, "BAD_VALUE", ["Bad value: purchase_currency"])


def test_another_number_of_lines_is_counted(shop: Shop) -> None:
    purchase = a_purchase(a_line(), a_line())
    token = shop.token(shop.session(purchase))

    reply = shop.place(token, a_purchase(a_line(), a_line(), a_line()))

    text = "Incorrect number of items in the cart. Expected: 2, Actual: 3"
    assert error(reply) == not_matching(text)


def test_defaults_and_case_are_no_difference(shop: Shop) -> None:
    token = shop.token(shop.session(a_purchase(billing_address={"country": "DE"})))
    line = a_line(type="physical", total_discount_amount=0)

    reply = shop.place(
        token, a_purchase(line, purchase_country="de", billing_address={"country": "de"})
    )

    assert reply.status == 200


def test_a_shipping_address_is_compared_with_the_billing_address_it_defaults_to(
    shop: Shop,
) -> None:
    data = billed_to("a@email.de", city="Berlin")
    token = shop.step(shop.session(), "authorize", data)["authorization_token"]

    reply = shop.place(token, a_purchase(shipping_address=data["billing_address"]))

    assert reply.status == 200


def test_an_order_is_compared_with_what_the_shopper_saw_not_with_the_cart_since(
    shop: Shop,
) -> None:
    session_id = shop.session()
    shop.token(session_id)
    smaller = a_purchase(a_line(50_00))
    shop.update(session_id, smaller)

    reply = shop.place(shop.token(session_id), smaller)

    assert reply.status == 200
