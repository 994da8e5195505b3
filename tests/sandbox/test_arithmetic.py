"""What Klarna demands of amounts, each rule with a purchase it accepts and one it refuses."""

import pytest

from resolvers.klarna.sandbox.messages import Json
from tests.sandbox.shop import Shop, a_line, a_purchase, a_sandbox, an_american_purchase, error


def refused(*fields: str) -> tuple[int, str, list[str]]:
    return 400, "BAD_VALUE", [f"Bad value: {field}" for field in fields]


def test_a_lines_total_is_quantity_times_unit_price_less_discount(shop: Shop) -> None:
    line = a_line(270_00) | {"quantity": 3, "unit_price": 100_00, "total_discount_amount": 30_00}

    right = shop.create(a_purchase(line))
    wrong = shop.create(a_purchase(line | {"total_discount_amount": 30_01}))

    assert right.status == 200
    assert error(wrong) == refused("order_lines[0].total_amount")


@pytest.mark.parametrize("difference", [-1, 1])
def test_the_orders_amount_is_exactly_the_sum_of_its_lines(shop: Shop, difference: int) -> None:
    purchase = a_purchase(a_line(100_00), a_line(50_00))

    wrong = shop.create(purchase | {"order_amount": 150_00 + difference})

    assert shop.create(purchase).status == 200
    assert error(wrong) == refused("order_amount")


@pytest.mark.parametrize(
    ("amount", "rate", "tax"),
    [
        (595_00, 2000, 99_17),
        (595_00, 2500, 119_00),
        (29_00, 2000, 4_83),
        (29_00, 2500, 5_80),
        (10_00, 1900, 1_60),
        (40_00, 2000, 6_66),
        (40_00, 2000, 6_67),
        (500_00, 1000, 45_45),
    ],
)
def test_a_lines_tax_is_the_part_of_its_total_that_the_rate_makes(
    shop: Shop, amount: int, rate: int, tax: int
) -> None:
    reply = shop.create(a_purchase(a_line(amount, rate=rate, tax=tax)))

    assert reply.status == 200


@pytest.mark.parametrize(
    ("amount", "rate", "tax"),
    [(4_95, 700, 41), (500_00, 1000, 50_00), (40_00, 2000, 6_65), (40_00, 2000, 6_68)],
)
def test_a_lines_tax_may_not_be_more_than_one_unit_off(
    shop: Shop, amount: int, rate: int, tax: int
) -> None:
    reply = shop.create(a_purchase(a_line(amount, rate=rate, tax=tax)))

    assert error(reply) == refused("order_lines[0].total_tax_amount")


def test_the_orders_tax_may_be_one_unit_off_for_each_item() -> None:
    shop = Shop(a_sandbox(strict_tax=False))
    lines = a_line(40_00), a_line(40_00)

    just_right = shop.create(a_purchase(*lines) | {"order_tax_amount": 16_02})
    too_much = shop.create(a_purchase(*lines) | {"order_tax_amount": 16_03})

    assert just_right.status == 200
    assert error(too_much) == refused("order_tax_amount")


def test_a_strict_sandbox_takes_only_the_exact_sum_of_the_lines_tax() -> None:
    shop = Shop(a_sandbox(strict_tax=True))
    lines = a_line(40_00), a_line(40_00)

    exact = shop.create(a_purchase(*lines))
    rounded_separately = shop.create(a_purchase(*lines) | {"order_tax_amount": 16_01})

    assert exact.status == 200
    assert error(rounded_separately) == refused("order_tax_amount")


def test_tax_may_be_left_out_altogether(shop: Shop) -> None:
    line = {"name": "Shirt", "quantity": 1, "unit_price": 100_00, "total_amount": 100_00}
    purchase = a_purchase(line)
    del purchase["order_tax_amount"]

    assert shop.create(purchase).status == 200


def test_american_tax_is_a_line_of_its_own_and_part_of_the_amount() -> None:
    shop = Shop(a_sandbox(), region="us")

    included = shop.create(an_american_purchase(200_00, 10_00))
    on_top = shop.create(an_american_purchase(200_00, 10_00) | {"order_amount": 200_00})

    assert included.status == 200
    assert error(on_top) == refused("order_amount")


def test_american_order_tax_is_the_sum_of_the_tax_lines() -> None:
    shop = Shop(a_sandbox(), region="us")

    reply = shop.create(an_american_purchase(200_00, 10_00) | {"order_tax_amount": 9_99})

    assert error(reply) == refused("order_tax_amount")


def test_where_tax_is_a_line_no_other_line_has_a_tax() -> None:
    shop = Shop(a_sandbox(), region="us")
    purchase = an_american_purchase()
    goods, tax = purchase["order_lines"]

    reply = shop.create(purchase | {"order_lines": [goods | {"total_tax_amount": 1}, tax]})

    assert error(reply) == refused("order_lines[0].total_tax_amount")


def _discount(amount: int, tax: int, rate: int = 2500) -> Json:
    return a_line(-amount, rate=rate, tax=-tax, type="discount", name="Discount")


def test_a_discount_on_the_order_is_a_negative_line_with_negative_tax(shop: Shop) -> None:
    reply = shop.create(a_purchase(a_line(100_00), _discount(20_00, 4_00)))

    assert reply.status == 200


def test_a_discounts_tax_is_that_of_its_own_rate(shop: Shop) -> None:
    untaxed = a_line(100_00, rate=0)

    reply = shop.create(a_purchase(untaxed, _discount(20_00, 0, rate=2500)))

    assert error(reply) == refused("order_lines[1].total_tax_amount")


def test_a_gift_card_is_negative_and_untaxed(shop: Shop) -> None:
    card = a_line(-30_00, rate=0, type="gift_card", name="Gift card")

    assert shop.create(a_purchase(a_line(100_00), card)).status == 200


def test_an_effective_rate_computed_backwards_fits_only_by_luck(shop: Shop) -> None:
    configured = a_line(1_000_00, rate=2500, tax=200_00)
    computed = a_line(1_000_00, rate=2506, tax=200_00)

    assert shop.create(a_purchase(configured)).status == 200
    assert error(shop.create(a_purchase(computed))) == refused("order_lines[0].total_tax_amount")


def test_all_that_does_not_add_up_is_named(shop: Shop) -> None:
    line = a_line(100_00) | {"total_amount": 99_00, "total_tax_amount": 0}

    reply = shop.create(a_purchase(line) | {"order_amount": 100_00})

    assert error(reply) == refused(
        "order_lines[0].total_amount", "order_amount", "order_lines[0].total_tax_amount"
    )
