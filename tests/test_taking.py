"""Inputs are made as Strawberry makes them, and faster."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, coerce_input_value
from strawberry.types.arguments import convert_argument

from graph.schema import schema
from tests import orders

SCHEMA = schema._schema
GIVEN: list[tuple[str, Any]] = [
    ("OrderInput", orders.german()),
    ("OrderInput", orders.german() | {"cartUrl": None, "metadata": {"a": [{"b": 1}]}}),
    ("OrderInput", orders.german() | {"lineItems": [], "billingAddress": None}),
    ("CreateKlarnaPaymentInput", {"orderId": "x"}),
    ("UpdateKlarnaPaymentInput", {}),
    ("UpdateKlarnaPaymentInput", {"reference": None, "metadata": {}}),
    (
        "CreateKlarnaGatewayInput",
        {"name": "x", "countryCode": "EU", "apiKey": "x", "apiSecret": "y"},
    ),
    ("UpdatePaymentMethodInput", {"autoPlace": True}),
    ("OrderOrder", {"field": "TOTAL_AMOUNT_CENTS"}),
    ("OrderOrder", {"field": "NUMBER", "direction": "DESC"}),
    (
        "OrderFilter",
        {
            "and": [{"id": {"in": ["x", "y"]}}, {"not": {"status": {"eq": "pending"}}}],
            "or": [{"paymentMethod": {"name": {"startsWith": "K"}}}, {"number": None}],
            "totalAmountCents": {"gte": 1, "isNull": False},
            "metadata": {"contains": {"a": {"b": None}}},
        },
    ),
]
"""What a caller may give, for inputs of every kind."""


def inputs() -> dict[str, GraphQLInputObjectType]:
    return {
        name: kind
        for name, kind in SCHEMA.type_map.items()
        if isinstance(kind, GraphQLInputObjectType)
    }


def definition_of(kind: GraphQLInputObjectType) -> Any:
    return kind.extensions["strawberry-definition"]


@contextmanager
def left_to_strawberry() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for kind in inputs().values():
            patch.setattr(definition_of(kind), "from_input", None)
        yield


def test_every_input_is_made_here() -> None:
    assert [name for name, kind in inputs().items() if not definition_of(kind).from_input] == []


@pytest.mark.parametrize(("name", "given"), GIVEN)
def test_an_input_is_what_strawberry_makes_of_it(name: str, given: Any) -> None:
    kind = inputs()[name]
    value = coerce_input_value(given, kind)
    assert isinstance(value, dict)

    def made() -> object:
        registry, config = schema.schema_converter.scalar_registry, schema.config
        return convert_argument(value, definition_of(kind).origin, registry, config)

    with left_to_strawberry():
        expected = made()

    assert made() == expected
    assert vars(expected).keys() == vars(made()).keys()


def test_lists_are_their_own() -> None:
    kind = inputs()["OrderFilter"]
    value: Any = {"id": {"in": ["x"]}}

    made: Any = definition_of(kind).from_input(definition_of(kind).origin, value, None)

    assert made.id.in_ == ["x"]
    assert made.id.in_ is not value["id"]["in"]
