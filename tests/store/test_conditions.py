"""Conditions: what SQL finds is what plain Python would."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from store.conditions import (
    ALWAYS,
    COMPARISONS,
    Condition,
    compare,
    either,
    every,
    is_null,
    negated,
    through,
)
from store.orders import Order, orders_by_id
from store.pages import Key, Page, count, page
from store.payments import KlarnaPayment, payments_by_order
from store.resources import Resource
from store.rows import json_text
from store.scope import EVERYTHING, Mode, Scope
from store.sqlite import SqliteDatabase
from store.transactions import Transaction, TransactionKind, captures_by_authorization
from tests.store import records
from tests.store.model import MEANINGS, World
from tests.store.worlds import (
    AWKWARD,
    COLUMNS,
    EDGES,
    JSON,
    SCOPES,
    TEXTS,
    conditions,
    part_of,
    stores,
)

ASKED = st.sampled_from(list(COLUMNS)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.lists(conditions(kind), min_size=4, max_size=4))
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteDatabase]:
    with records.opened(tmp_path_factory.mktemp("conditions")) as opened:
        yield opened


async def found(
    database: SqliteDatabase, kind: type, condition: Condition, scope: Scope = EVERYTHING
) -> list[str]:
    """The ids of what meets a condition, which must be as many as are counted."""
    wanted = Page(1000, (Key("id"),), condition)
    ids = [record.id for record in (await page(database, kind, wanted, scope)).records]
    assert await count(database, kind, condition, scope) == len(ids)
    return ids


@settings(max_examples=150, deadline=None)
@given(store=stores(), asked=ASKED, scope=SCOPES)
def test_a_condition_finds_what_it_says_and_its_negation_all_the_rest(
    database: SqliteDatabase,
    store: list[Resource],
    asked: tuple[type, list[Condition]],
    scope: Scope,
) -> None:
    world, (kind, asked_for) = World(store, scope), asked

    async def agree() -> None:
        await records.keep_only(database, store)
        everyone = sorted(record.id for record in world.listed(kind, ALWAYS))
        assert await found(database, kind, ALWAYS, scope) == everyone
        for condition in asked_for:
            expected = sorted(record.id for record in world.listed(kind, condition))
            event(f"{bool(expected)=}")
            assert await found(database, kind, condition, scope) == expected
            rest = await found(database, kind, negated(condition), scope)
            assert rest == [id for id in everyone if id not in expected]

    asyncio.run(agree())


def test_every_comparison_there_is_has_a_meaning() -> None:
    assert MEANINGS.keys() == COMPARISONS.keys()


OPERATORS = ["eq", "not_eq", "lt", "lte", "gt", "gte"]
TEXT_OPERATORS = [*OPERATORS, "starts_with", "ends_with", "contains"]


def payments_with(column: str, values: list[Any]) -> list[Resource]:
    return [
        records.gateway("g"),
        records.order("o"),
        *(
            records.payment(f"p{number}", "o", "g", **{column: value})
            for number, value in enumerate(values)
        ),
    ]


@settings(max_examples=40, deadline=None)
@given(wanted=st.lists(TEXTS, min_size=1, max_size=4, unique=True))
def test_texts_are_compared_letter_by_letter(database: SqliteDatabase, wanted: list[str]) -> None:
    world = World(payments_with("reference", [None, *AWKWARD]), EVERYTHING)
    asked = [compare(kind, "reference", text) for kind in TEXT_OPERATORS for text in wanted]
    asked += [compare(kind, "reference", json_text(wanted)) for kind in ("in", "not_in")]

    asyncio.run(_agree(database, world, asked))


def test_numbers_are_compared_up_to_both_ends(database: SqliteDatabase) -> None:
    world = World(payments_with("intent_amount_cents", list(EDGES)), EVERYTHING)
    asked = [
        compare(kind, "intent_amount_cents", edge + step)
        for kind in OPERATORS
        for edge in EDGES
        for step in (-1, 0, 1)
    ]
    asked += [
        compare(kind, "intent_amount_cents", json_text(some))
        for kind in ("in", "not_in")
        for some in ([], [0], list(EDGES), [2**31, -(2**31) - 1])
    ]

    asyncio.run(_agree(database, world, asked))


async def _agree(database: SqliteDatabase, world: World, asked: list[Condition]) -> None:
    await records.keep_only(database, world.records)
    for condition in [*asked, *map(negated, asked)]:
        expected = [record.id for record in world.listed(KlarnaPayment, condition)]
        assert await found(database, KlarnaPayment, condition) == sorted(expected), condition


@settings(max_examples=60, deadline=None)
@given(rates=st.lists(st.floats(0, 1), min_size=1, max_size=5, unique=True))
def test_rates_are_found_by_their_very_number(database: SqliteDatabase, rates: list[float]) -> None:
    lines = [
        records.line(f"l{place}", "o", place, tax_rate=rate) for place, rate in enumerate(rates)
    ]
    among = compare("in", "tax_rate", json_text(rates))

    async def agree() -> None:
        await records.keep_only(database, [records.order("o"), *lines])
        assert await found(database, type(lines[0]), among) == [line.id for line in lines]
        for line in lines:
            assert await found(database, type(line), compare("eq", "tax_rate", line.tax_rate)) == [
                line.id
            ]

    asyncio.run(agree())


@settings(max_examples=80, deadline=None)
@given(data=st.data(), kept=st.lists(JSON, min_size=1, max_size=5))
def test_json_holds_every_part_of_itself_and_nothing_else(
    database: SqliteDatabase, data: st.DataObject, kept: list[dict[str, Any]]
) -> None:
    world = World(payments_with("metadata", kept), EVERYTHING)
    parts = [data.draw(part_of(one)) for one in kept]
    asked = [compare("holds", "metadata", json_text(part)) for part in parts]
    asked += [compare("has_key", "metadata", key) for part in parts for key in part]

    asyncio.run(_agree(database, world, asked))
    for number, condition in enumerate(asked[: len(kept)]):
        assert f"p{number}" in asyncio.run(found(database, KlarnaPayment, condition))


HELD: list[tuple[Any, Any, bool]] = [
    ({"a": {"b": [1, {"c": "é"}]}}, {"a": {"b": [{"c": "é"}]}}, True),
    ({"a": [1, 2]}, {"a": [2, 2, 1]}, True),
    ({"a": [1, 2]}, {"a": 1}, False),
    ({"a": 1}, {"a": True}, False),
    ({"a": False}, {"a": 0}, False),
    ({"a": [True]}, {"a": [1]}, False),
    ({"a": 1.0}, {"a": 1}, True),
    ({"a": 2**53 + 1}, {"a": 2**53}, False),
    ({"a": None}, {"a": None}, True),
    ({"a": None}, {}, True),
    ({}, {"a": None}, False),
    ({"a": {}}, {"a": []}, False),
    ({"a": "B"}, {"a": "b"}, False),
    ({"a.b": 1}, {"a": {"b": 1}}, False),
    ({'"': "\\"}, {'"': "\\"}, True),
]


@pytest.mark.parametrize(("kept", "wanted", "holds"), HELD)
def test_json_is_held_as_json_means_it(
    database: SqliteDatabase, kept: Any, wanted: Any, holds: bool
) -> None:
    condition = compare("holds", "metadata", json_text(wanted))

    asyncio.run(records.keep_only(database, payments_with("metadata", [kept])))

    assert asyncio.run(found(database, KlarnaPayment, condition)) == ["p0"] * holds
    assert asyncio.run(found(database, KlarnaPayment, negated(condition))) == ["p0"] * (not holds)


@pytest.mark.parametrize("key", ["a", "é😀", "a.b", '"a"', "\\", "'", "", "a\nb"])
def test_a_key_is_found_by_its_very_name(database: SqliteDatabase, key: str) -> None:
    asyncio.run(records.keep_only(database, payments_with("metadata", [{key: None}, {}])))

    for wanted in (key, "a", "A", "b", "0", "$", key + "x"):
        condition = compare("has_key", "metadata", wanted)
        assert asyncio.run(found(database, KlarnaPayment, condition)) == ["p0"] * (wanted == key)


def test_conditions_lead_from_records_to_others_of_their_own_table(
    database: SqliteDatabase,
) -> None:
    kinds = {"a": "authorizations", "b": "authorizations", "c": "captures", "d": "voids"}
    drawn_on = {"c": "a", "d": "b"}
    store = payments_with("reference", [None])
    for id, kind in kinds.items():
        amount, drawn = (50_00 if id in drawn_on else 100_00), drawn_on.get(id)
        changes = {"amount_cents": amount, "reference_authorization_id": drawn}
        store.append(records.movement(id, TransactionKind(kind), "o", "p0", **changes))
    asked = through("id", captures_by_authorization, compare("eq", "amount_cents", 50_00))

    asyncio.run(records.keep_only(database, store))

    assert asyncio.run(found(database, Transaction, asked)) == ["a"]
    assert asyncio.run(found(database, Transaction, negated(asked))) == ["b", "c", "d"]


def test_conditions_lead_there_and_back(database: SqliteDatabase) -> None:
    store = payments_with("reference", ["a", "b"])
    store += [records.order("other"), records.payment("alone", "other", "g", reference="b")]
    sibling = through("id", payments_by_order, compare("eq", "reference", "a"))
    asked = through("order_id", orders_by_id, sibling)

    asyncio.run(records.keep_only(database, store))

    assert asyncio.run(found(database, KlarnaPayment, asked)) == ["p0", "p1"]
    assert asyncio.run(found(database, KlarnaPayment, negated(asked))) == ["alone"]


def test_nothing_leads_to_what_the_scope_does_not_show(database: SqliteDatabase) -> None:
    store = [
        records.gateway("g"),
        records.order("o", mode=Mode.live),
        records.payment("p", "o", "g"),
    ]
    asked = through("order_id", orders_by_id, ALWAYS)

    asyncio.run(records.keep_only(database, store))

    assert asyncio.run(found(database, KlarnaPayment, asked)) == ["p"]
    assert asyncio.run(found(database, KlarnaPayment, asked, Scope(Mode.test))) == []
    assert asyncio.run(found(database, KlarnaPayment, negated(asked), Scope(Mode.test))) == ["p"]


@pytest.mark.parametrize("kind", COMPARISONS)
def test_what_is_null_meets_no_comparison_and_so_the_negation_of_each(
    database: SqliteDatabase, kind: str
) -> None:
    column = "payment_instrument" if kind in ("holds", "has_key") else "reference"
    value = {"in": "[]", "not_in": "[]", "holds": "{}"}.get(kind, "")
    condition = compare(kind, column, value)

    asyncio.run(records.keep_only(database, payments_with(column, [None])))

    assert asyncio.run(found(database, KlarnaPayment, condition)) == []
    assert asyncio.run(found(database, KlarnaPayment, negated(condition))) == ["p0"]


def test_all_of_nothing_is_met_and_any_of_nothing_is_not(database: SqliteDatabase) -> None:
    asyncio.run(records.keep_only(database, [records.order("o")]))

    assert asyncio.run(found(database, Order, every())) == ["o"]
    assert asyncio.run(found(database, Order, either())) == []
    assert asyncio.run(found(database, Order, negated(either()))) == ["o"]
    assert asyncio.run(found(database, Order, is_null("placed_at", null=True))) == ["o"]
