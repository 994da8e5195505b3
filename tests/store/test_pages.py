"""Pages: whatever is asked for, in whatever order, each record has one place in the list."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.conditions import ALWAYS, Condition, compare, either, is_null, negated
from store.lookups import Lookup
from store.pages import Found, Key, Page, count, counts, page, pages, position_of
from store.payment_methods import PaymentMethod, payment_methods_by_gateway
from store.payments import KlarnaPayment, PaymentStatus, payments_by_gateway, payments_by_order
from store.resources import Resource
from store.scope import EVERYTHING, Mode, Scope
from store.sqlite import SqliteDatabase
from tests.store import records
from tests.store.model import World, in_order, window
from tests.store.worlds import INSTANTS, MODES, orders_of

GATEWAYS, ORDERS = ("g", "h"), ("o", "p")
NEITHER = "nobody"
ROOT = [records.gateway("g"), records.gateway("h"), records.order("o"), records.order("p")]
"""What every list here belongs to."""

REFERENCES = st.sampled_from([None, None, "a", "b", "B", "é"])
AMOUNTS = st.sampled_from([-1, 0, 1])
TIMES = st.sampled_from(INSTANTS)
COMMON = {"mode": MODES, "reference": REFERENCES, "created_at": TIMES, "updated_at": TIMES}

PAYMENTS = st.fixed_dictionaries(
    COMMON
    | {
        "order_id": st.sampled_from(ORDERS),
        "gateway_id": st.sampled_from(GATEWAYS),
        "status": st.sampled_from([PaymentStatus.OPEN, PaymentStatus.PLACED]),
        "auth_token_expires_at": st.none() | TIMES,
        "intent_amount_cents": AMOUNTS,
    }
)
METHODS = st.fixed_dictionaries(
    COMMON
    | {
        "gateway_id": st.sampled_from(GATEWAYS),
        "price_amount_cents": AMOUNTS,
        "auto_capture_max_amount_cents": st.none() | AMOUNTS,
    }
)
CONDITIONS = st.sampled_from(
    [
        ALWAYS,
        ALWAYS,
        compare("eq", "reference", "b"),
        negated(compare("lt", "reference", "b")),
        is_null("reference", null=False),
        either(is_null("reference", null=True), compare("gt", "created_at", INSTANTS[0])),
    ]
)


@dataclass(frozen=True)
class Kind:
    """A kind of record that lists are made of."""

    record: type
    columns: Sequence[str]
    """What its lists are sorted by: texts and numbers, with nulls and without."""
    lookups: Sequence[Lookup[Any]]
    drawn: st.SearchStrategy[dict[str, Any]]

    def make(self, number: int, changes: dict[str, Any]) -> Resource:
        """The record of a number below a hundred; ids are in no order of their numbers."""
        id = f"{number * 37 % 100:02}"
        if self.record is PaymentMethod:
            return records.method(id, **changes)
        return records.payment(id, **changes)


SORTED = ["reference", "created_at", "updated_at", "id"]
KINDS = [
    Kind(
        KlarnaPayment,
        [*SORTED, "intent_amount_cents", "auth_token_expires_at", "status"],
        [payments_by_order, payments_by_gateway],
        PAYMENTS,
    ),
    Kind(
        PaymentMethod,
        [*SORTED, "price_amount_cents", "auto_capture_max_amount_cents"],
        [payment_methods_by_gateway],
        METHODS,
    ),
]


@dataclass(frozen=True)
class Listing:
    """Some records, and a question after them."""

    kind: Kind
    made: list[Resource]
    order: tuple[Key, ...]
    condition: Condition
    scope: Scope
    size: int
    backward: bool

    @property
    def world(self) -> World:
        """All that there is, and who asks."""
        return World([*ROOT, *self.made], self.scope)

    @property
    def everyone(self) -> list[Resource]:
        """Every record there is, in order."""
        return in_order(self.made, self.order)

    @property
    def listed(self) -> list[Resource]:
        """What the list at the root has, in order."""
        return in_order(self.world.listed(self.kind.record, self.condition), self.order)

    def led_to(self, lookup: Lookup[Any], key: str) -> list[Resource]:
        """What a lookup's list has, in order."""
        found = self.world.listed(self.kind.record, self.condition, lookup)
        return in_order([one for one in found if lookup.key_of(one) == key], self.order)

    def page(self, at: Resource | None = None) -> Page:
        """The page that begins after a record, or before it."""
        place = None if at is None else position_of(at, self.order)
        return Page(self.size, self.order, self.condition, self.backward, place)


SEEN = [EVERYTHING, Scope(Mode.test), Scope(Mode.test, "o"), Scope(Mode.test, guest=True)]


@st.composite
def listings(draw: st.DrawFn, most: int = 12) -> Listing:
    """Few records with much in common, so that ties and nulls are the rule."""
    kind = draw(st.sampled_from(KINDS))
    return Listing(
        kind,
        [kind.make(*one) for one in enumerate(draw(st.lists(kind.drawn, max_size=most)))],
        draw(orders_of(kind.columns)),
        draw(CONDITIONS),
        draw(st.sampled_from(SEEN)),
        draw(st.integers(1, 4)),
        draw(st.booleans()),
    )


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteDatabase]:
    with records.opened(tmp_path_factory.mktemp("pages")) as opened:
        yield opened


@settings(max_examples=300, deadline=None)
@given(listing=listings())
def test_a_page_begins_right_after_any_record_and_says_whether_there_are_more(
    database: SqliteDatabase, listing: Listing
) -> None:
    record, scope = listing.kind.record, listing.scope

    async def agree() -> None:
        await records.keep_only(database, listing.world.records)
        assert await count(database, record, listing.condition, scope) == len(listing.listed)
        for at in (None, *listing.made):
            wanted = listing.page(at)
            found = await page(database, record, wanted, scope)
            expected = window(listing.everyone, listing.listed, wanted, at)
            assert (found.records, found.more) == expected, at

    asyncio.run(agree())


@settings(max_examples=200, deadline=None)
@given(listing=listings())
def test_pages_of_several_lists_are_what_each_would_be_alone(
    database: SqliteDatabase, listing: Listing
) -> None:
    async def agree(lookup: Lookup[Any]) -> None:
        keys = [NEITHER, *(ORDERS if lookup is payments_by_order else GATEWAYS)]
        lists = [listing.led_to(lookup, key) for key in keys]
        counted = await counts(database, lookup, keys, listing.condition, listing.scope)
        assert counted == [len(one) for one in lists]
        for at in (None, *listing.made):
            wanted = listing.page(at)
            found = await pages(database, lookup, keys, wanted, listing.scope)
            expected = [window(listing.everyone, one, wanted, at) for one in lists]
            assert [(one.records, one.more) for one in found] == expected, at

    async def agree_on_each() -> None:
        await records.keep_only(database, listing.world.records)
        for lookup in listing.kind.lookups:
            await agree(lookup)

    asyncio.run(agree_on_each())


def first_key(lookup: Lookup[Any]) -> str:
    """What leads to the first of a lookup's lists."""
    return ORDERS[0] if lookup is payments_by_order else GATEWAYS[0]


async def step(
    database: SqliteDatabase, listing: Listing, lookup: Lookup[Any] | None, wanted: Page
) -> Found:
    """A page of all there is, or of a lookup's first list."""
    if lookup is None:
        return await page(database, listing.kind.record, wanted, listing.scope)
    (found,) = await pages(database, lookup, [first_key(lookup)], wanted, listing.scope)
    return found


Meanwhile = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """What happens where nothing does."""


async def walk(
    database: SqliteDatabase,
    listing: Listing,
    lookup: Lookup[Any] | None = None,
    meanwhile: Meanwhile = nothing,
) -> list[Resource]:
    """Read a list page by page; what was visited, in that order."""
    visited: list[Resource] = []
    while True:
        wanted = listing.page(visited[-1] if visited else None)
        found = await step(database, listing, lookup, wanted)
        visited += found.records[::-1] if listing.backward else found.records
        if not found.more:
            return visited
        assert len(found.records) == listing.size
        await meanwhile()


@settings(max_examples=200, deadline=None)
@given(listing=listings(most=18))
def test_walking_page_by_page_visits_each_record_once_and_in_order(
    database: SqliteDatabase, listing: Listing
) -> None:
    async def visited() -> list[Resource]:
        await records.keep_only(database, listing.world.records)
        return await walk(database, listing)

    expected = listing.listed[::-1] if listing.backward else listing.listed
    assert asyncio.run(visited()) == expected


@settings(max_examples=250, deadline=None)
@given(data=st.data(), listing=listings(most=18), goings=st.lists(st.integers(0, 99), max_size=8))
def test_records_that_come_and_go_during_a_walk_hide_nothing_and_repeat_nothing(
    database: SqliteDatabase, data: st.DataObject, listing: Listing, goings: list[int]
) -> None:
    lookup = data.draw(st.sampled_from([None, *listing.kind.lookups]))
    coming = data.draw(st.lists(listing.kind.drawn, max_size=8))
    late = [listing.kind.make(50 + number, changes) for number, changes in enumerate(coming)]
    there = list(listing.made)

    async def come_and_go() -> None:
        for _ in range(2):
            if late:
                there.append(late.pop())
                await records.add(database, there[-1])
            if goings and there:
                await records.remove(database, there.pop(goings.pop() % len(there)))

    async def visit() -> list[Resource]:
        await records.keep_only(database, listing.world.records)
        return await walk(database, listing, lookup, come_and_go)

    visited = asyncio.run(visit())

    sequence = in_order(visited, listing.order)
    assert visited == (sequence[::-1] if listing.backward else sequence)
    seen = [record.id for record in visited]
    assert len(set(seen)) == len(seen)
    for record in listing.listed:
        if record in there and (lookup is None or lookup.key_of(record) == first_key(lookup)):
            assert record.id in seen


def test_a_list_of_nothing_is_an_empty_page_without_more(database: SqliteDatabase) -> None:
    wanted = Page(1, (Key("created_at"),), position=(INSTANTS[0], "x"))

    asyncio.run(records.keep_only(database, []))

    assert asyncio.run(page(database, KlarnaPayment, wanted, EVERYTHING)) == Found([], more=False)
    found = asyncio.run(pages(database, payments_by_order, ["o", "p"], wanted, EVERYTHING))
    assert found == [Found([], more=False)] * 2
    assert asyncio.run(counts(database, payments_by_order, ["o", "p"], ALWAYS, EVERYTHING)) == [
        0,
        0,
    ]
