"""What is small to send and huge to answer is refused, quickly and with a code."""

import asyncio
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.compiler.compiled import Compiler
from graph.execution.executor import Executor
from graph.execution.limits import Limits
from graph.execution.reading import Prepared, too_large
from graph.schema import schema
from resolvers.context import Context
from store.sqlite import open_sqlite
from tests import orders
from tests.compiler.ways import Ways, caller
from tests.gateway import Gateway
from tests.limits.bombs import BOMBS, FILTERED, MEBIBYTE, PUT, Bomb
from tests.limits.heartbeat import heartbeat

CPU = 0.05
"""How much of the processor's time a refusal may take, in seconds."""
CODES = {
    "LIMIT_EXCEEDED",
    "BAD_REQUEST",
    "BAD_USER_INPUT",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
}


pytestmark = pytest.mark.usefixtures("nothing_is_collected")


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_within_50_ms_of_the_processor(name: str) -> None:
    bomb, taken = BOMBS[name], []

    for _ in range(3):
        executor = Executor(schema, Limits())
        before = time.thread_time()
        prepared = executor.prepare(bomb.document, None)
        taken.append(time.thread_time() - before)

    assert min(taken) < CPU
    assert isinstance(prepared, Prepared) == bool(bomb.variables)


@pytest.mark.parametrize("name", BOMBS)
def test_a_refusal_is_known_when_it_comes_again(name: str) -> None:
    executor, document = Executor(schema, Limits()), BOMBS[name].document[:10_000]
    first = executor.prepare(document, None)
    before = time.thread_time()

    for _ in range(100):
        again = executor.prepare(document, None)

    assert time.thread_time() - before < CPU
    assert again == first or isinstance(again, Prepared)


async def test_bombs_are_coded_4xx_and_never_hold_the_others_up(gateway: Gateway) -> None:
    async with heartbeat() as gaps:
        answers = {name: await thrown(gateway, bomb) for name, bomb in BOMBS.items()}

    for name, (status, answer) in answers.items():
        assert 400 <= status < 500, (name, answer)
        assert answer.keys() == {"errors"}, name
        assert 1 <= len(answer["errors"]) <= 10, name
        extensions = [error["extensions"] for error in answer["errors"]]
        assert {one["code"] for one in extensions} <= CODES, name
        exceeded = {one["exceeded"]: one for one in extensions if "exceeded" in one}
        wanted = BOMBS[name].exceeded
        assert (wanted is None) == (not exceeded), (name, extensions)
        if wanted is not None:
            assert exceeded[wanted]["value"] > exceeded[wanted]["limit"], name
    assert max(gaps) < CPU


@pytest.mark.parametrize(
    "bomb",
    [
        {"ids": ["x"] * 50_000, "f": {}},
        {"ids": [], "f": {"or": [{}] * 40_000}},
        {"ids": [], "f": {f"statux{n}": 1 for n in range(9_000)}},
    ],
    ids=["values", "objects", "unknown fields"],
)
async def test_a_bomb_in_the_variables_of_a_compiled_question_is_let_go_of_as_quickly(
    tmp_path: Path, bomb: dict[str, Any]
) -> None:
    asked = "query ($ids: [ID!]!, $f: OrderFilter) { nodes(ids: $ids) { id } orders(filter: $f) "
    asked += "{ nodes { id } } }"
    database = await open_sqlite(tmp_path / "store.sqlite")
    context = Context(Ways(database).services, caller())
    executor = Executor(schema, Limits(), compiler=Compiler(schema, eager=True))
    usual: dict[str, Any] = {"ids": ["x"], "f": {}}
    await executor.answer(context, asked, usual, None)
    prepared = executor.known(asked, None)
    assert prepared is not None
    assert executor.at_once(context, prepared, usual) is not None

    taken = []
    for _ in range(3):
        before = time.thread_time()
        assert executor.at_once(context, prepared, bomb) is None
        taken.append(time.thread_time() - before)
    await database.close()

    assert min(taken) < CPU


async def test_a_comment_of_two_mebibytes_is_a_coded_413(gateway: Gateway) -> None:
    bomb = Bomb("#" + "x" * 2 * MEBIBYTE + "\n{ __typename }")

    async with heartbeat() as gaps:
        status, answer = await thrown(gateway, bomb)

    assert status == 413
    assert answer["errors"][0]["extensions"]["code"]
    assert max(gaps) < CPU


async def test_what_is_just_within_the_limits_holds_nobody_up(gateway: Gateway) -> None:
    order = orders.german()
    line, *_ = order["lineItems"]
    many = order | {"lineItems": [line | {"metadata": {"a": 1}}] * 1_000}
    filters = {"and": [{"id": {"eq": "x"}}] * 1_000}

    async with heartbeat() as gaps:
        put = await thrown(gateway, Bomb(PUT, None, {"i": many}))
        asked = await thrown(gateway, Bomb(FILTERED, None, {"f": filters}))

    assert put == (200, {"data": {"putOrder": {"__typename": "Refusal"}}})
    assert "more than 50 parts" in asked[1]["errors"][0]["message"]
    assert max(gaps) < 2 * CPU


async def test_what_a_limit_says_names_it_its_value_and_its_setting(gateway: Gateway) -> None:
    error = await gateway.fails(
        '{ a: order(id: "x") ' + "{ paymentSource { order " * 6 + "{ id }" + "} }" * 6 + "}"
    )

    assert error == {
        "message": "Too much at once: depth 14, and 12 is the most.",
        "extensions": {
            "code": "LIMIT_EXCEEDED",
            "exceeded": "depth",
            "limit": 12,
            "value": 14,
            "setting": "KLARNA_GRAPH_MAX_DEPTH",
        },
    }


async def test_an_answer_has_ten_errors_at_most_and_says_how_many_there_are(
    gateway: Gateway,
) -> None:
    document = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }"
    variables = {"r": [{"__typename": "Nothing"}] * 40}

    status, answer = await gateway.post({"query": document, "variables": variables})

    assert (status, len(answer["errors"])) == (294, 10)
    assert answer["extensions"] == {"errors": {"shown": 10, "all": 40}}


def test_variables_are_looked_at_as_far_as_the_limits_go() -> None:
    limits = Limits(max_input_depth=3, max_input_values=5, max_input_objects=3)

    assert too_large({"a": [[[1]]]}, limits) is None
    assert too_large({"a": {"b": [{"c": 1}]}}, limits) is None
    assert too_large({}, limits) is None
    beyond: list[tuple[dict[str, Any], str]] = [
        ({"a": [[[[1]]]]}, "inputDepth"),
        ({"a": {"b": {"c": {"d": [1]}}}}, "inputDepth"),
        ({"a": [1, 2, 3, 4, 5]}, "inputValues"),
        ({"a": {}, "b": [{}, {}, {}]}, "inputObjects"),
        ({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}, "inputValues"),
    ]
    for given, exceeded in beyond:
        fault = too_large(given, limits)
        assert fault is not None
        assert fault.details["exceeded"] == exceeded


async def thrown(gateway: Gateway, bomb: Bomb) -> tuple[int, Any]:
    body = orjson.dumps({"query": bomb.document, "variables": bomb.variables})
    await asyncio.sleep(0)  # what it took to write the bomb down is not the gateway's
    headers = {
        "Authorization": f"Bearer {gateway.token()}",
        "Content-Type": "application/json",
        "Accept": "application/graphql-response+json",
    }
    url = f"{gateway.url}/graphql"
    async with gateway.http.post(url, data=BytesIO(body), headers=headers) as reply:
        content = await reply.read()
    await asyncio.sleep(0)
    return reply.status, orjson.loads(content)
