"""Whatever came of a change is answered as graphql-core would answer it, and is done once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, parse

from graph.compiler.cache import Entry
from graph.compiler.changes import Change, Doing
from graph.compiler.variables import Values
from graph.execution.answer import Answer
from graph.execution.engine import Engine
from graph.execution.executor import Executor
from graph.fields.mutations import Outcome
from graph.schema import schema
from resolvers.codes import RefusalCode
from resolvers.context import Context
from resolvers.errors import NotFound, Refused
from resolvers.identity.callers import CallerKind
from store.scope import Reach
from tests import documents
from tests.compiler.corpus import asked
from tests.compiler.ways import UNLIMITED, Ways, caller, ways
from tests.compiler.worlds import World, fill
from tests.gateway import Gateway, running_gateway

ANSWERS = {
    "KlarnaPayment": "refreshKlarnaPayment",
    "KlarnaGateway": "enableKlarnaGateway",
    "PaymentMethod": "enablePaymentMethod",
    "Order": "approveOrder",
    "Operation": "retryOperation",
}
"""A change that answers each type."""
REFUSAL = "... on Refusal { __typename code message path retryable hint klarnaCode correlationId }"
SAVE = f"""
mutation ($id: ID!, $token: String!, $key: String) {{
  saved: saveKlarnaAuthToken(id: $id, authToken: $token, key: $key) {{
    ... on KlarnaPayment {{ id status metadata updatedAt paymentMethods {{ identifier name }} }}
    {REFUSAL}
  }}
}}
"""

SAVED = "saveKlarnaAuthToken(id: $id, authToken: $token, key: $key)"
SHOWN = "... on KlarnaPayment { t: __typename @skip(if: $skip) @include(if: $with) }"
SHAPED = """mutation (
  $id: ID!, $token: String!, $key: String, $skip: Boolean = false, $with: Boolean! = true
)"""
SHAPES = [
    f"""{{
      a: {SAVED} {{ {SHOWN} ... on KlarnaPayment {{ paymentMethods {{ name }} }} }}
      a: {SAVED} {{ __typename ... on KlarnaPayment {{ paymentMethods {{ identifier }} }} }}
    }}""",
    f"""{{
      {SAVED} @skip(if: $skip) {{
        {SHOWN} ... on Resource {{ id createdAt metadata }}
        ... on Node {{ id b: id }} ... on Refusal {{ code }}
      }}
    }}""",
    f"""{{ ...M }}
    fragment M on Mutation {{ {SAVED} {{ ...P ...R }} }}
    fragment R on Refusal {{ code path hint }}
    fragment P on KlarnaPayment {{ b: status status clientToken {SHOWN} }}""",
    f"{{ {SAVED} {{ ... on KlarnaPayment {{ authToken }} {SHOWN} }} }}",
    f"{{ {SAVED} {{ ... on KlarnaPayment {{ id paymentGateway {{ id }} }} {SHOWN} }} }}",
]
"""Changes whose fields are merged, spread, skipped, or not for everybody."""


def written(type_name: str, *fields: str) -> str:
    """A change of which these fields of a type are asked."""
    selected = f"... on {type_name} {{ {' '.join(fields)} }} {REFUSAL}"
    return f'mutation {{ made: {ANSWERS[type_name]}(id: "x") {{ {selected} }} }}'


def planned(text: str) -> Any:
    """What a change is compiled to for an integration."""
    document = parse(text)
    kind, reach = CallerKind.integration, Reach.mode
    return Entry(schema, document, asked(document), kind, reach).plan(Values({}))


def flat(type_name: str) -> Iterator[str]:
    """The fields of a type that an answer can be picked from, with all that is below them."""
    kind = schema._schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    for name, field in kind.fields.items():
        selected = f"{name} {below(field.type)}"
        if isinstance(planned(written(type_name, selected)), Change):
            yield selected


def below(kind: Any, deep: int = 3) -> str:
    """The fields of what a field returns, unless it is a leaf."""
    named = get_named_type(kind)
    if is_leaf_type(named) or not isinstance(named, GraphQLObjectType) or not deep:
        return "" if is_leaf_type(named) else "{ __typename }"
    inner = (f"{name} {below(one.type, deep - 1)}" for name, one in named.fields.items())
    return f"{{ __typename {' '.join(inner)} }}"


def names(fields: list[str]) -> set[str]:
    """The names of some fields."""
    return {field.split()[0] for field in fields}


def test_all_that_a_result_holds_can_be_picked_and_nothing_that_it_leads_to() -> None:
    payment, order = list(flat("KlarnaPayment")), list(flat("Order"))

    assert names(payment) >= {"id", "status", "authToken", "clientToken", "paymentMethods"}
    assert names(payment) >= {"metadata", "createdAt", "formattedIntentAmount"}
    assert names(payment).isdisjoint({"order", "versions", "mismatches", "authorizePayload"})
    assert names(order) >= {"number", "totalAmountWithTaxesCents", "formattedTotalAmount"}
    assert names(order).isdisjoint({"lineItems", "klarnaPayments", "obstacles", "transactions"})


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Ways]:
    with ways(tmp_path) as found:
        yield found


@pytest.mark.parametrize("type_name", ANSWERS)
async def test_random_records_are_picked_from_as_graphql_core_does(
    both: Ways, type_name: str
) -> None:
    world, fields = World(3), list(flat(type_name))
    await fill(both.database, world)
    context = Context(both.services, caller())
    prepared = Executor(schema, UNLIMITED).prepare(text := written(type_name, *fields), None)
    assert not isinstance(prepared, Answer)
    engine = Engine(schema, UNLIMITED, closed=False, compiler=None)
    doing: Doing = planned(text).asked(context, Values({}))
    results = [one for one in world.records if type(one).__name__ == type_name]

    picked = 0
    for result in (*results, Refused(RefusalCode.PAYMENT_STATE, "No.", path=["a_b"]), None):
        raised = result if isinstance(result, Refused) else None
        outcome = Outcome(None if raised else result, raised)
        expected, _ = await engine.run(context, prepared, {}, outcome)
        data = doing.data(outcome)
        if data is not None:
            picked += 1
            assert orjson.dumps({"data": data}) == orjson.dumps(expected)

    assert len(fields) > 10
    assert picked > len(results) * 0.8


async def test_what_cannot_be_picked_is_told_by_graphql_core_and_not_done_again(
    both: Ways,
) -> None:
    doing: Doing = planned(written("Order", "id")).asked(
        Context(both.services, caller()), Values({})
    )

    assert doing.data(Outcome(raised=NotFound("None."))) is None
    assert doing.data(Outcome(raised=ValueError("A bug."))) is None
    assert doing.data(Outcome(object())) is None


async def test_a_bug_in_one_field_of_what_is_done_is_told_as_of_that_field(
    both: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(3)
    await fill(both.database, world)
    payment = next(one for one in world.records if type(one).__name__ == "KlarnaPayment")
    context = Context(both.services, caller())
    text = written("KlarnaPayment", "id", "status")
    prepared = Executor(schema, UNLIMITED).prepare(text, None)
    assert not isinstance(prepared, Answer)
    done: list[object] = []

    async def make(*_: object, **__: object) -> object:
        done.append(payment)
        return payment

    plan = replace(planned(text), make=make)
    monkeypatch.setattr(Entry, "plan", lambda *_: plan)
    monkeypatch.setattr("store.payments.status_at", lambda *_: 1 // 0)
    engine = Engine(schema, UNLIMITED, closed=False, compiler=both.compiler)
    body, begun = await engine.run(context, prepared, {})

    assert begun
    assert len(done) == 1
    assert body["data"] == {"made": None}
    assert body["errors"][0]["path"] == ["made", "status"]
    assert body["errors"][0]["extensions"]["code"] == "INTERNAL"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    async with running_gateway(tmp_path_factory.mktemp("changes")) as found:
        yield found


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("token", "key"),
    [("token-1", "k1"), ("", None), ("x" * 5000, "k2"), ("token-2", ""), ("token-3", "k1")],
    ids=["saved", "refused", "refused under a key", "a bad key", "a key used otherwise"],
)
async def test_a_change_is_answered_alike_again_whichever_way(
    gateway: Gateway, token: str, key: str | None
) -> None:
    payment = (await gateway.authorized())["id"]
    both = Ways(gateway.services.database, gateway.services)  # type: ignore[arg-type]  # SQLite
    variables = {"id": payment, "token": token, "key": key}

    compiled = await both.either(caller(), SAVE, variables)
    expected = await both.ordinary(caller(), SAVE, variables)
    again = await both.either(caller(), SAVE, variables)

    assert orjson.dumps(compiled.body) == orjson.dumps(expected.body) == orjson.dumps(again.body)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("id", ["nobody", 5, None])
async def test_what_is_wrong_reads_alike_whichever_way(gateway: Gateway, id: object) -> None:
    both = Ways(gateway.services.database, gateway.services)  # type: ignore[arg-type]  # SQLite

    for asks in (caller(), caller(CallerKind.operator), caller(CallerKind.sales_channel, "other")):
        variables = {"id": id, "token": "t"}
        compiled = await both.either(asks, SAVE, variables)
        expected = await both.ordinary(asks, SAVE, variables)

        assert orjson.dumps(compiled.body) == orjson.dumps(expected.body)
        assert compiled.begun == expected.begun


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("decided", [{"with": True}, {"with": False, "skip": True}, {"skip": None}])
async def test_whatever_shape_a_change_has_it_is_answered_alike(
    gateway: Gateway, shape: str, decided: dict[str, Any]
) -> None:
    payment = await gateway.authorized(await gateway.put(reference="shapes"))
    read = await gateway.do(documents.PAYMENT, id=payment["id"])
    both = Ways(gateway.services.database, gateway.services)  # type: ignore[arg-type]  # SQLite
    kinds = CallerKind.operator, CallerKind.integration
    callers = [caller(CallerKind.sales_channel, read["order"]["id"]), *map(caller, kinds)]

    for asks in callers:
        for said in (
            {"token": "t"},
            {"token": ""},
            {"token": "t", "key": f"shape {SHAPES.index(shape)}"},
        ):
            variables = {"id": payment["id"], **said, **decided}
            compiled = await both.either(asks, SHAPED + shape, variables)
            expected = await both.ordinary(asks, SHAPED + shape, variables)

            assert compiled.begun == expected.begun
            assert orjson.dumps(compiled.body) == orjson.dumps(expected.body)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_compiled_change_is_done_once_even_if_its_answer_is_unusual(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = (await gateway.authorized())["id"]
    both = Ways(gateway.services.database, gateway.services)  # type: ignore[arg-type]  # SQLite
    monkeypatch.setattr(Doing, "data", lambda *_: None)

    answers = await asyncio.gather(
        *(
            both.either(caller(), SAVE, {"id": payment, "token": f"token-{number}"})
            for number in range(3)
        )
    )

    assert [answer.body["data"]["saved"]["status"] for answer in answers] == ["AUTHORIZED"] * 3
    told = await gateway.do(
        "query ($id: ID!) { klarnaPayment(id: $id) { eventStores { nodes { event } } } }",
        id=payment,
    )
    events = [one["event"] for one in told["eventStores"]["nodes"]]
    assert events.count("authorized") == 4  # the first one was before
