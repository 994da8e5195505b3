"""The past: at every time it is read as the present was read then."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count as counter
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.errors import BadInput
from resolvers.history import Past, time_of
from store.changes import REDACTED, Change
from store.conditions import ALWAYS, compare
from store.database import Transaction
from store.events import events_by_resource
from store.fields import fields_of
from store.history import records_at
from store.ids import new_id
from store.instants import Instant
from store.line_items import LineItem, line_items_by_id, line_items_by_order
from store.lookups import Lookup
from store.orders import Order, orders_by_id
from store.pages import Found, Key, Page, position_of
from store.payments import (
    KlarnaPayment,
    payments_by_gateway,
    payments_by_id,
    payments_by_order,
)
from store.resources import Resource
from store.scope import EVERYTHING, Mode, Scope
from store.sqlite import SqliteDatabase
from store.versions import versions_by_resource
from tests.store import records
from tests.store.model import in_order, window
from tests.store.worlds import KEYS, TEXTS

R = TypeVar("R", bound=Resource)

TEST = Scope(Mode.test)
BY_ID: Mapping[type, Lookup[Any]] = {
    KlarnaPayment: payments_by_id,
    LineItem: line_items_by_id,
    Order: orders_by_id,
}
ORDERS = [
    (Key("created_at", descending=True),),
    (Key("created_at"),),
    (Key("created_at", descending=True), Key("id")),
    (Key("id"),),
]
"""What the past can be sorted by: what never changes."""

OBJECTS = st.dictionaries(
    KEYS, st.sampled_from([None, True, False, 0, 1, 1.0]) | TEXTS | st.lists(TEXTS, max_size=2)
)
COMMON = {"reference": st.none() | TEXTS, "metadata": OBJECTS}
FIELDS: Mapping[type, st.SearchStrategy[dict[str, Any]]] = {
    KlarnaPayment: st.fixed_dictionaries(
        {},
        optional=COMMON
        | {
            "client_token": st.sampled_from([None, "one", "other"]),
            "auth_token": st.sampled_from([None, "one", "other"]),
            "auth_token_expires_at": st.none() | st.just(records.NOW),
            "payment_methods": st.lists(OBJECTS, max_size=2),
            "payment_instrument": st.none() | OBJECTS,
            "intent_amount_cents": st.integers(0, 2),
            "snapshot": OBJECTS,
            "callback_secret": st.sampled_from(["one", "other"]),
        },
    ),
    LineItem: st.fixed_dictionaries(
        {},
        optional=COMMON
        | {
            "position": st.integers(0, 3),
            "tax_rate": st.none() | st.floats(0, 1),
            "sku_code": st.none() | TEXTS,
        },
    ),
    Order: st.fixed_dictionaries(
        {}, optional=COMMON | {"tax_included": st.booleans(), "placed_at": st.none()}
    ),
}

Step = tuple[str, type, int, dict[str, Any]]
"""What is done, with which kind, to which of them, and with what."""


def _step(done: str) -> st.SearchStrategy[Step]:
    kinds = [KlarnaPayment, LineItem] if done != "update" else list(FIELDS)
    return st.sampled_from(kinds).flatmap(
        lambda kind: st.tuples(st.just(done), st.just(kind), st.integers(0, 9), FIELDS[kind])
    )


STEPS = st.one_of(_step("create"), _step("create"), _step("update"), _step("delete"))
TRANSACTIONS = st.lists(
    st.tuples(st.sampled_from([0, 1, 1, 2]), st.lists(STEPS, min_size=1, max_size=3)), max_size=8
)
"""Each so many minutes after the one before, or at the same time."""

_examples = counter()


@dataclass
class Story:
    """Records as they come, change and go, and how they were read after each change."""

    database: SqliteDatabase
    name: str = field(default_factory=lambda: f"{next(_examples)}-")
    there: dict[str, Resource] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    read: dict[Instant, dict[str, Resource]] = field(default_factory=dict)

    @property
    def gateway_id(self) -> str:
        return f"{self.name}g"

    @property
    def order_ids(self) -> list[str]:
        return [f"{self.name}{letter}" for letter in "op"]

    async def begin(self, at: Instant) -> None:
        """Make what the rest refers to."""
        first = [records.order(id, token=id) for id in self.order_ids]

        async def work(transaction: Transaction) -> None:
            change = Change(transaction, {}, at, new_id)
            await change.save(None, records.gateway(self.gateway_id), "created")
            for order in first:
                self._keep(await change.save(None, order, "created"))

        await self.database.write(work)
        await self.read_all(at)

    async def go_on(self, at: Instant, steps: Sequence[Step]) -> None:
        """Take steps in one transaction."""

        async def work(transaction: Transaction) -> None:
            change = Change(transaction, {}, at, new_id)
            for step in steps:
                await self._take(change, *step)

        await self.database.write(work)
        await self.read_all(at)

    async def _take(
        self, change: Change, done: str, kind: type, which: int, changes: dict[str, Any]
    ) -> None:
        if done == "create":
            self._keep(await change.save(None, self._new(kind, which, changes), "created"))
            return
        choices = [record for record in self.there.values() if type(record) is kind]
        if not choices:
            return
        chosen = choices[which % len(choices)]
        if done == "update":
            self._keep(await change.save(chosen, replace(chosen, **changes), "updated"))
        else:
            await change.save(chosen, None, "deleted")
            del self.there[chosen.id]

    def _new(self, kind: type, which: int, changes: dict[str, Any]) -> Resource:
        id = f"{self.name}{len(self.ids) * 37 % 100:02}"
        order_id = self.order_ids[which % 2]
        if kind is KlarnaPayment:
            return records.payment(id, order_id, self.gateway_id, **changes)
        return records.line(id, order_id, **{"position": which} | changes)

    def _keep(self, record: Resource) -> None:
        self.there[record.id] = record
        if record.id not in self.ids:
            self.ids.append(record.id)

    async def read_all(self, at: Instant) -> None:
        """Read everything there is, and remember it."""
        found = [await lookup(self.database, self.ids, EVERYTHING) for lookup in BY_ID.values()]
        self.read[at] = {one.id: remembered(one) for some in found for one in some}
        assert self.read[at] == {id: remembered(one) for id, one in self.there.items()}


def remembered(record: R) -> R:
    """What the history keeps of a record: nothing internal, and of secrets that there was one."""
    kept: dict[str, Any] = {}
    for one in fields_of(type(record)):
        value = getattr(record, one.name)
        if one.internal and one.name != "revision":
            kept[one.name] = {} if one.is_json else ""
        elif one.secret:
            kept[one.name] = None if value is None else REDACTED
    return replace(record, **kept)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteDatabase]:
    with records.opened(tmp_path_factory.mktemp("history")) as opened:
        yield opened


async def told(database: SqliteDatabase, transactions: Sequence[tuple[int, list[Step]]]) -> Story:
    """A story with all that was done in it."""
    story, now = Story(database), 1
    await story.begin(records.minute(now))
    for later, steps in transactions:
        now += later
        await story.go_on(records.minute(now), steps)
    return story


@settings(max_examples=40, deadline=None)
@given(transactions=TRANSACTIONS)
def test_records_of_any_time_are_what_was_read_then(
    database: SqliteDatabase, transactions: list[tuple[int, list[Step]]]
) -> None:
    async def agree() -> None:
        story = await told(database, transactions)
        story.read[records.NOW] = {}
        for at, then in story.read.items():
            past = Past(database, TEST, at)
            for kind, lookup in BY_ID.items():
                expected = {id: one for id, one in then.items() if type(one) is kind}
                assert await records_at(database, kind, story.ids, at, TEST) == expected
                found = await asyncio.gather(*(past.one(lookup, id) for id in story.ids))
                assert {one.id: one for one in found if one is not None} == expected
                assert all(time_of(one) == at for one in found if one is not None)

    asyncio.run(agree())


LISTS: Sequence[tuple[type, Lookup[Any]]] = [
    (KlarnaPayment, payments_by_order),
    (LineItem, line_items_by_order),
    (KlarnaPayment, payments_by_gateway),
]
PAGES = st.builds(Page, st.integers(1, 3), st.sampled_from(ORDERS), backward=st.booleans())


@settings(max_examples=60, deadline=None)
@given(transactions=TRANSACTIONS, wanted=PAGES)
def test_lists_of_any_time_are_what_they_were_then(
    database: SqliteDatabase, transactions: list[tuple[int, list[Step]]], wanted: Page
) -> None:
    async def agree() -> None:
        story = await told(database, transactions)
        story.read[records.NOW] = {}
        for at, then in story.read.items():
            past = Past(database, TEST, at)
            for kind, lookup in LISTS:
                keys = [story.gateway_id] if lookup is payments_by_gateway else story.order_ids
                for key in keys:
                    listed = [
                        one
                        for one in then.values()
                        if type(one) is kind and lookup.key_of(one) == key
                    ]
                    await agree_on(past, lookup, key, listed)

    async def agree_on(
        past: Past, lookup: Lookup[Any], key: str, listed: Sequence[Resource]
    ) -> None:
        natural = in_order(listed, [Key(column.name) for column in lookup.order_by])
        assert await past.many(lookup, key) == natural
        assert await past.count(lookup, ALWAYS, key) == len(listed)
        everyone = in_order(listed, wanted.order)
        for at in (None, *listed):
            place = None if at is None else position_of(at, wanted.order)
            found = await past.page(lookup, replace(wanted, position=place), key)
            expected = window(everyone, everyone, wanted, at)
            assert (found.records, found.more) == expected
            assert all(time_of(record) for record in found.records)

    asyncio.run(agree())


@settings(max_examples=20, deadline=None)
@given(transactions=TRANSACTIONS, backward=st.booleans())
def test_the_history_of_any_time_ends_there(
    database: SqliteDatabase, transactions: list[tuple[int, list[Step]]], backward: bool
) -> None:
    revisions = Page(99, (Key("revision"),), backward=backward)
    events = Page(99, (Key("position"),), backward=backward)

    async def agree() -> None:
        story = await told(database, transactions)
        for at, then in story.read.items():
            past = Past(database, TEST, at)
            for id, record in then.items():
                expected = list(range(1, record.revision + 1))
                versions = (await past.page(versions_by_resource, revisions, id)).records
                assert [version.revision for version in versions] == expected
                assert await past.count(versions_by_resource, ALWAYS, id) == len(expected)
                happened = (await past.page(events_by_resource, events, id)).records
                assert len(happened) == len(expected)
                assert all(event.created_at <= at for event in happened)

    asyncio.run(agree())


def test_the_past_shows_one_mode_only(database: SqliteDatabase) -> None:
    create: Step = ("create", KlarnaPayment, 0, {})
    delete: Step = ("delete", KlarnaPayment, 0, {})
    wanted = Page(9, ORDERS[0])

    async def seen(scope: Scope) -> list[Any]:
        story = await told(database, [(0, [create, create]), (1, [delete])])
        past, key = Past(database, scope, records.minute(1)), story.order_ids[0]
        return [
            len(await past.many(payments_by_order, key)),
            len((await past.page(payments_by_order, wanted, key)).records),
            await past.count(payments_by_order, ALWAYS, key),
            await past.one(orders_by_id, key) is not None,
        ]

    assert asyncio.run(seen(TEST)) == [2, 2, 2, True]
    assert asyncio.run(seen(Scope(Mode.live))) == [0, 0, 0, False]


def test_the_past_is_not_asked_by_what_changes(database: SqliteDatabase) -> None:
    past = Past(database, TEST, records.NOW)
    filtered = Page(1, ORDERS[0], compare("eq", "reference", "a"))
    changing = Page(1, (Key("updated_at"),))

    async def ask(wanted: Page) -> Found:
        return await past.page(payments_by_order, wanted, "o")

    for wanted, argument in ((filtered, "filter"), (changing, "orderBy")):
        with pytest.raises(BadInput, match=f"The past is not asked by `{argument}`"):
            asyncio.run(ask(wanted))


def test_one_becoming_true_is_a_change(database: SqliteDatabase) -> None:
    create: Step = ("create", KlarnaPayment, 0, {"metadata": {"paid": 1}})
    update: Step = ("update", KlarnaPayment, 0, {"metadata": {"paid": True}})

    async def paid() -> Any:
        story = await told(database, [(0, [create]), (1, [update])])
        (found,) = await Past(database, TEST, records.minute(2)).many(
            payments_by_order, story.order_ids[0]
        )
        return found.metadata["paid"]

    assert asyncio.run(paid()) is True
