"""Deciding on orders: how they are paid, whether they are approved or cancelled."""

from typing import Any

import pytest

from tests import documents, orders
from tests.gateway import Gateway

Json = dict[str, Any]


async def test_choosing_another_method_gives_up_what_was_authorized(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    other = await gateway.do(
        documents.CREATE_METHOD,
        input={"name": "Other", "paymentGatewayId": gateway.gateways["EU"]},
    )

    chosen = await gateway.do(documents.SET_METHOD, id=order_id, method=other["id"])
    again = await gateway.do(documents.SET_METHOD, id=order_id, method=other["id"])

    assert chosen["paymentSource"] is None
    assert again == chosen
    assert len(gateway.effects("authorization_cancelled")) == 1
    events = await gateway.history("order", order_id)
    assert events.count("payment_method_chosen") == 1


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ({"currencyCode": "SEK"}, "PAYMENT_METHOD_UNUSABLE"),
        ({"paymentGatewayId": None}, "GATEWAY_DISABLED"),
        (None, "FIELD_INVALID"),
    ],
)
async def test_a_method_that_cannot_pay_the_order_is_not_chosen(
    gateway: Gateway, method: Json | None, code: str
) -> None:
    order_id = await gateway.put()
    method_id = "nothing"
    if method is not None:
        given = {"name": "Other", "paymentGatewayId": gateway.gateways["EU"]}
        if method == {"paymentGatewayId": None}:
            given["paymentGatewayId"] = gateway.gateways["OC"]
            await gateway.do(documents.DISABLE_GATEWAY, id=gateway.gateways["OC"])
            method = {}
        made = await gateway.do(documents.CREATE_METHOD, input=given | method)
        method_id = made["id"]

    refusal = await gateway.do(documents.SET_METHOD, id=order_id, method=method_id)

    assert refusal["code"] == code


async def test_a_placed_order_is_approved_once_and_others_are_not(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)

    early = await gateway.do(documents.APPROVE, id=order_id)
    await gateway.do(documents.PLACE, id=order_id)
    approved = await gateway.do(documents.APPROVE, id=order_id)
    again = await gateway.do(documents.APPROVE, id=order_id)

    assert (early["code"], "placeOrder" in early["hint"]) == ("ORDER_NOT_PLACED", True)
    assert approved["status"] == "approved"
    assert again == approved
    assert (await gateway.history("order", order_id)).count("approved") == 1


async def test_a_cancelled_order_gives_its_authorization_up_and_takes_no_other(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)

    cancelled = await gateway.do(documents.CANCEL, id=order_id)
    again = await gateway.do(documents.CANCEL, id=order_id)
    placing = await gateway.do(documents.PLACE, id=order_id)
    pushing = await gateway.do(documents.PUT_ORDER, input=orders.dearer() | {"id": order_id})
    opening = await gateway.do(documents.CREATE_PAYMENT, input={"orderId": order_id})

    assert cancelled["status"] == "cancelled"
    assert again == cancelled
    assert len(gateway.effects("authorization_cancelled")) == 1
    assert placing["code"] == "ORDER_NOT_PENDING"
    assert (pushing["code"], opening["code"]) == ("ORDER_NOT_EDITABLE", "ORDER_NOT_EDITABLE")


async def test_a_placed_order_is_not_cancelled_here(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    await gateway.do(documents.PLACE, id=order_id)

    refusal = await gateway.do(documents.CANCEL, id=order_id)

    assert refusal["code"] == "ORDER_NOT_EDITABLE"


@pytest.mark.parametrize("end", [documents.CANCEL, documents.PLACE])
async def test_no_payment_of_an_order_that_is_over_holds_an_authorization(
    gateway: Gateway, end: str
) -> None:
    order_id = await gateway.put()
    older = await gateway.open(order_id)
    newer = await gateway.authorized(order_id)
    token = await gateway.authorize(older)
    await gateway.do(documents.SAVE_TOKEN, id=older["id"], authToken=token)

    await gateway.do(end, id=order_id)
    await gateway.services.turns.finish()

    read = await gateway.do(documents.PAYMENT, id=older["id"])
    source = await gateway.do(documents.PAYMENT, id=newer["id"])
    assert read["status"] == "REAUTHORIZE"
    assert source["status"] in {"PLACED", "REAUTHORIZE"}
