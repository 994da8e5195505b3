"""Which countries, currencies and locales belong together, and to which region."""

import pytest

from resolvers.klarna.countries import COUNTRIES, Country
from tests.sandbox.shop import Shop, a_purchase, a_sandbox, an_american_purchase, billed_to, error


def refused(field: str) -> tuple[int, str, list[str]]:
    return 400, "BAD_VALUE", [f"Bad value: {field}"]


@pytest.mark.parametrize("country", COUNTRIES.values(), ids=COUNTRIES.keys())
def test_every_country_sells_in_its_currency_and_locales_at_its_region(country: Country) -> None:
    shop = Shop(a_sandbox(), region=country.region.lower())

    replies = [
        shop.create(
            a_purchase(
                purchase_country=country.code, purchase_currency=country.currency, locale=locale
            )
        )
        for locale in country.locales
    ]

    assert {reply.status for reply in replies} == {200}


def test_another_regions_country_looks_like_a_wrong_currency(shop: Shop) -> None:
    reply = shop.create(an_american_purchase())

    assert error(reply) == refused("purchase_currency")


def test_a_country_sells_in_its_own_currency_only(shop: Shop) -> None:
    reply = shop.create(a_purchase(purchase_currency="SEK"))

    assert error(reply) == refused("purchase_currency")


@pytest.mark.parametrize("locale", ["de-AT", "fr-DE", "de"])
def test_a_locale_is_one_of_the_countrys(shop: Shop, locale: str) -> None:
    reply = shop.create(a_purchase(locale=locale))

    assert error(reply) == refused("locale")


def test_case_does_not_matter(shop: Shop) -> None:
    reply = shop.create(a_purchase(purchase_country="de", purchase_currency="eur", locale="DE-de"))

    assert reply.status == 200


def test_a_locale_may_be_left_out(shop: Shop) -> None:
    purchase = a_purchase()
    del purchase["locale"]

    assert shop.create(purchase).status == 200


def test_an_unknown_country_is_refused(shop: Shop) -> None:
    assert error(shop.create(a_purchase(purchase_country="ZZ"))) == refused("purchase_country")


def test_the_billing_country_overrides_the_purchases(shop: Shop) -> None:
    austrian = a_purchase(billing_address={"country": "AT"}, locale="de-AT")
    swedish = a_purchase(billing_address={"country": "SE"}, locale="sv-SE")
    antarctic = a_purchase(billing_address={"country": "AQ"})

    assert shop.create(austrian).status == 200
    assert error(shop.create(swedish)) == refused("purchase_currency")
    assert error(shop.create(antarctic)) == refused("billing_address.country")


def test_a_shopper_who_moves_abroad_cannot_authorize(shop: Shop) -> None:
    session_id = shop.session()

    answer = shop.step(session_id, "authorize", billed_to("a@email.se", country="SE"))

    assert answer == {
        "approved": False,
        "show_form": True,
        "error": {"invalid_fields": ["purchase_currency", "locale"]},
    }


def test_an_order_may_leave_out_the_address_that_decided_its_locale(shop: Shop) -> None:
    purchase = a_purchase(billing_address={"country": "AT"}, locale="de-AT")
    token = shop.token(shop.session(purchase))

    reply = shop.place(token, a_purchase(locale="de-AT"))

    assert reply.status == 200
