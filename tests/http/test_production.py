"""In production the schema is closed: it is not told, not guessed, and GraphiQL is away."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from graph.schema import federated
from tests import documents
from tests.gateway import Gateway, running_gateway


@pytest_asyncio.fixture
async def production(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway as it runs in production."""
    async with running_gateway(tmp_path, production=True) as running:
        yield running


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { queryType { name } } }",
        '{ __type(name: "Query") { name } }',
        '{ innocent: __type(name: "Query") { name } __typename }',
        "{ ...F } fragment F on Query { __schema { types { name } } }",
    ],
)
async def test_the_schema_is_not_told(production: Gateway, query: str) -> None:
    status, answer = await production.post({"query": query})

    assert status == 400
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTROSPECTION_DISABLED"]


async def test_what_is_seen_anyway_is_told(production: Gateway) -> None:
    order_id = await production.put()
    query = "query ($id: ID) { __typename order(id: $id) { __typename } }"

    answer = await production.ask(query, id=order_id)

    assert answer == {"__typename": "Query", "order": {"__typename": "Order"}}


async def test_routers_read_the_schema_and_shoppers_do_not(production: Gateway) -> None:
    order_id = await production.put()
    query = "{ _service { sdl } }"

    read = await production.ask(query)
    error = await production.fails(query, token=production.token(order_id))

    assert read["_service"]["sdl"] == federated()
    assert error["extensions"]["code"] == "FORBIDDEN"


MISSPELT = [
    ("{ order { id } ordr { id } }", {}),
    ("{ orders(frst: 1) { nodes { id } } }", {}),
    ("{ orders(filter: {status: {eq: plced}}) { nodes { id } } }", {}),
    ("{ orders(filter: {statu: {eq: placed}}) { nodes { id } } }", {}),
    ("query ($i: OrderInpt!) { __typename }", {}),
    ("{ node(id: 1) { nmber ... on Order { numbr } } }", {}),
    (documents.CREATE_PAYMENT, {"input": {"orderId": "x", "referenc": "x"}}),
    (documents.CREATE_GATEWAY, {"input": {"name": "x", "countryCode": "EUU"}}),
]


@pytest.mark.parametrize(("query", "variables"), MISSPELT)
async def test_nothing_is_suggested(
    production: Gateway, query: str, variables: dict[str, object]
) -> None:
    status, answer = await production.post({"query": query, "variables": variables})

    assert status == 400
    assert answer["errors"]
    assert "Did you mean" not in str(answer)


async def test_elsewhere_something_is(gateway: Gateway) -> None:
    error = await gateway.fails("{ ordr { id } }")

    assert "Did you mean" in error["message"]


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({}, 200),
        ({"graphiql": False}, 401),
        ({"production": True}, 401),
        ({"production": True, "graphiql": True}, 200),
    ],
)
async def test_graphiql_is_away_unless_it_is_asked_for(
    tmp_path: Path, settings: dict[str, bool], status: int
) -> None:
    async with running_gateway(tmp_path, furnished=False, **settings) as gateway:
        for path in ("/graphiql", "/graphiql/assets/graphiql.js"):
            async with gateway.http.get(gateway.url + path) as reply:
                found = reply.status
            assert (found == 401) == (status == 401), path
