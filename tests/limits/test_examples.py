"""What is shown and used is within the limits, and what tools ask is too."""

import re
from pathlib import Path

import pytest
from graphql import get_introspection_query, parse, validate

from graph.demo import shop
from graph.execution.executor import Executor
from graph.execution.limits import Limits
from graph.execution.reading import Prepared
from graph.pages.tabs import EXAMPLES, read_tabs
from graph.schema import schema
from tests import documents
from tests.gateway import Gateway
from tests.limits.heartbeat import heartbeat

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SHOWN = [
    *re.findall(r"```graphql\n(.*?)```", README, re.DOTALL),
    *(tab.query for tab in read_tabs(EXAMPLES)),
    *(shop.MAKE_GATEWAY, shop.MAKE_METHOD, shop.PUT_ORDER),
    *(
        text.replace("%s", "klarnaPayment" if name == "HISTORY" else "enablePaymentMethod")
        for name, text in vars(documents).items()
        if name.isupper() and "{ __typename ...No }" not in text and "fragment" not in text[:12]
    ),
    get_introspection_query(),
    get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    ),
]


@pytest.mark.parametrize("document", SHOWN)
def test_what_is_shown_and_used_is_within_the_limits(document: str) -> None:
    assert validate(schema._schema, parse(document)) == []

    prepared = Executor(schema, Limits()).prepare(document, None)

    assert isinstance(prepared, Prepared)
    assert prepared.cost.of({}) <= Limits().max_cost / 2 or "__schema" in document


@pytest.mark.usefixtures("nothing_is_collected")
async def test_introspection_is_answered_and_holds_nobody_up(gateway: Gateway) -> None:
    async with heartbeat() as gaps:
        found = await gateway.do(get_introspection_query())

    assert found["queryType"] == {"name": "Query", "kind": "OBJECT"}
    assert max(gaps) < 0.05


async def test_what_an_operation_costs_is_told_on_request(gateway: Gateway) -> None:
    document = "query ($n: Int) { orders(first: $n) { nodes { id } } }"
    body = {"query": document, "variables": {"n": 40}}

    _, silent = await gateway.post(body)
    _, told = await gateway.post(body | {"extensions": {"cost": True}})

    assert "extensions" not in silent
    assert told["extensions"] == {"cost": {"cost": 41, "maximum": 1000}}


async def test_a_thousand_representations_are_one_request(gateway: Gateway) -> None:
    order_id = await gateway.put()
    document = """query ($r: [_Any!]!) {
      _entities(representations: $r) { ... on Order { id klarnaPayments { nodes { id } } } }
    }"""

    answer = await gateway.ask(document, r=[{"__typename": "Order", "id": order_id}] * 1000)

    assert len(answer["_entities"]) == 1000
