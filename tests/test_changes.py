"""Updating, deleting and deciding: what may be, what not, and what it leaves behind."""

import asyncio
from typing import Any

import pytest

from tests import documents, orders
from tests.gateway import LOGIN, Gateway

Json = dict[str, Any]


async def order_of(gateway: Gateway, payment: Json) -> str:
    found: str = (await gateway.do(documents.PAYMENT, id=payment["id"]))["order"]["id"]
    return found


async def test_a_payment_takes_the_callers_own_marks(gateway: Gateway) -> None:
    payment = await gateway.open()
    marks = {"reference": "erp-1", "referenceOrigin": "erp", "metadata": {"a": [1, {"b": None}]}}

    updated = await gateway.do(documents.UPDATE_PAYMENT, id=payment["id"], input=marks)

    assert updated == {"__typename": "KlarnaPayment", "id": payment["id"]} | marks
    assert (await gateway.history("klarnaPayment", payment["id"]))[-1] == "updated"


async def test_what_an_update_leaves_out_stays_and_what_is_null_goes(gateway: Gateway) -> None:
    payment = await gateway.open()
    marks = {"reference": "a", "referenceOrigin": "b", "metadata": {"c": 1}}
    await gateway.do(documents.UPDATE_PAYMENT, id=payment["id"], input=marks)

    updated = await gateway.do(
        documents.UPDATE_PAYMENT, id=payment["id"], input={"referenceOrigin": None}
    )

    assert updated["reference"] == "a"
    assert updated["referenceOrigin"] is None
    assert updated["metadata"] == {"c": 1}


async def test_an_update_that_changes_nothing_leaves_no_version(gateway: Gateway) -> None:
    payment = await gateway.open()
    before = await gateway.history("klarnaPayment", payment["id"])

    await gateway.do(documents.UPDATE_PAYMENT, id=payment["id"], input={})
    await gateway.do(documents.UPDATE_PAYMENT, id=payment["id"], input={"metadata": {}})

    assert await gateway.history("klarnaPayment", payment["id"]) == before


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"reference": "x" * 256}, ["reference"]),
        ({"referenceOrigin": "a\0b"}, ["referenceOrigin"]),
        ({"metadata": {"a": "x" * 20_000}}, ["metadata"]),
    ],
)
async def test_marks_that_cannot_be_are_refused(
    gateway: Gateway, change: Json, path: list[str]
) -> None:
    payment = await gateway.open()

    refusal = await gateway.do(documents.UPDATE_PAYMENT, id=payment["id"], input=change)

    assert (refusal["code"], refusal["path"]) == ("FIELD_INVALID", path)


@pytest.mark.parametrize("field", ["metadata", "name"])
async def test_null_where_there_must_be_something_is_an_error_that_names_it(
    gateway: Gateway, field: str
) -> None:
    error = await gateway.fails(
        documents.UPDATE_GATEWAY, id=gateway.gateways["EU"], input={field: None}
    )

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["path"] == ["input", field]


async def test_a_gateway_is_renamed_and_its_payments_go_on(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    own = gateway.gateways["EU"]

    updated = await gateway.do(
        documents.UPDATE_GATEWAY, id=own, input={"name": "Klarna Europa", "forcePayments": True}
    )

    placed = await gateway.do(documents.PLACE, id=await order_of(gateway, payment))
    assert (updated["name"], updated["forcePayments"]) == ("Klarna Europa", True)
    assert placed["status"] == "placed"


async def test_new_credentials_are_used_from_then_on(gateway: Gateway) -> None:
    own = gateway.gateways["EU"]
    wrong = {"apiKey": "K0001_merchant_of_old", "apiSecret": "canary_secret_of_old"}

    updated = await gateway.do(documents.UPDATE_GATEWAY, id=own, input=wrong)
    refusal = await gateway.do(documents.CREATE_PAYMENT, input={"orderId": await gateway.put()})

    assert (updated["apiKey"], updated["apiSecret"]) == ("********f_old", "********f_old")
    assert refusal["code"] == "GATEWAY_UNAUTHORIZED"
    assert "canary" not in str(await gateway.ask(documents.HISTORY % "klarnaGateway", id=own))


async def test_a_gateways_pair_is_not_replaced_unseen_once_it_has_payments(
    gateway: Gateway,
) -> None:
    payment, own = await gateway.authorized(), gateway.gateways["EU"]
    other = {"apiKey": "another-merchants", "apiSecret": "canary_secret_of_another"}
    same = {"apiKey": LOGIN.username, "apiSecret": LOGIN.password}

    refusal = await gateway.do(documents.UPDATE_GATEWAY, id=own, input=other | {"name": "New"})
    renamed = await gateway.do(documents.UPDATE_GATEWAY, id=own, input=same | {"name": "Newer"})
    placed = await gateway.do(documents.PLACE, id=await order_of(gateway, payment))

    assert (refusal["code"], refusal["path"]) == ("RESOURCE_IN_USE", ["id"])
    assert "payments" in refusal["message"]
    assert "rotateKlarnaCredentials" in refusal["hint"]
    assert (renamed["name"], renamed["apiKey"]) == ("Newer", "********chant")
    assert placed["status"] == "placed"


@pytest.mark.parametrize("only", [{"apiKey": "K_2"}, {"apiSecret": "S_2"}])
async def test_half_a_login_is_refused(gateway: Gateway, only: Json) -> None:
    refusal = await gateway.do(documents.UPDATE_GATEWAY, id=gateway.gateways["EU"], input=only)

    assert (refusal["code"], refusal["path"]) == ("FIELD_INVALID", list(only))


async def test_a_gateway_stays_in_its_region_once_it_is_used(gateway: Gateway) -> None:
    refusal = await gateway.do(
        documents.UPDATE_GATEWAY, id=gateway.gateways["EU"], input={"countryCode": "US"}
    )
    unused = await gateway.do(
        documents.CREATE_GATEWAY,
        input={"name": "New", "countryCode": "EU", "apiKey": "k", "apiSecret": "s"},
    )
    moved = await gateway.do(documents.UPDATE_GATEWAY, id=unused["id"], input={"countryCode": "US"})

    assert refusal["code"] == "RESOURCE_IN_USE"
    assert moved["countryCode"] == "US"


async def test_a_gateway_is_deleted_unless_anything_refers_to_it(gateway: Gateway) -> None:
    unused = await gateway.do(
        documents.CREATE_GATEWAY,
        input={"name": "New", "countryCode": "EU", "apiKey": "k", "apiSecret": "s"},
    )

    refusal = await gateway.do(documents.DELETE_GATEWAY, id=gateway.gateways["EU"])
    deleted = await gateway.do(documents.DELETE_GATEWAY, id=unused["id"])
    gone = await gateway.ask("query ($id: ID!) { klarnaGateway(id: $id) { id } }", id=unused["id"])
    again = await gateway.fails(documents.DELETE_GATEWAY, id=unused["id"])

    assert refusal["code"] == "RESOURCE_IN_USE"
    assert "disableKlarnaGateway" in refusal["hint"]
    assert deleted == {"__typename": "KlarnaGateway", "id": unused["id"]}
    assert gone == {"klarnaGateway": None}
    assert again["extensions"]["code"] == "NOT_FOUND"


async def test_a_payment_method_is_updated_disabled_enabled_and_deleted(gateway: Gateway) -> None:
    own = gateway.methods["EU"]
    updated = await gateway.do(
        documents.UPDATE_METHOD, id=own, input={"name": "Invoice", "currencyCode": "EUR"}
    )
    disable, enable, delete = (
        documents.SWITCH_METHOD % f"{what}PaymentMethod" for what in ("disable", "enable", "delete")
    )
    disabled = await gateway.do(disable, id=own)
    refused = await gateway.do(documents.CREATE_PAYMENT, input={"orderId": await gateway.put()})
    enabled = await gateway.do(enable, id=own)
    in_use = await gateway.do(delete, id=own)
    deleted = await gateway.do(delete, id=gateway.methods["US"])

    assert (updated["name"], updated["currencyCode"]) == ("Invoice", "EUR")
    assert disabled["disabledAt"] is not None
    assert refused["code"] == "PAYMENT_METHOD_UNUSABLE"
    assert enabled["disabledAt"] is None
    assert (in_use["code"], "disablePaymentMethod" in in_use["hint"]) == ("RESOURCE_IN_USE", True)
    assert deleted["id"] == gateway.methods["US"]


async def test_a_deleted_payment_gives_its_authorization_up_and_leaves_its_history(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()
    order_id = await order_of(gateway, payment)

    deleted = await gateway.do(documents.DELETE_PAYMENT, id=payment["id"])
    order = await gateway.do(documents.ORDER, id=order_id)
    history = await gateway.do(
        """
        query ($id: String!) {
          versions(filter: {resourceId: {eq: $id}}, last: 1) { nodes { event resource { id } } }
        }
        """,
        id=payment["id"],
    )

    assert deleted["id"] == payment["id"]
    assert (order["paymentSource"], order["klarnaPayments"]["nodes"]) == (None, [])
    assert len(gateway.effects("authorization_cancelled")) == 1
    assert history["nodes"] == [{"event": "delete", "resource": None}]


async def test_a_payment_whose_authorization_cannot_be_given_up_stays(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    gateway.fault("cancel_authorization", status=503, times=5)

    error = await gateway.fails(documents.DELETE_PAYMENT, id=payment["id"])
    kept = await gateway.do(documents.PAYMENT, id=payment["id"])

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert kept["status"] in {"AUTHORIZED", "REAUTHORIZE"}


async def test_a_payment_whose_authorization_klarna_does_not_know_is_deleted_at_once(
    gateway: Gateway,
) -> None:
    payment = await gateway.open()
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken="nobody-knows-this-one")

    deleted = await gateway.do(documents.DELETE_PAYMENT, id=payment["id"])

    assert (deleted["__typename"], deleted["id"]) == ("KlarnaPayment", payment["id"])


async def test_a_placed_payment_is_not_deleted(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    await gateway.do(documents.PLACE, id=await order_of(gateway, payment))

    refusal = await gateway.do(documents.DELETE_PAYMENT, id=payment["id"])

    assert refusal["code"] == "PAYMENT_STATE"


async def test_a_payment_with_a_failed_authorization_is_kept_for_the_books(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()
    gateway.fault("place_order", status=403, error_code="REJECTED")
    await gateway.do(documents.PLACE, id=await order_of(gateway, payment))

    refusal = await gateway.do(documents.DELETE_PAYMENT, id=payment["id"])

    assert refusal["code"] == "RESOURCE_IN_USE"


async def test_choosing_another_method_gives_up_what_was_authorized(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    order_id = await order_of(gateway, payment)
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
    order_id = await order_of(gateway, payment)

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
    order_id = await order_of(gateway, payment)

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
    order_id = await order_of(gateway, payment)
    await gateway.do(documents.PLACE, id=order_id)

    refusal = await gateway.do(documents.CANCEL, id=order_id)

    assert refusal["code"] == "ORDER_NOT_EDITABLE"


CHANGES = [
    (documents.UPDATE_PAYMENT, {"input": {}}),
    (documents.DELETE_PAYMENT, {}),
    (documents.UPDATE_GATEWAY, {"input": {}}),
    (documents.DELETE_GATEWAY, {}),
    (documents.UPDATE_METHOD, {"input": {}}),
    (documents.SWITCH_METHOD % "enablePaymentMethod", {}),
    (documents.SWITCH_METHOD % "disablePaymentMethod", {}),
    (documents.SWITCH_METHOD % "deletePaymentMethod", {}),
    (documents.SET_METHOD, {"method": "x"}),
    (documents.APPROVE, {}),
    (documents.CANCEL, {}),
]


@pytest.mark.parametrize(("document", "given"), CHANGES)
async def test_a_checkout_may_do_none_of_this(gateway: Gateway, document: str, given: Json) -> None:
    order_id = await gateway.put()

    error = await gateway.fails(document, token=gateway.token(order_id), id=order_id, **given)

    assert error["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(("document", "given"), CHANGES)
async def test_what_is_not_there_is_not_found(gateway: Gateway, document: str, given: Json) -> None:
    error = await gateway.fails(document, id="nothing", **given)

    assert error["extensions"]["code"] == "NOT_FOUND"


async def test_two_deletions_at_once_delete_once(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    body = {"query": documents.DELETE_PAYMENT, "variables": {"id": payment["id"]}}

    answers = await asyncio.gather(*(gateway.post(body) for _ in range(3)))

    codes = [one["errors"][0]["extensions"]["code"] for _, one in answers if "errors" in one]
    assert codes == ["NOT_FOUND", "NOT_FOUND"]


async def test_cancelling_and_refreshing_behind_a_deletion_are_no_bugs(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    order_id = await order_of(gateway, payment)
    gateway.fault("cancel_authorization", delay=0.2)
    deleting = asyncio.create_task(gateway.do(documents.DELETE_PAYMENT, id=payment["id"]))
    await asyncio.sleep(0.1)

    refreshed, cancelled = await asyncio.gather(
        gateway.fails(documents.REFRESH, id=payment["id"]),
        gateway.do(documents.CANCEL, id=order_id),
    )

    assert (await deleting)["id"] == payment["id"]
    assert refreshed["extensions"]["code"] == "NOT_FOUND"
    assert cancelled["status"] == "cancelled"


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
