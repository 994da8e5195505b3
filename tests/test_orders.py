"""putOrder: the shop's snapshot, taken in whole or refused with the field that is wrong."""

from typing import Any

import pytest

from tests import documents, orders
from tests.gateway import Gateway

Json = dict[str, Any]


async def put(gateway: Gateway, order: Json) -> Json:
    return await gateway.do(documents.PUT_ORDER, input=order)


async def test_a_pushed_order_reads_as_it_was_pushed(gateway: Gateway) -> None:
    pushed = await put(gateway, orders.german() | {"metadata": {"campaign": "spring"}})

    order = await gateway.do(documents.ORDER, id=pushed["id"])

    assert order["status"] == "pending"
    assert order["paymentStatus"] == "unpaid"
    assert order["totalAmountWithTaxesCents"] == 163_60
    assert [line["name"] for line in order["lineItems"]] == [
        "Wanderschuh Alpin, 42",
        "Wollsocken",
        "Versand",
    ]
    assert order["lineItems"][0]["taxRate"] == 0.19
    assert order["billingAddress"]["city"] == "Berlin"


async def test_pushing_the_same_again_changes_nothing(gateway: Gateway) -> None:
    first = await put(gateway, orders.german())

    second = await put(gateway, orders.german())

    assert first == second
    assert await gateway.history("order", first["id"]) == ["created"]


async def test_a_push_replaces_lines_and_addresses_and_keeps_those_that_stay(
    gateway: Gateway,
) -> None:
    pushed = await put(gateway, orders.german())
    before = await gateway.do(documents.ORDER, id=pushed["id"])
    order = orders.german()
    shoes, socks, shipping = order["lineItems"]
    order["lineItems"] = [socks, shoes]
    order["shippingAddress"] = None
    order["billingAddress"] = order["billingAddress"] | {"city": "Potsdam"}
    total = shoes["totalAmountCents"] + socks["totalAmountCents"]
    order |= {
        "shippingAmountCents": 0,
        "totalTaxAmountCents": order["totalTaxAmountCents"] - shipping["taxAmountCents"],
        "totalAmountCents": total,
        "totalAmountWithTaxesCents": total,
    }

    await put(gateway, order)

    after = await gateway.do(documents.ORDER, id=pushed["id"])
    ids = {line["name"]: line["id"] for line in before["lineItems"]}
    assert [line["id"] for line in after["lineItems"]] == [
        ids["Wollsocken"],
        ids["Wanderschuh Alpin, 42"],
    ]
    assert after["billingAddress"]["city"] == "Potsdam"
    assert after["shippingAddress"] is None


async def test_an_order_without_goods_or_an_email_address_is_a_draft(gateway: Gateway) -> None:
    order = orders.german() | {"customerEmail": None}

    assert (await put(gateway, order))["status"] == "draft"
    assert (await put(gateway, orders.german()))["status"] == "pending"


async def test_an_order_that_costs_nothing_is_free(gateway: Gateway) -> None:
    order = await put(gateway, orders.one_line(0, 0, 0.19))

    assert order["paymentStatus"] == "free"


async def test_an_order_keeps_its_callers_own_id(gateway: Gateway) -> None:
    order = await put(gateway, orders.german() | {"id": "shop_1-A"})

    assert order["id"] == "shop_1-A"


@pytest.mark.parametrize("own", ["", "a b", "ä", "x" * 65, "a/b"])
async def test_an_id_that_is_none_is_refused(gateway: Gateway, own: str) -> None:
    refused = await put(gateway, orders.german() | {"id": own})

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", ["id"])


async def test_two_orders_of_one_reference_must_be_told_apart(gateway: Gateway) -> None:
    await put(gateway, orders.german() | {"id": "one"})
    await put(gateway, orders.german() | {"id": "two"})

    refused = await put(gateway, orders.german())

    assert refused["code"] == "REFERENCE_AMBIGUOUS"
    assert (await put(gateway, orders.german() | {"id": "two"}))["id"] == "two"


INVALID: list[tuple[Json, str, list[str]]] = [
    ({"currencyCode": "EURO"}, "FIELD_INVALID", ["currencyCode"]),
    ({"currencyCode": "QQQ"}, "FIELD_INVALID", ["currencyCode"]),
    ({"currencyCode": "eur"}, "FIELD_INVALID", ["currencyCode"]),
    ({"countryCode": "Germany"}, "FIELD_INVALID", ["countryCode"]),
    ({"languageCode": "klingon"}, "FIELD_INVALID", ["languageCode"]),
    ({"customerEmail": "nobody"}, "FIELD_INVALID", ["customerEmail"]),
    ({"returnUrl": "javascript:alert(1)"}, "FIELD_INVALID", ["returnUrl"]),
    ({"returnUrl": "https://x/" + "y" * 2000}, "FIELD_INVALID", ["returnUrl"]),
    ({"number": "9" * 256}, "FIELD_INVALID", ["number"]),
    ({"metadata": {"x": "y" * 20_000}}, "FIELD_INVALID", ["metadata"]),
    ({"paymentMethodId": "nosuchmeth"}, "FIELD_INVALID", ["paymentMethodId"]),
    ({"totalAmountCents": 163_61}, "AMOUNTS_DIFFER", ["totalAmountCents"]),
    ({"subtotalAmountCents": 158_71}, "AMOUNTS_DIFFER", ["subtotalAmountCents"]),
    ({"shippingAmountCents": 0}, "AMOUNTS_DIFFER", ["shippingAmountCents"]),
    ({"discountAmountCents": -1}, "AMOUNTS_DIFFER", ["discountAmountCents"]),
    ({"totalTaxAmountCents": 26_11}, "AMOUNTS_DIFFER", ["totalTaxAmountCents"]),
    ({"totalAmountWithTaxesCents": 0}, "AMOUNTS_DIFFER", ["totalAmountWithTaxesCents"]),
    ({"taxIncluded": False}, "AMOUNTS_DIFFER", ["totalAmountWithTaxesCents"]),
    ({"totalAmountCents": 200_000_001}, "AMOUNT_OUT_OF_RANGE", ["totalAmountCents"]),
]


@pytest.mark.parametrize(("change", "code", "path"), INVALID)
async def test_an_order_that_cannot_be_so_is_refused_and_leaves_no_trace(
    gateway: Gateway, change: Json, code: str, path: list[str]
) -> None:
    refused = await put(gateway, orders.german() | change)

    assert (refused["code"], refused["path"]) == (code, path)
    assert refused["message"]
    assert refused["hint"]
    assert await gateway.ask("{ orders { nodes { id } } }") == {"orders": {"nodes": []}}


INVALID_LINES: list[tuple[Json, str, str]] = [
    ({"name": " "}, "FIELD_INVALID", "name"),
    ({"name": "n" * 256}, "FIELD_INVALID", "name"),
    ({"quantity": 0}, "FIELD_INVALID", "quantity"),
    ({"quantity": -1}, "FIELD_INVALID", "quantity"),
    ({"taxRate": 19.0}, "FIELD_INVALID", "taxRate"),
    ({"taxRate": -0.1}, "FIELD_INVALID", "taxRate"),
    ({"discountCents": 5}, "FIELD_INVALID", "discountCents"),
    ({"totalAmountCents": 128_99}, "AMOUNTS_DIFFER", "totalAmountCents"),
    ({"unitAmountCents": 200_000_001}, "AMOUNT_OUT_OF_RANGE", "unitAmountCents"),
    ({"imageUrl": "not a link"}, "FIELD_INVALID", "imageUrl"),
]


@pytest.mark.parametrize(("change", "code", "field"), INVALID_LINES)
async def test_a_line_that_cannot_be_so_is_refused_by_its_place(
    gateway: Gateway, change: Json, code: str, field: str
) -> None:
    order = orders.german()
    order["lineItems"] = [order["lineItems"][0] | change, *order["lineItems"][1:]]

    refused = await put(gateway, order)

    assert (refused["code"], refused["path"]) == (code, ["lineItems", "0", field])


INVALID_ADDRESSES: list[tuple[Json, str]] = [
    ({"line1": ""}, "line1"),
    ({"city": " "}, "city"),
    ({"firstName": None}, "firstName"),
    ({"business": True}, "company"),
    ({"zipCode": "12345678901"}, "zipCode"),
    ({"line1": "l" * 100}, "line1"),
    ({"countryCode": "DEU"}, "countryCode"),
]


@pytest.mark.parametrize(("change", "field"), INVALID_ADDRESSES)
async def test_an_address_that_cannot_be_so_is_refused_by_its_field(
    gateway: Gateway, change: Json, field: str
) -> None:
    order = orders.german()
    order["billingAddress"] = order["billingAddress"] | change

    refused = await put(gateway, order)

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", ["billingAddress", field])


async def test_an_order_has_as_many_lines_as_klarna_takes(gateway: Gateway) -> None:
    order = orders.one_line(1000, 0, 0.0)
    order["lineItems"] = order["lineItems"] * 1001

    refused = await put(gateway, order)

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", ["lineItems"])


@pytest.mark.parametrize(
    "change",
    [
        {"totalAmountCents": 2_147_483_648},
        {"totalAmountCents": "16360"},
        {"totalAmountCents": None},
        {"totalAmountCents": 1.5},
        {"metadata": ["no", "object"]},
        {"lineItems": [{"name": "x"}]},
        {"surprise": 1},
    ],
)
async def test_input_of_the_wrong_type_is_an_error_that_names_it(
    gateway: Gateway, change: Json
) -> None:
    variables = {"input": orders.german() | change}

    status, answer = await gateway.post({"query": documents.PUT_ORDER, "variables": variables})

    assert status == 400
    assert "data" not in answer
    for error in answer["errors"]:
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert next(iter(change)) in error["message"]


async def test_a_placed_order_takes_no_other_snapshot_but_its_own(gateway: Gateway) -> None:
    order_id = await gateway.put()
    await gateway.authorized(order_id)
    await gateway.do(documents.PLACE, id=order_id)
    same = orders.german() | {"paymentMethodId": gateway.methods["EU"]}

    again = await put(gateway, same)
    refused = await put(gateway, same | {"number": "W9"})

    assert again["status"] == "placed"
    assert refused["code"] == "ORDER_NOT_EDITABLE"


async def test_another_payment_method_takes_the_payment_off_the_order(gateway: Gateway) -> None:
    order_id = await gateway.put()
    await gateway.open(order_id)
    other = await gateway.do(
        documents.CREATE_METHOD, input={"paymentGatewayId": gateway.gateways["EU"]}
    )

    order = await put(gateway, orders.german() | {"paymentMethodId": other["id"]})

    assert order["paymentSource"] is None


async def test_an_order_is_found_by_its_reference_and_by_its_token(gateway: Gateway) -> None:
    order_id = await gateway.put()
    token = (await gateway.do("query ($id: ID!) { order(id: $id) { token } }", id=order_id))[
        "token"
    ]

    by_reference = await gateway.do('{ order(reference: "W1001") { id } }')
    by_token = await gateway.do("query ($t: String) { order(token: $t) { id } }", t=token)

    assert by_reference["id"] == by_token["id"] == order_id
    assert (await gateway.ask('{ order(reference: "W0") { id } }'))["order"] is None


@pytest.mark.parametrize("arguments", ["", '(id: "a", reference: "b")', "(id: null)"])
async def test_an_order_is_asked_for_in_exactly_one_way(gateway: Gateway, arguments: str) -> None:
    document = f"{{ order{arguments} {{ id }} }}" if arguments else "{ order { id } }"

    error = await gateway.fails(document)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
