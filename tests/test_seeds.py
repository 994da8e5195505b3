"""What Commerce Layer's pages list of a Klarna payment and a gateway is here, and answers."""

from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, build_schema

from graph.schema import printed
from tests import documents
from tests.gateway import Gateway

SCHEMA = build_schema(printed())

PAYMENT = {
    "id": "id",
    "session_id": "sessionId",
    "client_token": "clientToken",
    "payment_methods": "paymentMethods { identifier name assetUrls { descriptive standard } }",
    "auth_token": "authToken",
    "mismatched_amounts": "mismatchedAmounts",
    "payment_instrument": "paymentInstrument",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "reference": "reference",
    "reference_origin": "referenceOrigin",
    "metadata": "metadata",
    "order": "order { id }",
    "payment_gateway": "paymentGateway { id }",
    "versions": "versions { nodes { id } }",
    "event_stores": "eventStores { nodes { id } }",
    "mode": "mode",
}
"""The attributes, relationships and meta of the page on the Klarna payment object."""

GATEWAY = {
    "id": "id",
    "name": "name",
    "force_payments": "forcePayments",
    "disabled_at": "disabledAt",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "reference": "reference",
    "reference_origin": "referenceOrigin",
    "metadata": "metadata",
    "country_code": "countryCode",
    "api_key": "apiKey",
    "api_secret": "apiSecret",
    "payment_methods": "paymentMethods { nodes { id } }",
    "versions": "versions { nodes { id } }",
    "event_stores": "eventStores { nodes { id } }",
    "klarna_payments": "klarnaPayments { nodes { id } }",
    "mode": "mode",
}
"""The attributes, relationships and meta of the page on the Klarna gateway object."""

TRIGGERS = {
    "klarna_payments._update": "refreshKlarnaPayment",
    "klarna_gateways._disable": "disableKlarnaGateway",
    "klarna_gateways._enable": "enableKlarnaGateway",
}
"""The attributes by which a resource is told to do something: mutations here."""

UPDATABLE = {
    "UpdateKlarnaPaymentInput": {"reference", "referenceOrigin", "metadata"},
    "UpdateKlarnaGatewayInput": {
        "name",
        "forcePayments",
        "countryCode",
        "apiKey",
        "apiSecret",
        "reference",
        "referenceOrigin",
        "metadata",
    },
}


@pytest.mark.parametrize(
    ("kind", "selection"),
    [("KlarnaPayment", shown) for shown in PAYMENT.values()]
    + [("KlarnaGateway", shown) for shown in GATEWAY.values()],
)
def test_each_attribute_and_relationship_is_a_described_field(kind: str, selection: str) -> None:
    graph = SCHEMA.type_map[kind]
    assert isinstance(graph, GraphQLObjectType)

    assert graph.fields[selection.partition(" ")[0]].description


@pytest.mark.parametrize("mutation", TRIGGERS.values())
def test_each_trigger_is_a_described_mutation(mutation: str) -> None:
    assert SCHEMA.mutation_type is not None

    assert SCHEMA.mutation_type.fields[mutation].description


@pytest.mark.parametrize(("name", "fields"), UPDATABLE.items())
def test_what_may_be_updated_may_be_updated_here(name: str, fields: set[str]) -> None:
    given = SCHEMA.type_map[name]
    assert isinstance(given, GraphQLInputObjectType)

    assert set(given.fields) == fields


async def test_all_of_a_payment_is_answered(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    document = f"query ($id: ID!) {{ klarnaPayment(id: $id) {{ {' '.join(PAYMENT.values())} }} }}"

    read = await gateway.do(document, id=payment["id"])

    assert set(read) == {selection.partition(" ")[0] for selection in PAYMENT.values()}
    unset = {name for name, value in read.items() if value is None}
    assert unset == {"paymentInstrument", "reference", "referenceOrigin"}
    assert read["order"] is not None
    assert read["paymentGateway"]["id"] == gateway.gateways["EU"]


async def test_all_of_a_gateway_is_answered(gateway: Gateway) -> None:
    await gateway.open()
    document = f"query ($id: ID!) {{ klarnaGateway(id: $id) {{ {' '.join(GATEWAY.values())} }} }}"

    read: dict[str, Any] = await gateway.do(document, id=gateway.gateways["EU"])

    unset = {name for name, value in read.items() if value is None}
    assert unset == {"disabledAt", "reference", "referenceOrigin"}
    assert [len(read[name]["nodes"]) for name in ("paymentMethods", "klarnaPayments")] == [1, 1]


async def test_each_trigger_does_what_it_says(gateway: Gateway) -> None:
    payment = await gateway.open()
    own = gateway.gateways["EU"]

    refreshed = await gateway.do(documents.REFRESH, id=payment["id"])
    disabled = await gateway.do(documents.DISABLE_GATEWAY, id=own)
    enabled = await gateway.do(documents.ENABLE_GATEWAY, id=own)

    assert refreshed["__typename"] == "KlarnaPayment"
    assert disabled["disabledAt"] is not None
    assert enabled["disabledAt"] is None
