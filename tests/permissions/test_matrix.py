"""The matrix: every caller at every question, change, field, entity and route."""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import pytest_asyncio
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    is_composite_type,
    parse,
)

from graph.app import PUBLIC, create_app, executor_of
from graph.execution.manifest import documents_of
from graph.fields import permissions
from graph.http.headers import Cors
from graph.schema import schema
from store import answers, commits
from store.executing import DIALECT, execute
from tests.documents import TOKEN
from tests.live.talk import Stream
from tests.permissions import documents
from tests.permissions.people import World, populated
from tests.permissions.table import (
    CHANGES,
    FIELDS,
    KINDS,
    QUESTIONS,
    ROUTES,
    SHOWN,
    SUBSCRIPTIONS,
    rows,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
Json = dict[str, Any]

SCHEMA = schema._schema
TYPES = {
    name: kind
    for name, kind in SCHEMA.type_map.items()
    if isinstance(kind, GraphQLObjectType) and not name.startswith("__")
}
ROOTS = {"Query": QUESTIONS, "Mutation": CHANGES, "Subscription": SUBSCRIPTIONS}
HARMLESS = {"forbidden", "not_found", "null", "unauthenticated", "empty"}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["compiled", "interpreted"])
async def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Both ways that a question can be answered: by what it is compiled to, or by resolvers."""
    compiler = "eager" if request.param == "compiled" else "off"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graph.app.BAD_TOKENS", (100_000, 60.0))  # so many come here
        async with populated(tmp_path_factory.mktemp("world"), compiler=compiler) as made:
            yield made


@pytest.mark.parametrize("root", ROOTS)
async def test_every_question_change_and_subscription_has_a_row(root: str) -> None:
    served = set(TYPES[root].fields) if root in TYPES else set()

    assert {name.split()[0] for name in rows(ROOTS[root])} == served


@pytest.mark.parametrize(
    ("root", "tried"),
    [("Query", documents.QUESTIONS), ("Subscription", documents.SUBSCRIPTIONS)],
)
async def test_every_argument_that_leads_to_something_is_tried(
    root: str, tried: dict[str, tuple[str, str]]
) -> None:
    named = {
        (field.name.value, argument.name.value)
        for document, _ in tried.values()
        for field in roots_of(document)
        for argument in field.arguments or ()
    }
    served = {
        (name, argument)
        for name, field in TYPES[root].fields.items()
        for argument in field.args
        if argument not in documents.FILTERS or not name.endswith("s")
    }

    assert named >= served


def roots_of(document: str) -> list[FieldNode]:
    """The fields at the top of an operation."""
    (operation,) = parse(document).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return [one for one in operation.selection_set.selections if isinstance(one, FieldNode)]


async def test_every_field_has_its_place_in_the_table() -> None:
    listed = {kind: " ".join(fields.values()).split() for kind, fields in FIELDS.items()}
    served = {name: sorted(kind.fields) for name, kind in TYPES.items() if name not in ROOTS}

    assert {name: sorted(fields) for name, fields in listed.items()} == served


async def test_every_entity_has_a_row() -> None:
    entities = {kind.name for kind in SCHEMA.type_map["_Entity"].types}  # type: ignore[attr-defined]
    tried = {name.split()[1] for name in rows(QUESTIONS) if name.startswith("_entities ")}

    assert tried - {"session"} == entities


async def test_the_rules_can_be_read_as_data() -> None:
    expected = {
        (kind, field): KINDS[whose]
        for kind, fields in FIELDS.items()
        for whose, names in fields.items()
        for field in names.split()
    }

    assert {key: {str(one) for one in permissions.of(*key)} for key in expected} == expected
    with pytest.raises(KeyError):
        permissions.of("Order", "canary")


async def test_every_route_is_in_the_table_and_wants_what_it_says(world: World) -> None:
    settings = world.gateway.settings
    app = create_app(
        settings,
        world.gateway.services,
        executor_of(settings),
        documents_of(settings),
        Cors([]),
    )
    found = {
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }

    assert found == set(ROUTES)
    assert {name.split()[1] for name, whom in ROUTES.items() if whom == "everybody"} == PUBLIC
    for name, whom in ROUTES.items():
        method, path = name.replace("*", "POST").split()
        url = world.gateway.url + path.replace("{name}", "x").replace("{payment}", "x")
        async with world.gateway.http.request(method, url.replace("{secret}", "x")) as reply:
            wanted = reply.status == 401 and "Bearer" in reply.headers["WWW-Authenticate"]
        assert wanted == (whom == "a token"), name


@pytest.mark.parametrize("name", rows(QUESTIONS))
async def test_a_question_is_answered_as_the_table_says(world: World, name: str) -> None:
    document, thing = documents.QUESTIONS[name]

    await as_the_table_says(world, rows(QUESTIONS)[name], document, thing)


@pytest.mark.parametrize("name", rows(CHANGES))
async def test_a_change_is_made_for_whom_the_table_says(world: World, name: str) -> None:
    document, thing = documents.CHANGES[name]

    await as_the_table_says(world, rows(CHANGES)[name], document, thing)


@pytest.mark.parametrize("name", rows(SUBSCRIPTIONS))
async def test_a_subscription_begins_for_whom_the_table_says(world: World, name: str) -> None:
    document, thing = documents.SUBSCRIPTIONS[name]
    expected = rows(SUBSCRIPTIONS)[name]

    answered = {}
    for caller in expected:
        with counted() as statements:
            answered[caller] = await begun(world, caller, document, thing)
        if answered[caller] == "not_found":
            with counted() as for_nothing:
                assert await begun(world, caller, document, "missing") == "not_found"
            assert len(statements) == len(for_nothing) > 0, caller

    assert answered == expected


async def begun(world: World, caller: str, document: str, thing: str) -> str:
    """What a subscription begins with for a caller, in a word of the table."""
    token = world.tokens[caller]
    headers = {"Accept": "text/event-stream"}
    headers |= {} if token is None else {"Authorization": f"Bearer {token}"}
    body = {"query": document, "variables": {"id": world.ids[thing]} if thing else {}}
    url = f"{world.gateway.url}/graphql"
    async with world.gateway.http.post(url, json=body, headers=headers) as reply:
        answer = await reply.json() if reply.status == 401 else (await Stream(reply).next()).answer
    if errors := answer.get("errors"):
        return str(errors[0]["extensions"]["code"]).lower()
    return "seen"


async def as_the_table_says(
    world: World, expected: dict[str, str], document: str, thing: str
) -> None:
    """Ask as everybody, those last who may change something; a no must look like any other."""
    answered = {}
    for caller in sorted(expected, key=lambda one: expected[one] not in HARMLESS):
        with counted() as statements:
            answered[caller] = await outcome(world, caller, document, thing)
        if answered[caller] in ("null", "not_found"):
            with counted() as for_nothing:
                nothing = await outcome(world, caller, document, "missing")
            assert (answered[caller], len(statements)) == (nothing, len(for_nothing)), caller
            assert statements, caller

    assert answered == expected


@pytest.mark.parametrize("kind", documents.RECORDS)
async def test_a_field_is_shown_to_whom_the_table_says(world: World, kind: str) -> None:
    thing = documents.RECORDS[kind][1]
    callers = ["operator"] if kind == "Application" else ["integration", "operator"]
    callers += ["own"] if kind in documents.CHECKOUTS else []
    place = {whose: names.split() for whose, names in FIELDS[kind].items()}
    document = documents.selecting(kind, " ".join(map(asked, TYPES[kind].fields.items())))

    for caller in callers:
        of_kind = "sales_channel" if caller == "own" else caller
        _, answer = await world.ask(caller, document, id=world.ids[thing])

        kept = {name for whose, names in place.items() if of_kind in KINDS[whose] for name in names}
        told = {
            error["path"][-1]: error["extensions"]["code"] for error in answer.get("errors", ())
        }
        forbidden = set(TYPES[kind].fields) - kept
        assert told == dict.fromkeys(forbidden, "FORBIDDEN"), (caller, answer.get("errors"))


async def test_only_types_without_rules_of_their_own_are_not_tried() -> None:
    assert all(kind in documents.RECORDS or set(FIELDS[kind]) == {SHOWN} for kind in FIELDS)


async def test_an_answer_to_a_change_shows_no_more_than_a_question(world: World) -> None:
    document = """mutation ($id: ID!) { enableKlarnaGateway(id: $id) { ... on KlarnaGateway {
        id klarnaPayments(first: 1) { nodes { id authToken } } } } }"""

    _, whole = await world.ask("integration", document, id=world.ids["gateway"])
    _, part = await world.ask("operator", document, id=world.ids["gateway"])

    assert "errors" not in whole
    (error,) = part["errors"]
    assert (error["path"][-1], error["extensions"]["code"]) == ("authToken", "FORBIDDEN")
    assert part["data"]["enableKlarnaGateway"]["klarnaPayments"]["nodes"][0]["id"]


async def test_no_token_is_anywhere_that_an_operator_reads(world: World) -> None:
    gateway = world.gateway
    await world.ask("integration", ENABLE, id=world.ids["gateway"])
    order_id = await gateway.put(reference="W6", number="W6")
    payment = await gateway.authorized(order_id)
    read = await gateway.ask(TOKEN, id=payment["id"])
    made = await gateway.ask(CHECKOUT, id=order_id)

    _, answer = await world.ask("operator", EVERYTHING)

    assert "errors" not in answer
    text = json.dumps(answer)
    assert "authorized" in text
    assert read["klarnaPayment"]["authToken"] not in text
    assert made["createCheckoutToken"]["token"] not in text


ENABLE = "mutation ($id: ID!) { enableKlarnaGateway(id: $id) { __typename } }"
CHECKOUT = """
mutation ($id: ID!) { createCheckoutToken(orderId: $id) { ... on CheckoutToken { token } } }
"""
EVERYTHING = """{
  versions(last: 100) { nodes { changes who } }
  eventStores(last: 100) { nodes { event payload who } }
  operations(last: 100) { nodes { request answer } }
}"""


def asked(named: tuple[str, GraphQLField]) -> str:
    """A field as a document asks for it."""
    name, field = named
    arguments = "(first: 1)" if "first" in field.args else ""
    return f"{name}{arguments}" + (
        " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
    )


async def outcome(world: World, caller: str, document: str, thing: str) -> str:
    """What comes of a document for a caller, in a word of the table."""
    variables = {"id": world.ids[thing]} if "$id" in document else {}
    status, answer = await world.ask(caller, document, **variables)
    if errors := answer.get("errors"):
        (code,) = {error["extensions"]["code"] for error in errors}
        assert (status == 401) == (code == "UNAUTHENTICATED")
        return str(code).lower()
    (value,) = answer["data"].values()
    if value is None or value == [None]:
        return "null"
    if document.lstrip().startswith("mutation"):
        return "done"
    return "empty" if isinstance(value, dict) and value.get("nodes") == [] else "seen"


@contextmanager
def counted() -> Iterator[list[str]]:
    """Note the statements that are run, inside changes and outside of them."""
    run: list[str] = []

    def noting(connection: sqlite3.Connection, statement: Any, parameters: Json) -> sqlite3.Cursor:
        run.append(statement.text(DIALECT).sql)
        return execute(connection, statement, parameters)

    with pytest.MonkeyPatch.context() as patch:
        for room in (answers, commits):
            patch.setattr(room, "execute", noting)
        yield run
