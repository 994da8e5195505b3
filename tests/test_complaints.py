"""What goes wrong in other Klarna integrations, by what people complain of: each has its test."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import orjson
import pytest

from resolvers.klarna.client import Klarna
from tests import documents, orders
from tests.gateway import Gateway
from tests.test_callbacks import order_of, report, stored
from tests.test_movements import CAPTURE, VOID, placed

Json = dict[str, Any]


def sent(gateway: Gateway, operation: str) -> list[Json]:
    """The bodies that Klarna was sent for an operation."""
    return [
        orjson.loads(exchange.visit.request.body)
        for exchange in gateway.sandbox.exchanges
        if exchange.visit.operation == operation and exchange.visit.request.body
    ]


def net(**changes: Any) -> Json:
    """Three things of 3.33 net each, with 19 % on top of the line's sum."""
    line = {
        "name": "Thing",
        "quantity": 3,
        "unitAmountCents": 333,
        "totalAmountCents": 999,
        "taxAmountCents": 190,
        "taxRate": 0.19,
    }
    return orders.one_line(999, 190, 0.19) | {
        "taxIncluded": False,
        "lineItems": [line],
        "totalAmountWithTaxesCents": 1189,
        **changes,
    }


async def test_tax_from_net_prices_or_per_unit(gateway: Gateway) -> None:
    await gateway.open(await gateway.put(net()))

    (body,) = sent(gateway, "create_session")
    (line,) = body["order_lines"]
    assert (line["total_amount"], line["total_tax_amount"]) == (1189, 190)
    assert line["quantity"] * line["unit_price"] == line["total_amount"]


async def test_order_tax_rounded_separately_from_lines(gateway: Gateway) -> None:
    await gateway.open()

    (body,) = sent(gateway, "create_session")
    assert body["order_tax_amount"] == sum(line["total_tax_amount"] for line in body["order_lines"])


async def test_effective_rate_computed_backwards(gateway: Gateway) -> None:
    await gateway.open(await gateway.put(orders.one_line(9_99, 2_00, 0.25)))

    (body,) = sent(gateway, "create_session")
    assert [line["tax_rate"] for line in body["order_lines"]] == [2500]


async def test_capture_total_differs_from_authorized_by_rounding(gateway: Gateway) -> None:
    order_id = await placed(gateway, net())

    order = await gateway.do(CAPTURE, id=order_id)

    (session,), (capture,) = sent(gateway, "create_session"), sent(gateway, "capture")
    assert capture["order_lines"] == session["order_lines"]
    assert order["paymentStatus"] == "paid"


async def test_order_total_is_not_the_sum_of_lines(gateway: Gateway) -> None:
    wrong = orders.german() | {"totalAmountWithTaxesCents": 163_61}

    refusal = await gateway.do(documents.PUT_ORDER, input=wrong)

    assert (refusal["code"], refusal["path"]) == (
        "AMOUNTS_DIFFER",
        ["totalAmountWithTaxesCents"],
    )
    assert sent(gateway, "create_session") == []


async def test_discounts(gateway: Gateway) -> None:
    goods = {
        "name": "Thing",
        "unitAmountCents": 100_00,
        "totalAmountCents": 100_00,
        "taxAmountCents": 15_97,
        "taxRate": 0.19,
    }
    discount = {
        "name": "Ten off",
        "itemType": "fixed_amount_promotions",
        "unitAmountCents": -10_00,
        "totalAmountCents": -10_00,
        "taxAmountCents": -1_60,
        "taxRate": 0.19,
    }
    order = orders.one_line(90_00, 14_37, 0.19) | {
        "lineItems": [goods, discount],
        "subtotalAmountCents": 100_00,
        "discountAmountCents": -10_00,
    }

    await placed(gateway, order)

    lines = sent(gateway, "create_session")[0]["order_lines"]
    assert [(line["type"], line["total_amount"]) for line in lines] == [
        ("physical", 100_00),
        ("discount", -10_00),
    ]
    assert lines[1]["total_tax_amount"] < 0


async def test_shipping_or_surcharge_without_proper_tax(gateway: Gateway) -> None:
    order = orders.german()
    shipping = next(line for line in order["lineItems"] if line["itemType"] == "shipments")
    changed = order["lineItems"][:]
    changed[changed.index(shipping)] = shipping | {"taxAmountCents": 0}
    tax = order["totalTaxAmountCents"] - shipping["taxAmountCents"]
    order_id = await gateway.put(order | {"lineItems": changed, "totalTaxAmountCents": tax})

    refusal = await gateway.do(documents.CREATE_PAYMENT, input={"orderId": order_id})

    assert refusal["code"] == "AMOUNTS_DIFFER"
    assert sent(gateway, "create_session") == []


async def test_us_tax_inside_lines(gateway: Gateway) -> None:
    await gateway.open(await gateway.put(orders.american(), region="US"))

    (body,) = sent(gateway, "create_session")
    *goods, tax = body["order_lines"]
    assert (tax["type"], tax["total_amount"]) == ("sales_tax", body["order_tax_amount"])
    assert not any(line.get("total_tax_amount") for line in goods)


@pytest.mark.parametrize("change", [{"currencyCode": "SEK"}, {"countryCode": "SE"}])
async def test_locale_or_currency_not_of_the_country(gateway: Gateway, change: Json) -> None:
    order = orders.one_line(10_00, 1_60, 0.19) | change
    order_id = await gateway.put(order)

    refusal = await gateway.do(documents.CREATE_PAYMENT, input={"orderId": order_id})

    assert refusal["code"] == "CURRENCY_UNSUPPORTED"
    assert sent(gateway, "create_session") == []


async def test_shopper_changes_billing_country(gateway: Gateway) -> None:
    order = orders.one_line(10_00, 1_60, 0.19, reference="R")
    payment = await gateway.open(await gateway.put(order))
    await gateway.put(order | {"countryCode": "AT"})

    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])

    assert refreshed["id"] == payment["id"]
    assert refreshed["sessionId"] != payment["sessionId"]
    assert refreshed["countryCode"] == "AT"


async def test_cached_session_expired_or_completed(gateway: Gateway) -> None:
    payment = await gateway.open()
    gateway.clock.advance(timedelta(hours=49))

    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])

    assert refreshed["status"] == "OPEN"
    assert refreshed["clientToken"] != payment["clientToken"]


async def test_token_older_than_sixty_minutes_or_superseded(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    gateway.clock.advance(timedelta(minutes=60))

    refusal = await gateway.do(documents.PLACE, id=(await order_of(gateway, payment))["id"])

    assert (refusal["code"], "saveKlarnaAuthToken" in refusal["hint"]) == ("NOT_AUTHORIZED", True)
    assert sent(gateway, "place_order") == []


async def test_cart_changed_between_authorize_and_place(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    await gateway.put(orders.dearer())

    refusal = await gateway.do(documents.PLACE, id=(await order_of(gateway, payment))["id"])

    assert (refusal["code"], "refreshKlarnaPayment" in refusal["hint"]) == (
        "AMOUNTS_MISMATCHED",
        True,
    )
    assert sent(gateway, "place_order") == []


async def test_409_on_harmless_fields(gateway: Gateway) -> None:
    await placed(gateway)

    (body,) = sent(gateway, "place_order")
    assert not {"billing_address", "shipping_address", "customer"} & body.keys()


async def test_409_or_400_repeated_after_fixing_the_body(gateway: Gateway) -> None:
    payment = await gateway.open()
    token = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
    gateway.fault("place_order", status=400, error_code="BAD_VALUE")
    await gateway.do(documents.PLACE, id=(await order_of(gateway, payment))["id"])

    spent = await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
    again = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=again)
    order = await gateway.do(documents.PLACE, id=(await order_of(gateway, payment))["id"])

    assert (spent["code"], order["status"]) == ("NOT_AUTHORIZED", "placed")


async def test_order_placed_twice(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    order_id = (await order_of(gateway, payment))["id"]

    answers = await asyncio.gather(*(gateway.do(documents.PLACE, id=order_id) for _ in range(10)))

    assert {answer["status"] for answer in answers} == {"placed"}
    assert len(gateway.effects("order_placed")) == 1


async def test_callback_slow(gateway: Gateway) -> None:
    """Klarna waits for two seconds; the answer does not wait for what is done with the report."""
    payment = await gateway.open()
    token = await gateway.authorize(payment)
    gateway.fault("read_session", delay=3)
    said = {"authorization_token": token, "session_id": payment["sessionId"]}

    begun = time.monotonic()
    status = await report(gateway, payment, said)

    assert status == 200
    assert time.monotonic() - begun < 1


async def test_forged_callback_or_guessed_url(gateway: Gateway) -> None:
    payment = await gateway.open()
    said = {"authorization_token": "forged", "session_id": payment["sessionId"]}

    guessed = await report(gateway, payment, said, secret="x" * 32)
    forged = await report(gateway, payment, said)
    await gateway.services.turns.finish()

    assert (guessed, forged) == (404, 200)
    assert (await stored(gateway, payment)).auth_token is None


async def test_pending_order_captured(gateway: Gateway) -> None:
    order_id = await placed(gateway, orders.with_email("pend-accept-30"))

    refusal = await gateway.do(CAPTURE, id=order_id)

    assert (refusal["code"], sent(gateway, "capture")) == ("PAYMENT_STATE", [])


async def test_redirect_back_in_another_browser_or_never(gateway: Gateway) -> None:
    """Nobody comes back: Klarna's report alone has the order placed."""
    await gateway.do(documents.UPDATE_METHOD, id=gateway.methods["EU"], input={"autoPlace": True})
    payment = await gateway.open()
    token = await gateway.authorize(payment)

    await report(
        gateway,
        payment,
        {"authorization_token": token, "session_id": payment["sessionId"]},
    )
    await gateway.services.turns.finish()

    assert (await order_of(gateway, payment))["status"] == "placed"


async def test_never_captured(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    gateway.clock.advance(timedelta(days=29))

    refusal = await gateway.do(CAPTURE, id=order_id)
    klarna = await gateway.do("query ($id: ID!) { klarnaOrder(id: $id) { status } }", id=order_id)

    assert refusal["code"] == "KLARNA_REFUSED"
    assert klarna["status"] == "EXPIRED"


async def test_partial_capture_then_cancel(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    await gateway.do(CAPTURE, id=order_id, amount=10_00)

    order = await gateway.do(VOID, id=order_id)

    assert order["paymentStatus"] == "partially_voided"
    assert (len(gateway.effects("released")), gateway.effects("cancelled")) == (1, [])


async def test_one_idempotency_key_per_order(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    for _ in range(2):
        await gateway.do(CAPTURE, id=order_id, amount=10_00)

    captures = gateway.effects("captured")
    assert len({entry.idempotency_key for entry in captures}) == len(captures) == 2


async def test_random_key_per_retry(gateway: Gateway) -> None:
    order_id = await placed(gateway)
    gateway.fault("capture", close="after")
    await gateway.fails(CAPTURE, id=order_id, amount=10_00)
    gateway.fault("get_order", status=503)
    await gateway.fails(CAPTURE, id=order_id, amount=10_00)
    await gateway.do(CAPTURE, id=order_id, amount=10_00)

    assert len(gateway.effects("captured")) == 1


def test_patch_authorization_without_lines() -> None:
    """It deletes the lines; this gateway never changes an authorization, it opens another one."""
    assert not [name for name in dir(Klarna) if "authorization" in name and "cancel" not in name]


async def test_test_data_read_back_differs(gateway: Gateway) -> None:
    """The playground replaces names; ours are the shop's, whatever is read back."""
    order_id = await placed(gateway)
    await gateway.do("query ($id: ID!) { klarnaOrder(id: $id) { status } }", id=order_id)

    order = await gateway.do(documents.ORDER, id=order_id)

    assert order["billingAddress"]["firstName"] == orders.german()["billingAddress"]["firstName"]


async def test_unknown_enum_values_and_new_fields(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    odd = {
        "order_id": "0b1d9815-165e-42e2-8867-35bc03789e00",
        "fraud_status": "SOMETHING_NEW",
        "authorized_payment_method": {"type": "telepathy", "more": [1]},
        "news": {"nested": True},
    }
    gateway.fault("place_order", status=200, body=odd)

    order = await gateway.do(documents.PLACE, id=(await order_of(gateway, payment))["id"])
    read = await gateway.do(documents.PAYMENT, id=payment["id"])

    assert order["status"] == "placed"
    assert read["fraudStatus"] == "SOMETHING_NEW"
    assert read["paymentInstrument"] == {"issuer": "klarna", "issuer_type": "telepathy"}
