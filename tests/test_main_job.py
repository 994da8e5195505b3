"""The main job, from a pushed order to a placed one, over HTTP and step by step."""

from tests import documents, orders
from tests.gateway import Gateway


async def test_an_order_goes_from_its_session_to_placed_and_leaves_a_history(
    gateway: Gateway,
) -> None:
    order = orders.german() | {"paymentMethodId": gateway.methods["EU"]}
    order_id = (await gateway.do(documents.PUT_ORDER, input=order))["id"]

    payment = await gateway.do(documents.CREATE_PAYMENT, input={"orderId": order_id})
    assert payment["status"] == "OPEN"
    assert payment["clientToken"].count(".") == 2
    assert payment["paymentMethods"][0]["identifier"] == "klarna"
    assert payment["intentAmountCents"] == 163_60

    token = await gateway.authorize(payment)
    saved = await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
    assert saved["status"] == "AUTHORIZED"

    more = orders.german() | {"paymentMethodId": gateway.methods["EU"]}
    more["lineItems"][1] |= {"quantity": 4, "totalAmountCents": 39_60, "taxAmountCents": 6_32}
    more |= {
        "subtotalAmountCents": 168_60,
        "totalTaxAmountCents": 27_70,
        "totalAmountCents": 173_50,
        "totalAmountWithTaxesCents": 173_50,
    }
    more["totalTaxAmountCents"] = sum(line["taxAmountCents"] for line in more["lineItems"])
    await gateway.do(documents.PUT_ORDER, input=more)
    seen = await gateway.do(documents.PAYMENT, id=payment["id"])
    assert seen["mismatchedAmounts"] is True
    refused = await gateway.do(documents.PLACE, id=order_id)
    assert refused["code"] == "AMOUNTS_MISMATCHED"

    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])
    assert refreshed["id"] == payment["id"]
    assert refreshed["sessionId"] == payment["sessionId"]
    assert (refreshed["status"], refreshed["mismatchedAmounts"]) == ("OPEN", False)
    assert refreshed["intentAmountCents"] == 173_50

    token = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
    placed = await gateway.do(documents.PLACE, id=order_id)
    assert (placed["status"], placed["paymentStatus"]) == ("placed", "authorized")
    paid = await gateway.do(documents.PAYMENT, id=payment["id"])
    assert (paid["status"], paid["fraudStatus"]) == ("PLACED", "ACCEPTED")
    assert [entry.details["order_id"] for entry in gateway.effects("order_placed")] == [
        paid["klarnaOrderId"]
    ]

    assert await gateway.history("klarnaPayment", payment["id"]) == [
        "session_opened",
        "authorized",
        "session_refreshed",
        "authorized",
        "placing",
        "placed",
    ]
    assert await gateway.history("order", order_id) == [
        "created",
        "payment_chosen",
        "updated",
        "placed",
    ]
