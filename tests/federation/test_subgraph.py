"""The subgraph's schema: the plain one with keys, and what it composes with."""

from pathlib import Path
from typing import Any

import pytest
from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    ObjectTypeDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from graph.schema import federated, printed
from graph.sdl import LEFT_TO_OTHERS
from tests.commands.process import ran
from tests.federation.apollo import composed
from tests.gateway import Gateway
from tests.node.running import HERE

SHOP = (HERE / "federation" / "shop.graphql").read_text("utf-8")
FEDERATION = """
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.3"
  import: ["@key", "@override", "@shareable"]
)
"""


class Undirected(Visitor):
    """Takes the federation's directives away."""

    def enter_directive(self, node: DirectiveNode, *_: object) -> Any:
        return REMOVE if node.name.value in ("key", "shareable") else None


def types(document: DocumentNode) -> dict[str, TypeDefinitionNode]:
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, TypeDefinitionNode)
    }


def fields(definition: TypeDefinitionNode) -> set[str]:
    assert isinstance(definition, ObjectTypeDefinitionNode)
    return {field.name.value for field in definition.fields or ()}


def directives(node: Any) -> list[str]:
    return [print_ast(directive) for directive in node.directives or ()]


async def test_a_router_reads_what_the_command_prints(gateway: Gateway) -> None:
    status, output, _ = await ran("schema", "--federation")

    read = await gateway.ask("{ _service { sdl } }")

    assert (status, output) == (0, read["_service"]["sdl"])
    assert output == federated()


def test_the_subgraph_links_to_the_federation_it_speaks_of() -> None:
    (link,) = [
        one for one in parse(federated()).definitions if isinstance(one, SchemaExtensionNode)
    ]

    assert print_ast(link) == (
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", '
        'import: ["@key", "@shareable"])'
    )


def test_entities_say_their_keys() -> None:
    keyed = {
        name: [word for word in directives(definition) if word.startswith("@key")]
        for name, definition in types(parse(federated())).items()
    }

    id = '@key(fields: "id")'
    assert {name: keys for name, keys in keyed.items() if keys} == {
        "Authorization": [id],
        "Capture": [id],
        "KlarnaGateway": [id],
        "KlarnaPayment": [id, '@key(fields: "sessionId")'],
        "Order": [id],
        "PaymentMethod": [id],
        "Refund": [id],
        "Void": [id],
    }


def test_orders_and_pages_may_be_shared() -> None:
    found = types(parse(federated()))

    for name in ("Order", "LineItem", "Address", "PageInfo", "KlarnaPaymentConnection"):
        assert "@shareable" in directives(found[name])


LEFT_OUT = {
    "Query": {*LEFT_TO_OTHERS, "application", "applications"} - {"orderChanged"},
    "Subscription": {"orderChanged"},
    "Mutation": {"createApplication", "revokeApplication"},
}
"""What is the shop's in a federation, and what operators ask the gateway itself."""


def test_the_subgraph_is_the_plain_schema_but_for_questions_that_are_for_others() -> None:
    plain = types(parse(printed()))
    subgraph = types(visit(parse(federated()), Undirected()))

    for root, left_out in LEFT_OUT.items():
        assert fields(plain.pop(root)) - fields(subgraph.pop(root)) == left_out
    assert {name: print_ast(plain[name]) for name in subgraph} == {
        name: print_ast(definition) for name, definition in subgraph.items()
    }


def test_callers_read_nothing_of_the_federation() -> None:
    for word in ("@key", "@shareable", "@link", "_entities", "_service", "_Any", "_Entity"):
        assert word not in printed()


async def test_the_subgraph_composes_with_a_shops_own() -> None:
    composition = await composed(klarna=federated(), shop=SHOP)

    assert composition.errors == []
    assert composition.supergraph is not None
    order = types(parse(composition.supergraph))["Order"]
    assert isinstance(order, ObjectTypeDefinitionNode)
    owners = {field.name.value: directives(field) for field in order.fields or ()}
    assert owners["warehouse"] == ["@join__field(graph: SHOP)"]
    assert owners["klarnaPayments"] == ["@join__field(graph: KLARNA)"]
    assert owners["currencyCode"] == []  # either may be asked
    followed = types(parse(composition.supergraph))["Subscription"]
    assert fields(followed) == {"eventStores", "klarnaPaymentChanged"}
    payment = types(parse(composition.supergraph))["KlarnaPayment"]
    assert '@join__type(graph: KLARNA, key: "sessionId")' in directives(payment)


OTHERS = {
    "its own orders, whole": """
        type Query { order(id: ID!): Order  orders(page: Int!): OrderConnection! }
        type Order @key(fields: "id") {
          id: ID!
          number: String @shareable
          status: OrderStatus! @shareable
          metadata: JSON! @shareable
          placedAt: DateTime @shareable
          totalAmountCents: Int! @shareable
          lineItems: [LineItem!]! @shareable
          billingAddress: Address @shareable
          warehouse: String!
        }
        type LineItem @shareable { id: ID!  name: String!  quantity: Int! }
        type Address @shareable { id: ID!  city: String! }
        enum OrderStatus { draft pending editing placing placed approved cancelled }
        scalar DateTime
        scalar JSON
        type OrderConnection { edges: [OrderEdge!]!  pageInfo: PageInfo!  count: Int! }
        type OrderEdge { node: Order!  cursor: String! }
        type PageInfo @shareable {
          hasNextPage: Boolean!
          hasPreviousPage: Boolean!
          startCursor: String
          endCursor: String
        }
        """,
    "nodes of its own": """
        type Query { node(id: ID!): Node  nodes(ids: [ID!]!): [Node]! }
        interface Node { id: ID! }
        type Product implements Node @key(fields: "id") { id: ID!  name: String! }
        type Order implements Node @key(fields: "id") { id: ID!  product: Product }
        """,
    "references to payments and transactions": """
        type Query { receipt: Receipt }
        type Receipt { payment: KlarnaPayment  capture: Capture  refunds: [Refund!]! }
        type KlarnaPayment @key(fields: "sessionId", resolvable: false) { sessionId: String! }
        type Capture @key(fields: "id", resolvable: false) { id: ID! }
        type Refund @key(fields: "id", resolvable: false) { id: ID! }
        """,
    "a question that it takes over": """
        type Query { paymentMethod(id: ID!): PaymentMethod @override(from: "klarna") }
        type PaymentMethod @key(fields: "id") { id: ID!  logo: String! }
        """,
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=list(OTHERS))
async def test_the_subgraph_composes_with_one_that_has(other: str) -> None:
    composition = await composed(klarna=federated(), other=FEDERATION + other)

    assert composition.errors == []


async def test_what_two_subgraphs_both_answer_is_refused_by_composition() -> None:
    composition = await composed(
        klarna=federated(), other="type Query { klarnaPayment(id: ID!): String }"
    )

    assert composition.supergraph is None
    assert "FIELD_TYPE_MISMATCH" in composition.errors[0]


def test_the_packages_are_locked_without_naming_where_they_came_from() -> None:
    lock = Path(HERE / "package-lock.json").read_text("utf-8")

    assert '"resolved"' not in lock
    assert "registry" not in lock
