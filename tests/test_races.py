"""What changes under a payment: other tabs, other methods, other snapshots."""

import asyncio
from datetime import timedelta
from typing import Any

from tests import documents, orders
from tests.gateway import Gateway

Json = dict[str, Any]


async def other_method(gateway: Gateway) -> str:
    made = await gateway.do(
        documents.CREATE_METHOD, input={"paymentGatewayId": gateway.gateways["US"]}
    )
    found: str = made["id"]
    return found


async def test_an_order_that_costs_the_same_but_is_another_is_not_placed(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put(orders.one_line(100_00, 15_97, 0.19, reference="R"))
    await gateway.authorized(order_id)
    other = orders.one_line(100_00, 6_54, 0.07, reference="R")
    await gateway.put(other)

    refused = await gateway.do(documents.PLACE, id=order_id)

    assert refused["code"] == "AMOUNTS_MISMATCHED"
    assert "order_tax_amount is 654 in the order and was 1597" in refused["message"]
    assert gateway.effects("order_placed") == []


async def test_another_name_or_picture_is_no_other_order(gateway: Gateway) -> None:
    order = orders.one_line(100_00, 15_97, 0.19, reference="R")
    order_id = await gateway.put(order)
    await gateway.authorized(order_id)
    order["lineItems"][0] |= {"imageUrl": "https://shop.example/new.png"}
    await gateway.put(order)

    assert (await gateway.do(documents.PLACE, id=order_id))["status"] == "placed"


async def test_another_payment_method_gives_the_authorization_up(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.authorized(order_id)

    await gateway.put(paymentMethodId=await other_method(gateway))

    assert len(gateway.effects("authorization_cancelled")) == 1
    given_up = await gateway.do(documents.PAYMENT, id=payment["id"])
    assert given_up["status"] == "REAUTHORIZE"


async def test_a_method_chosen_while_a_session_opens_keeps_that_payment_off_the_order(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()
    method = await other_method(gateway)
    gateway.fault("create_session", delay=0.4)

    opening = asyncio.create_task(gateway.open(order_id))
    await asyncio.sleep(0.2)
    await gateway.put(paymentMethodId=method)
    payment = await opening

    assert payment["status"] == "OPEN"
    order = await gateway.do(documents.ORDER, id=order_id)
    assert order["paymentSource"] is None


async def test_an_authorization_for_an_order_that_is_paid_is_given_up(gateway: Gateway) -> None:
    order_id = await gateway.put()
    first = await gateway.open(order_id)
    gateway.clock.advance(timedelta(seconds=1))
    second = await gateway.authorized(order_id)
    late = await gateway.authorize(first)
    await gateway.do(documents.PLACE, id=order_id)

    refused = await gateway.do(documents.SAVE_TOKEN, id=first["id"], authToken=late)

    assert second["status"] == "AUTHORIZED"
    assert refused["code"] == "ORDER_NOT_EDITABLE"
    assert len(gateway.effects("authorization_cancelled")) == 1
    assert (await gateway.do(documents.PAYMENT, id=first["id"]))["status"] == "REAUTHORIZE"


async def test_a_token_that_comes_while_the_order_is_placed_may_come_again(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()
    payment = await gateway.authorized(order_id)
    gateway.fault("place_order", close="before")
    await gateway.fails(documents.PLACE, id=order_id)

    refused = await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken="newer")

    assert (refused["code"], refused["retryable"]) == ("PAYMENT_STATE", True)
    assert "placeOrder" in refused["hint"]


async def test_a_token_that_klarna_refused_is_not_taken_again(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.open(order_id)
    token = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
    gateway.fault("place_order", status=403, error_code="REJECTED")
    await gateway.do(documents.PLACE, id=order_id)

    refused = await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)

    assert (refused["code"], refused["klarnaCode"]) == ("NOT_AUTHORIZED", "REJECTED")


async def test_orders_of_one_reference_but_of_two_systems_are_two(gateway: Gateway) -> None:
    one = await gateway.put(reference="7", referenceOrigin="erp")
    two = await gateway.put(reference="7", referenceOrigin="shop")
    nameless = [await gateway.put(reference="") for _ in range(2)]

    assert len({one, two, *nameless}) == 4
