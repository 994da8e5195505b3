"""What is measured in one pass is what one would count in the document written out in full."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    get_introspection_query,
    get_named_type,
    is_list_type,
    parse,
)
from graphql.type import get_nullable_type
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.execution.costs import CHANGE, INTROSPECTED_LIST, PLAIN_LIST
from graph.execution.measuring import Measures, measured
from graph.schema import schema

SCHEMA = schema._schema
FIELDS: dict[str, list[tuple[str, str | None]]] = {
    "Query": [('order(id: "x")', "Order"), ("orders%s", "OrderConnection"), ("__typename", None)],
    "Order": [
        ("id", None),
        ("status @include(if: true)", None),
        ("lineItems", "LineItem"),
        ("billingAddress", "Address"),
        ("klarnaPayments%s", "KlarnaPaymentConnection"),
        ("obstacles", "Refusal"),
    ],
    "OrderConnection": [("nodes", "Order"), ("edges", "OrderEdge"), ("totalCount", None)],
    "OrderEdge": [("node", "Order"), ("cursor", None)],
    "KlarnaPaymentConnection": [("nodes", "KlarnaPayment"), ("pageInfo", "PageInfo")],
    "KlarnaPayment": [
        ("id", None),
        ("order", "Order"),
        ("paymentMethods", "PaymentMethodCategory"),
    ],
    "LineItem": [("id", None)],
    "Address": [("id", None), ("city", None)],
    "Refusal": [("code", None)],
    "PageInfo": [("endCursor", None)],
    "PaymentMethodCategory": [("name", None)],
}
"""A corner of the schema: its fields with their arguments, and where they lead."""
NAMED = ["Query", "Order", "OrderConnection", "KlarnaPayment"]
"""What fragments are on; each kind has three, of which each may spread those after it."""
SIZES = ["", "(first: 3)", "(last: 7)", "(first: $n)", "(first: $unset)", "(first: null)"]
VARIABLES = {"n": 11}


@st.composite
def documents(draw: st.DrawFn) -> str:
    made = [f"query ($n: Int, $unset: Int) {draw(selections('Query', 4, {}))}"]
    for kind in NAMED:
        for place in range(3):
            later = {other: range(3) for other in NAMED[NAMED.index(kind) + 1 :]}
            body = draw(selections(kind, 2, later | {kind: range(place + 1, 3)}))
            made.append(f"fragment {kind}{place} on {kind} {body}")
    return "\n".join(made)


@st.composite
def selections(draw: st.DrawFn, kind: str, depth: int, spread: dict[str, range]) -> str:
    fragments = spread.get(kind, range(3) if not spread and kind in NAMED else range(0))
    chosen: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        what = draw(st.integers(0, 5))
        if what == 0 and fragments:
            chosen.append(f"...{kind}{draw(st.sampled_from(fragments))}")
        elif what == 1 and depth:
            chosen.append(f"... on {kind} {draw(selections(kind, depth - 1, spread))}")
        else:
            chosen.append(draw(fields(kind, depth, spread)))
    return f"{{ {' '.join(chosen)} }}"


@st.composite
def fields(draw: st.DrawFn, kind: str, depth: int, spread: dict[str, range]) -> str:
    name, leads = draw(st.sampled_from(FIELDS[kind]))
    if "%s" in name:
        name %= draw(st.sampled_from(SIZES))
    alias = draw(st.sampled_from(["", "", "", "a: ", "b: "]))
    if leads is None:
        return alias + name
    inside = draw(selections(leads, depth - 1, spread)) if depth else "{ __typename }"
    return f"{alias}{name} {inside}"


class Naive:
    """Counts what a document comes to as one would by hand: each fragment wherever it is spread."""

    def __init__(self, document: DocumentNode, variables: dict[str, Any]) -> None:
        self.variables = variables
        self.fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def walk(self, node: Any, depth: int = 0) -> Iterator[tuple[str, int]]:
        seen = set()
        for one in node.selection_set.selections:
            yield "selections", 1
            yield "directives", len(one.directives or ())
            if isinstance(one, FragmentSpreadNode):
                yield from self.walk(self.fragments[one.name.value], depth)
            elif isinstance(one, InlineFragmentNode):
                yield from self.walk(one, depth)
            elif isinstance(one, FieldNode):
                key = (one.alias or one.name).value
                yield "aliases", int(bool(one.alias) or key in seen)
                seen.add(key)
                yield "depth", depth + 1
                yield "root_fields", int(depth == 0)
                if one.selection_set:
                    yield from self.walk(one, depth + 1)

    def cost(self, node: Any, kind: Any, size: int = 0) -> int:
        total = 0
        for one in node.selection_set.selections:
            if isinstance(one, FragmentSpreadNode):
                total += self.cost(self.fragments[one.name.value], kind, size)
            elif isinstance(one, InlineFragmentNode):
                total += self.cost(one, kind, size)
            elif one.selection_set:
                field = SCHEMA.get_field(kind, one.name.value)
                assert field is not None
                inside = get_named_type(field.type)
                times = 1
                if is_list_type(get_nullable_type(field.type)):
                    times = size if kind.name.endswith("Connection") else PLAIN_LIST
                total += times * (1 + self.cost(one, inside, self.size(one)))
        return total

    def size(self, field: FieldNode) -> int:
        for argument in field.arguments or ():
            if argument.name.value in {"first", "last"}:
                value: Any = argument.value
                if isinstance(value, IntValueNode):
                    return int(value.value)
                name = getattr(getattr(value, "name", None), "value", None)
                if name in self.variables:
                    return int(self.variables[name])
        return 25


@settings(max_examples=40, deadline=None)
@given(documents())
def test_one_pass_finds_what_writing_it_all_out_finds(text: str) -> None:
    document = parse(text)
    naive = Naive(document, VARIABLES)

    found = measured(SCHEMA, document)

    counts: dict[str, int] = {}
    for node in document.definitions:
        here: dict[str, int] = {}
        for name, value in naive.walk(node):
            more = max(here.get(name, 0), value) if name == "depth" else here.get(name, 0) + value
            here[name] = more
        if not isinstance(node, OperationDefinitionNode):
            here["root_fields"] = 0
        counts = {name: max(counts.get(name, 0), here.get(name, 0)) for name in {*counts, *here}}
    told = {name: value for name, value in found.worst.items() if name in counts}
    assert told == {name: value for name, value in counts.items() if name in found.worst}
    cost = naive.cost(document.definitions[0], SCHEMA.query_type)
    assert found.costs[0].of(VARIABLES) == cost


COSTS: list[tuple[str, int]] = [
    ("{ __typename }", 0),
    ("{ order(id: 1) { id status } }", 1),
    ("{ order(id: 1) { billingAddress { id } shippingAddress { id } } }", 3),
    ("{ order(id: 1) { lineItems { id } } }", 1 + PLAIN_LIST),
    ("{ orders { totalCount } }", 1),
    ("{ orders { nodes { id } } }", 1 + 25),
    ("{ orders(first: 2) { nodes { id } edges { node { id } } pageInfo { endCursor } } }", 8),
    ("{ orders(last: 4) { nodes { id } } }", 1 + 4),
    ("{ orders(first: 5000) { nodes { id } } }", 1 + 100),
    ("{ orders(first: -1) { nodes { id } } }", 1),
    ("{ orders(first: 99999999999999999999999) { nodes { id } } }", 1 + 100),
    ('{ orders(first: "many") { nodes { id } } }', 1 + 100),
    ("query ($n: Int) { orders(first: $n) { nodes { id } } }", 1 + 25),
    ("query ($n: Int = 9) { orders(first: $n) { nodes { id } } }", 1 + 9),
    ("query ($n: Int = 9) { orders(first: $given) { nodes { id } } }", 1 + 6),
    ("query ($n: Int) { orders(first: $text) { nodes { id } } }", 1 + 100),
    ("query ($n: Int) { orders(first: $null) { nodes { id } } }", 1 + 25),
    (
        """{ a: orders(first: $given) { ...P } b: orders(first: 3) { ...P } }
        fragment P on OrderConnection { nodes { ...O } } fragment O on Order { order { id } }""",
        1 + 6 * 2 + 1 + 3 * 2,
    ),
    ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
    ('{ nodes(ids: "a") { id } }', 1),
    ("{ nodes(ids: $ids) { id } }", 40),
    ("{ _entities(representations: $ids) { ... on Order { billingAddress { id } } } }", 2),
    ("{ _entities(representations: $many) { ... on Order { billingAddress { id } } } }", 2 * 10),
    ("mutation { placeOrder(id: 1) { __typename } }", CHANGE + 1),
    (
        """mutation {
          a: placeOrder(id: 1) { __typename }
          b: placeOrder(id: 1) { ... on Order { billingAddress { id } } }
        }""",
        CHANGE + 1 + CHANGE + 2,
    ),
    ("mutation { ...M } fragment M on Mutation { placeOrder(id: 1) { __typename } }", CHANGE + 1),
    ("{ __schema { queryType { name } } }", 1),
    ("{ __schema { types { fields { name } } } }", 1 + INTROSPECTED_LIST + INTROSPECTED_LIST**2),
    ("{ nothing { is { here } } }", 2),
]
GIVEN = {"given": 6, "text": "x", "null": None, "ids": ["i"] * 40, "many": [{}] * 1000}


@pytest.mark.parametrize(("text", "cost"), COSTS)
def test_an_operation_costs_what_its_answer_may_hold(text: str, cost: int) -> None:
    assert of(text).costs[0].of(GIVEN) == cost


def test_only_what_variables_decide_is_computed_for_a_request() -> None:
    plain = of("{ orders(first: 5) { nodes { lineItems { id } billingAddress { id } } } }")
    open_ = of(
        "query ($n: Int) { orders(first: $n) { nodes { klarnaPayments { nodes { id } } } } "
        'order(id: "x") { billingAddress { id } } }'
    )

    assert plain.costs[0].steps == ()
    assert len(open_.costs[0].steps) == 2


def test_introspection_as_tools_ask_for_it_is_within_the_limits() -> None:
    worst = of(get_introspection_query(input_value_deprecation=True, specified_by_url=True)).worst

    assert worst["introspection_depth"] == 15
    assert worst["cost"] == 652
    assert "depth" not in worst


def of(text: str) -> Measures:
    return measured(SCHEMA, parse(text))
