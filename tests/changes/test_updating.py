"""Updating: what may be changed of payments, gateways and payment methods, and what that leaves."""

from typing import Any

import pytest

from tests import documents
from tests.gateway import LOGIN, Gateway

Json = dict[str, Any]


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

    placed = await gateway.do(documents.PLACE, id=await gateway.order_of(payment))
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
    placed = await gateway.do(documents.PLACE, id=await gateway.order_of(payment))

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
