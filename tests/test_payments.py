"""Sessions: opening them, saving the shopper's token, following the order."""

from datetime import timedelta
from typing import Any

import pytest

from tests import documents, orders
from tests.gateway import Gateway

Json = dict[str, Any]


async def changed(gateway: Gateway, order_id: str) -> None:
    """Make an order a little dearer."""
    await gateway.do(documents.PUT_ORDER, input=orders.dearer() | {"id": order_id})


async def test_a_session_says_what_the_order_is(gateway: Gateway) -> None:
    payment = await gateway.open()

    session = gateway.sandbox.exchanges[-1]
    assert payment["locale"] == "de-DE"
    assert (payment["countryCode"], payment["currencyCode"]) == ("DE", "EUR")
    assert payment["sessionExpiresAt"] == "2026-03-04T09:00:00.000Z"
    payload = payment["authorizePayload"]
    assert payload["order_amount"] == 163_60
    assert payload["order_tax_amount"] == sum(
        line["total_tax_amount"] for line in payload["order_lines"]
    )
    assert payload["billing_address"]["given_name"] == "Erika"
    assert "billing_address" not in str(session)


@pytest.mark.parametrize("number", [f"W{number}" for number in range(1001, 1013)])
async def test_every_order_of_the_demo_can_be_paid(gateway: Gateway, number: str) -> None:
    order = orders.demo(number)
    region = {"USD": "US", "AUD": "OC", "NZD": "OC"}.get(order["currencyCode"], "EU")
    order_id = await gateway.put(order, region=region)

    payment = await gateway.open(order_id)

    assert payment["__typename"] == "KlarnaPayment", payment


async def test_sales_tax_is_a_line_of_its_own_in_the_americas(gateway: Gateway) -> None:
    payment = await gateway.open(await gateway.put(orders.american(), region="US"))

    *goods, tax = payment["authorizePayload"]["order_lines"]
    assert tax["type"] == "sales_tax"
    assert tax["total_amount"] == payment["authorizePayload"]["order_tax_amount"] == 10_13
    assert not any("tax_rate" in line for line in goods)
    assert payment["intentAmountCents"] == 145_08


async def test_net_prices_reach_klarna_with_their_tax_inside(gateway: Gateway) -> None:
    line = {
        "name": "Bolt",
        "quantity": 3,
        "unitAmountCents": 10_00,
        "totalAmountCents": 30_00,
        "taxAmountCents": 5_71,
        "taxRate": 0.19,
    }
    order = orders.one_line(30_00, 5_71, 0.19) | {
        "lineItems": [line],
        "taxIncluded": False,
        "totalTaxAmountCents": 5_71,
        "totalAmountWithTaxesCents": 35_71,
    }

    refused = await gateway.open(await gateway.put(order))
    line["taxAmountCents"] = 5_70
    exact = order | {"totalTaxAmountCents": 5_70, "totalAmountWithTaxesCents": 35_70}
    payment = await gateway.open(await gateway.put(exact))

    assert refused["authorizePayload"]["order_lines"][0]["quantity"] == 1
    (sent,) = payment["authorizePayload"]["order_lines"]
    assert (sent["quantity"], sent["unit_price"], sent["total_amount"]) == (3, 11_90, 35_70)


async def test_the_newest_payment_is_the_orders_source_and_the_older_one_is_given_up(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()
    older = await gateway.authorized(order_id)
    gateway.clock.advance(timedelta(seconds=1))

    newer = await gateway.open(order_id)

    order = await gateway.do(documents.ORDER, id=order_id)
    assert order["paymentSource"]["id"] == newer["id"]
    assert [payment["id"] for payment in order["klarnaPayments"]["nodes"]] == [
        newer["id"],
        older["id"],
    ]
    given_up = await gateway.do(documents.PAYMENT, id=older["id"])
    assert given_up["status"] == "REAUTHORIZE"
    assert len(gateway.effects("authorization_cancelled")) == 1
    assert (await gateway.history("klarnaPayment", older["id"]))[-1] == "authorization_released"


UNPAYABLE: list[tuple[Json, str, list[str]]] = [
    ({"currencyCode": "SEK"}, "CURRENCY_UNSUPPORTED", ["currencyCode"]),
    ({"countryCode": "JP", "currencyCode": "JPY"}, "COUNTRY_UNSUPPORTED", ["countryCode"]),
    ({"countryCode": "US", "currencyCode": "USD"}, "COUNTRY_UNSUPPORTED", ["countryCode"]),
    ({"countryCode": None}, "ORDER_INCOMPLETE", ["countryCode"]),
]


@pytest.mark.parametrize(("change", "code", "path"), UNPAYABLE)
async def test_an_order_klarna_does_not_take_is_refused_before_any_call(
    gateway: Gateway, change: Json, code: str, path: list[str]
) -> None:
    order_id = await gateway.put(orders.one_line(100_00, 15_97, 0.19) | change)

    refused = await gateway.open(order_id)

    assert (refused["code"], refused["path"]) == (code, path)
    assert not gateway.sandbox.exchanges


async def test_the_billing_country_counts_before_the_orders_own(gateway: Gateway) -> None:
    order = orders.german() | {"countryCode": "FR"}

    payment = await gateway.open(await gateway.put(order))

    assert payment["countryCode"] == "DE"


async def test_tax_that_klarna_would_refuse_is_refused_before_any_call(gateway: Gateway) -> None:
    refused = await gateway.open(await gateway.put(orders.one_line(4_95, 41, 0.07)))

    assert refused["code"] == "AMOUNTS_DIFFER"
    assert "should be 32" in refused["message"]
    assert not gateway.sandbox.exchanges


async def test_an_order_without_lines_or_method_is_refused(gateway: Gateway) -> None:
    empty = orders.one_line(0, 0, 0.0) | {"lineItems": []}

    no_lines = await gateway.open(await gateway.put(empty))
    pushed = await gateway.do(documents.PUT_ORDER, input=orders.one_line(1_00, 0, 0.0))
    no_method = await gateway.open(pushed["id"])

    assert (no_lines["code"], no_lines["path"]) == ("ORDER_INCOMPLETE", ["lineItems"])
    assert no_method["code"] == "PAYMENT_METHOD_UNUSABLE"


async def test_a_method_of_another_currency_is_refused(gateway: Gateway) -> None:
    method = await gateway.do(
        documents.CREATE_METHOD,
        input={"paymentGatewayId": gateway.gateways["EU"], "currencyCode": "SEK"},
    )

    refused = await gateway.open(await gateway.put(paymentMethodId=method["id"]))

    assert refused["code"] == "PAYMENT_METHOD_UNUSABLE"


async def test_a_disabled_gateway_takes_no_new_payment_but_keeps_those_it_has(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()
    payment = await gateway.authorized(order_id)
    await gateway.do(documents.DISABLE_GATEWAY, id=gateway.gateways["EU"])

    refused = await gateway.open(order_id)
    await changed(gateway, order_id)
    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])
    token = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
    placed = await gateway.do(documents.PLACE, id=order_id)

    assert refused["code"] == "GATEWAY_DISABLED"
    assert "enableKlarnaGateway" in refused["hint"]
    assert refreshed["intentAmountCents"] == 200_00
    assert placed["status"] == "placed"


async def test_a_saved_token_is_good_for_an_hour(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.authorized(order_id)
    assert payment["authTokenExpiresAt"] == "2026-03-02T10:00:00.000Z"

    gateway.clock.advance(timedelta(minutes=60))

    assert (await gateway.do(documents.PAYMENT, id=payment["id"]))["status"] == "REAUTHORIZE"
    refused = await gateway.do(documents.PLACE, id=order_id)
    assert refused["code"] == "NOT_AUTHORIZED"
    assert gateway.effects("order_placed") == []


async def test_the_same_token_again_changes_nothing_and_another_replaces_it(
    gateway: Gateway,
) -> None:
    payment = await gateway.open()
    first = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=first)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=first)
    second = await gateway.authorize(payment)

    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=second)

    held = await gateway.do(documents.TOKEN, id=payment["id"])
    assert held["authToken"] == second
    assert await gateway.history("klarnaPayment", payment["id"]) == [
        "session_opened",
        "authorized",
        "authorized",
    ]


@pytest.mark.parametrize("token", ["", "t" * 256, "a\nb"])
async def test_a_token_that_is_none_is_refused(gateway: Gateway, token: str) -> None:
    payment = await gateway.open()

    refused = await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", ["authToken"])


async def test_a_session_ends_after_two_days_and_a_refresh_opens_another(
    gateway: Gateway,
) -> None:
    payment = await gateway.open()
    gateway.clock.advance(timedelta(hours=48))

    expired = await gateway.do(documents.PAYMENT, id=payment["id"])
    refused = await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken="late")
    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])

    assert expired["status"] == "EXPIRED"
    assert refused["code"] == "SESSION_EXPIRED"
    assert "refreshKlarnaPayment" in refused["hint"]
    assert refreshed["id"] == payment["id"]
    assert refreshed["sessionId"] != payment["sessionId"]
    assert refreshed["status"] == "OPEN"
    assert (await gateway.history("klarnaPayment", payment["id"]))[-1] == "session_reopened"


async def test_a_session_that_klarna_forgot_is_replaced(gateway: Gateway) -> None:
    payment = await gateway.open()
    gateway.fault("update_session", status=404, error_code="NOT_FOUND")

    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])

    assert refreshed["id"] == payment["id"]
    assert refreshed["sessionId"] != payment["sessionId"]
    assert await gateway.history("klarnaPayment", payment["id"]) == [
        "session_opened",
        "update_session_refused",
        "session_reopened",
    ]


async def test_another_country_or_currency_needs_another_session(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.open(order_id)
    swedish = orders.demo("W1002") | {"id": order_id}
    await gateway.do(documents.PUT_ORDER, input=swedish)

    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])

    assert refreshed["sessionId"] != payment["sessionId"]
    assert (refreshed["countryCode"], refreshed["locale"]) == ("SE", "sv-SE")
    assert len(gateway.effects("session_updated")) == 0


async def test_a_completed_session_is_not_replaced(gateway: Gateway) -> None:
    payment = await gateway.open()
    gateway.fault("update_session", status=404, error_code="SESSION_COMPLETED")

    refused = await gateway.do(documents.REFRESH, id=payment["id"])

    assert (refused["code"], refused["klarnaCode"]) == ("SESSION_COMPLETED", "SESSION_COMPLETED")
    assert len(gateway.effects("session_created")) == 1


async def test_refreshing_an_authorized_payment_of_an_unchanged_order_keeps_its_token(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()

    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])

    assert refreshed["status"] == "AUTHORIZED"
    assert gateway.effects("session_updated") == []


async def test_refreshing_after_a_change_voids_the_authorization(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.authorized(order_id)
    await changed(gateway, order_id)

    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])

    assert refreshed["status"] == "OPEN"
    assert (await gateway.do(documents.TOKEN, id=payment["id"]))["authToken"] is None


@pytest.mark.parametrize("mutation", [documents.REFRESH, documents.SAVE_TOKEN])
async def test_a_placed_payment_changes_no_more(gateway: Gateway, mutation: str) -> None:
    order_id = await gateway.put()
    payment = await gateway.authorized(order_id)
    await gateway.do(documents.PLACE, id=order_id)

    given = {"authToken": "another"} if mutation is documents.SAVE_TOKEN else {}
    refused = await gateway.do(mutation, id=payment["id"], **given)

    assert refused["code"] == "PAYMENT_STATE"


async def test_references_and_metadata_stay_with_the_payment(gateway: Gateway) -> None:
    order_id = await gateway.put()
    given = {
        "orderId": order_id,
        "reference": "R-1",
        "referenceOrigin": "erp",
        "metadata": {"ünï": ["🧦", None, 1.5]},
    }
    payment = await gateway.do(documents.CREATE_PAYMENT, input=given)

    read = await gateway.do(
        "query ($id: ID!) { klarnaPayment(id: $id) { reference referenceOrigin metadata } }",
        id=payment["id"],
    )

    assert read == {name: given[name] for name in ("reference", "referenceOrigin", "metadata")}


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (documents.CREATE_PAYMENT, {"input": {"orderId": "nosuchorde"}}),
        (documents.SAVE_TOKEN, {"id": "nosuchpaym", "authToken": "x"}),
        (documents.REFRESH, {"id": "nosuchpaym"}),
        (documents.PLACE, {"id": "nosuchorde"}),
        (documents.ENABLE_GATEWAY, {"id": "nosuchgate"}),
        (documents.DISABLE_GATEWAY, {"id": "nosuchgate"}),
    ],
)
async def test_what_is_not_there_is_not_found(gateway: Gateway, document: str, given: Json) -> None:
    error = await gateway.fails(document, **given)

    assert error["extensions"]["code"] == "NOT_FOUND"
