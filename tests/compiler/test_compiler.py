"""What the compiled path is trusted with, and what it leaves to graphql-core."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from graph.compiler.cache import BRANCHES, Kept
from graph.compiler.compiled import Compiler
from graph.compiler.holes import SECRET, filled
from graph.compiler.plan import Plan
from graph.execution.executor import Executor
from graph.schema import schema
from resolvers.context import Context
from resolvers.identity.callers import CallerKind
from store.executing import parses
from store.sqlite import open_sqlite
from tests import documents
from tests.compiler.ways import UNLIMITED, Ways, caller, covered
from tests.gateway import running_gateway
from tests.store import records

PAYMENT = "query ($id: ID!) { klarnaPayment(id: $id) { id order { id } } }"
ORDERS = "query ($after: String) { orders(first: 1, after: $after) { nodes { id } } }"


@pytest_asyncio.fixture
async def both(tmp_path: Path) -> AsyncIterator[Ways]:
    """Both ways over two orders, each with its payment."""
    database = await open_sqlite(tmp_path / "store.sqlite")
    mine = [records.order("mine"), records.payment("paid", "mine", "gateway")]
    others = [records.order("other"), records.payment("other-paid", "other", "gateway")]
    await records.keep_only(database, [records.gateway("gateway"), *mine, *others])
    ways = Ways(database)
    await ways.either(caller(), "{ __typename }", {})
    yield ways
    await database.close()


@pytest.mark.parametrize(
    ("id", "seen"), [("paid", {"id": "paid", "order": {"id": "mine"}}), ("other-paid", None)]
)
async def test_a_checkout_is_shown_its_own_order_s_payment_alone(
    both: Ways, id: str, seen: Any
) -> None:
    mine = caller(CallerKind.sales_channel, "mine")

    found = await both.either(mine, PAYMENT, {"id": id})

    assert covered(found)
    assert orjson.loads(orjson.dumps(found.body)) == {"data": {"klarnaPayment": seen}}
    assert (await both.ordinary(mine, PAYMENT, {"id": id})).body == {
        "data": {"klarnaPayment": seen}
    }


async def test_one_document_is_compiled_for_each_kind_of_caller(both: Ways) -> None:
    asked = "query ($id: ID!) { klarnaPayment(id: $id) { authToken } }"
    mine = caller(CallerKind.sales_channel, "mine")

    for_all = await both.either(caller(), asked, {"id": "paid"})
    for_mine = await both.either(mine, asked, {"id": "paid"})

    assert covered(for_all)
    assert for_mine.body["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_record_that_changed_is_answered_as_it_is_now(both: Ways) -> None:
    before = await both.either(caller(), "{ orders { totalCount } }", {})

    await records.add(both.database, records.order("third"))

    after = await both.either(caller(), "{ orders { totalCount } }", {})
    assert orjson.dumps(before.body) == b'{"data":{"orders":{"totalCount":2}}}'
    assert orjson.dumps(after.body) == b'{"data":{"orders":{"totalCount":3}}}'


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"after": "none of ours"}, "cursor"),
        ({"after": 5}, "variable"),
    ],
)
async def test_what_is_wrong_with_a_request_graphql_core_says(
    both: Ways, variables: dict[str, Any], said: str
) -> None:
    good = await both.either(caller(), ORDERS, {})
    bad = await both.either(caller(), ORDERS, variables)

    assert covered(good)
    assert said in bad.body["errors"][0]["message"]
    assert bad.body == (await both.ordinary(caller(), ORDERS, variables)).body


async def test_a_row_that_sql_would_write_otherwise_is_left_to_graphql_core(both: Ways) -> None:
    odd, plain = records.line("odd", "mine", 0, tax_rate=1 / 3), records.line("even", "other", 0)
    await records.add(both.database, odd, plain)
    asked = "query ($id: ID!) { order(id: $id) { lineItems { taxRate } } }"

    found = [await both.either(caller(), asked, {"id": id}) for id in ("mine", "other")]

    assert [covered(one) for one in found] == [False, True]
    assert found[0].body == {"data": {"order": {"lineItems": [{"taxRate": 1 / 3}]}}}


async def test_without_the_compiler_the_answers_are_the_same(tmp_path: Path) -> None:
    answers = {}
    for mode in ("on", "off", "eager"):
        async with running_gateway(tmp_path / mode, compiler=mode) as gateway:
            order = await gateway.put(reference="W1")
            document = documents.ORDER.replace("id: $id", 'reference: "W1"', 1)
            for _ in range(3):
                found = await gateway.ask(document.replace("($id: ID!) ", ""))
            found["order"].pop("id")
            for line in found["order"]["lineItems"]:
                line.pop("id")
            answers[mode] = found
            assert order

    assert answers["on"] == answers["off"] == answers["eager"]


async def test_whoever_asks_for_what_is_being_compiled_is_answered_by_that(both: Ways) -> None:
    compiler = Compiler(schema)
    executor = Executor(schema, UNLIMITED, compiler=compiler)

    async def ask() -> bool:
        context = Context(both.services, caller())
        return covered(await executor.answer(context, PAYMENT, {"id": "paid"}, None))

    await executor.answer(Context(both.services, caller()), "{ __typename }", {}, None)
    await compiler.settled()
    compiled = await asyncio.gather(*(ask() for _ in range(50)))

    assert compiled.count(False) == 2  # one while it is planned, one while its statement is built


async def test_who_asks_for_another_page_does_not_wait_and_who_leaves_stops_nothing(
    both: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = Compiler(schema)
    executor = Executor(schema, UNLIMITED, compiler=compiler)
    asked = (
        "query ($first: Int, $last: Int) { orders(first: $first, last: $last) { nodes { id } } }"
    )
    building = threading.Event()
    build = Plan.build

    def slowly(*given: Any) -> Any:
        building.wait()
        return build(*given)

    async def ask(**page: int) -> bool:
        context = Context(both.services, caller())
        return covered(await executor.answer(context, asked, page, None))

    monkeypatch.setattr(Plan, "build", slowly)
    before = [await ask(first=1)]
    await compiler.settled()
    before.append(await ask(first=1))
    leaving = asyncio.create_task(ask(first=1))
    await asyncio.sleep(0)
    try:
        other = await asyncio.wait_for(ask(last=1), 5)
        leaving.cancel()
    finally:
        building.set()
    await compiler.settled()
    after = await ask(first=1)

    assert [*before, other, after] == [False, False, False, True]
    assert leaving.cancelled()


async def test_who_asks_first_does_not_wait_for_a_compilation(both: Ways) -> None:
    compiler = Compiler(schema)
    executor = Executor(schema, UNLIMITED, compiler=compiler)
    ways = []

    for _ in range(3):
        found = await executor.answer(
            Context(both.services, caller()), PAYMENT, {"id": "paid"}, None
        )
        ways.append(covered(found))
        await compiler.settled()

    assert ways == [False, False, True]


async def test_a_bug_in_compiling_costs_speed_alone(
    both: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def broken(*of: object) -> None:
        tried.append(of)
        raise ZeroDivisionError

    monkeypatch.setattr(Plan, "build", broken)
    await both.either(caller(), PAYMENT, {"id": "paid"})
    found = await both.either(caller(), PAYMENT, {"id": "paid"})

    assert not covered(found)
    assert len(tried) == 1
    assert found.body == {"data": {"klarnaPayment": {"id": "paid", "order": {"id": "mine"}}}}


async def test_a_database_that_writes_json_in_another_way_is_not_asked_for_it(
    both: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.compiler.soundness._EXPECTED", b"{}")
    executor = Executor(schema, UNLIMITED, compiler=Compiler(schema, eager=True))

    found = await executor.answer(Context(both.services, caller()), PAYMENT, {"id": "paid"}, None)

    assert not covered(found)
    assert "errors" not in found.body


async def test_each_choice_of_what_is_skipped_has_its_plan_and_few_are_kept(both: Ways) -> None:
    names = [f"v{number}" for number in range(5)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: id @include(if: ${name})" for name in names)
    asked = f'query ({declared}) {{ klarnaPayment(id: "paid") {{ __typename {fields} }} }}'

    for number in range(2 * BRANCHES):
        variables = {name: bool(number >> place & 1) for place, name in enumerate(names)}
        found = await both.either(caller(), asked, variables)
        expected = await both.ordinary(caller(), asked, variables)

        assert covered(found)
        assert orjson.dumps(found.body) == orjson.dumps(expected.body)

    kept: Kept = both.compiler._kept
    assert all(len(entry.plans) <= BRANCHES for entry in kept._entries.values())


async def test_what_is_compiled_is_forgotten_when_it_is_too_much(
    both: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.compiler.cache.CHARACTERS", 10_000)

    for number in range(20):
        asked = f"{{ a{number}: orders {{ nodes {{ id number status }} }} }}"
        assert covered(await both.either(caller(), asked, {}))

    assert sum(entry.size for entry in both.compiler._kept._entries.values()) < 15_000


async def test_requests_at_the_same_time_share_nothing_but_the_statement(both: Ways) -> None:
    ids = ["paid", "other-paid", "nobody"] * 10

    found = await asyncio.gather(*(both.either(caller(), PAYMENT, {"id": id}) for id in ids))

    shown = [orjson.loads(orjson.dumps(one.body))["data"]["klarnaPayment"] for one in found]
    assert [one and one["id"] for one in shown] == ["paid", "other-paid", None] * 10


def test_holes_are_filled_in_their_places() -> None:
    hole = f'["{SECRET}",1,"a]\\"","b","{SECRET}"]'

    whole = filled(
        f'{{"x":{hole},"y":[{hole}]}}'.encode(), [bytes, lambda values: b"<%b>" % values]
    )

    assert whole == b'{"x":<"a]\\"","b">,"y":[<"a]\\"","b">]}'


def test_a_statement_that_is_nested_too_deep_for_the_parser_is_told_from_others() -> None:
    deep = "SELECT " + "(SELECT json_object('a', " * 40 + "1" + "))" * 40

    assert parses("SELECT :a FROM nowhere")
    assert isinstance(parses(deep), bool)  # before SQLite 3.46 it is too deep
