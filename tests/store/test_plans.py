"""Plans: what people ask for is led to by an index, however much there is."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Any, TypeVar

import pytest

from store.commits import at_once
from store.conditions import Condition, compare, every, through
from store.database import Reader
from store.dialect import json_holds
from store.executing import DIALECT
from store.gateways import gateways_by_id
from store.history import deleted_ids, records_at
from store.instants import instant
from store.lookups import Lookup
from store.migrate import migrate
from store.orders import Order, OrderStatus, orders_by_id, orders_by_reference, orders_by_token
from store.pages import Key, Page, count, counts, page, pages
from store.payments import (
    KlarnaPayment,
    PaymentStatus,
    payments_by_gateway,
    payments_by_id,
    payments_by_order,
    payments_by_session,
    stands_at,
)
from store.resources import Resource
from store.rows import json_text, rows_of
from store.scope import Mode, Scope
from store.statements import Query, Statement
from store.tables import table_of
from tests.store import records

R = TypeVar("R")

PAYMENTS, ORDERS, GATEWAYS = 100_000, 20_000, 50
TEST = Scope(Mode.test)
CHECKOUT = Scope(Mode.test, "o00001")
SECONDS = tuple(instant(records.MORNING + timedelta(seconds=one)) for one in range(PAYMENTS))
MIDDLE, LATE, NOW = SECONDS[PAYMENTS // 2], SECONDS[-1000], SECONDS[-50]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A store with many rows, written without a history."""
    path = tmp_path_factory.mktemp("plans") / "store.sqlite"
    migrate(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.create_function("json_holds", 2, json_holds, deterministic=True)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        gateways = ({"id": f"g{number}"} for number in range(GATEWAYS))
        _insert(connection, records.gateway("g"), gateways)
        _insert(connection, records.order("o"), _orders())
        _insert(connection, records.payment("p", "o", "g"), _payments())
        connection.execute("COMMIT")
        yield connection


def _insert(
    connection: sqlite3.Connection, plain: Resource, changes: Iterable[dict[str, Any]]
) -> None:
    kind = type(plain)
    values = rows_of(kind).values(plain)
    places = ", ".join(f":{name}" for name in values)
    statement = f"INSERT INTO {table_of(kind).name} ({', '.join(values)}) VALUES ({places})"
    connection.executemany(statement, (values | one for one in changes))


def _mode(number: int) -> str:
    return "test" if number % 10 else "live"


def _orders() -> Iterator[dict[str, Any]]:
    for number, status in zip(range(ORDERS), cycle(OrderStatus)):
        yield {
            "id": f"o{number:05}",
            "mode": _mode(number),
            "reference": f"W{number}",
            "number": f"N{number}",
            "token": f"t{number}",
            "status": str(status),
            "created_at": SECONDS[number],
            "updated_at": SECONDS[-number],
        }


def _payments() -> Iterator[dict[str, Any]]:
    """Nearly all placed, and the last thousand in every state there is."""
    for number, status in zip(range(PAYMENTS), cycle(PaymentStatus)):
        recent = number >= PAYMENTS - 1000
        yield {
            "id": f"p{number * 7919 % PAYMENTS:05}",
            "mode": _mode(number),
            "reference": None if number % 3 else f"R{number}",
            "order_id": f"o{number % ORDERS:05}",
            "payment_gateway_id": f"g{number % GATEWAYS}",
            "session_id": f"s{number}",
            "status": str(status if recent else PaymentStatus.PLACED),
            "created_at": SECONDS[number],
            "updated_at": SECONDS[number * 31 % PAYMENTS],
            "session_expires_at": SECONDS[min(number + 500, PAYMENTS - 1)],
            "auth_token_expires_at": SECONDS[number],
        }


@dataclass
class Explaining:
    """A reader that notes how SQLite goes about its statements, and at what pains."""

    connection: sqlite3.Connection
    plan: list[str] = field(default_factory=list)
    steps: int = 0
    """How many instructions SQLite's virtual machine ran, in hundreds."""

    async def all(self, query: Query[R], **parameters: object) -> list[R]:
        return query.records(await self.rows(query, **parameters))

    async def rows(self, statement: Statement, **parameters: object) -> list[tuple[Any, ...]]:
        text = statement.text(DIALECT)
        values = text.constants | parameters
        explained = self.connection.execute(f"EXPLAIN QUERY PLAN {text.sql}", values)
        self.plan += [line for *_, line in explained]
        self.connection.set_progress_handler(self._step, 100)
        found = self.connection.execute(text.sql, values).fetchall()
        self.connection.set_progress_handler(None, 0)
        return found

    def _step(self) -> int:
        self.steps += 1
        return 0


Question = Callable[[Reader], Awaitable[object]]


def explained(store: sqlite3.Connection, question: Question) -> Explaining:
    reader = Explaining(store)

    async def ask() -> None:
        await question(reader)

    at_once(ask())
    return reader


NEWEST = (Key("created_at", descending=True),)
CHANGED = (Key("updated_at", descending=True),)


def listed(
    kind: type,
    condition: Condition | None = None,
    *,
    order: tuple[Key, ...] = NEWEST,
    backward: bool = False,
    after: bool = False,
    scope: Scope = TEST,
) -> Question:
    """Ask for a page of a list, from its beginning or from somewhere in it."""
    place = (SECONDS[ORDERS // 2 if kind is Order else PAYMENTS // 2], "p00001")
    wanted = Page(25, order, condition or every(), backward, place if after else None)
    return lambda reader: page(reader, kind, wanted, scope)


def looked_up(lookup: Lookup[Any], *keys: str) -> Question:
    return lambda reader: lookup(reader, keys, TEST)


def is_(column: str, value: object) -> Condition:
    return compare("eq", column, value)


def between(column: str) -> Condition:
    return every(compare("gte", column, SECONDS[10]), compare("lt", column, LATE))


PAYMENT, ORDER = "klarna_payments USING INDEX ix_klarna_payments_", "orders USING INDEX ix_orders_"
NEWEST_PAYMENTS = PAYMENT + "mode_created_at_id (mode=?"
PAYMENTS_BY_STATUS = PAYMENT + "mode_status_created_at_id (mode=? AND status=?"

IN_ORDER: dict[str, tuple[Question, str]] = {
    "newest": (listed(KlarnaPayment), NEWEST_PAYMENTS + ")"),
    "last": (listed(KlarnaPayment, backward=True), NEWEST_PAYMENTS + ")"),
    "after": (
        listed(KlarnaPayment, after=True),
        NEWEST_PAYMENTS + " AND (created_at,id)<(?,?))",
    ),
    "before": (
        listed(KlarnaPayment, after=True, backward=True),
        NEWEST_PAYMENTS + " AND (created_at,id)>(?,?))",
    ),
    "changed": (listed(KlarnaPayment, order=CHANGED), PAYMENT + "mode_updated_at_id (mode=?)"),
    "changed after": (
        listed(KlarnaPayment, order=CHANGED, after=True),
        PAYMENT + "mode_updated_at_id (mode=? AND (updated_at,id)<(?,?))",
    ),
    "changed between": (
        listed(KlarnaPayment, between("updated_at"), order=CHANGED),
        PAYMENT + "mode_updated_at_id (mode=? AND updated_at>? AND updated_at<?)",
    ),
    "created between": (
        listed(KlarnaPayment, between("created_at")),
        NEWEST_PAYMENTS + " AND created_at>? AND created_at<?)",
    ),
    "created between, after": (
        listed(KlarnaPayment, between("created_at"), after=True),
        NEWEST_PAYMENTS + " AND created_at>? AND (created_at,id)<(?,?))",
    ),
    "created between, before": (
        listed(KlarnaPayment, between("created_at"), after=True, backward=True),
        NEWEST_PAYMENTS + " AND (created_at,id)>(?,?) AND created_at<?)",
    ),
    "placed": (
        listed(KlarnaPayment, stands_at(PaymentStatus.PLACED, NOW)),
        PAYMENTS_BY_STATUS + ")",
    ),
    "placed, after": (
        listed(KlarnaPayment, stands_at(PaymentStatus.PLACED, NOW), after=True),
        PAYMENTS_BY_STATUS + " AND (created_at,id)<(?,?))",
    ),
    "placed since": (
        listed(
            KlarnaPayment,
            every(stands_at(PaymentStatus.PLACED, NOW), compare("gte", "created_at", MIDDLE)),
        ),
        PAYMENTS_BY_STATUS + " AND created_at>?)",
    ),
    "open": (listed(KlarnaPayment, stands_at(PaymentStatus.OPEN, NOW)), PAYMENTS_BY_STATUS + ")"),
    "authorized": (
        listed(KlarnaPayment, stands_at(PaymentStatus.AUTHORIZED, NOW)),
        PAYMENTS_BY_STATUS + ")",
    ),
    "of gateways of a name": (
        listed(KlarnaPayment, through("payment_gateway_id", gateways_by_id, is_("name", "Klarna"))),
        NEWEST_PAYMENTS + ")",
    ),
    "of a checkout": (
        listed(KlarnaPayment, scope=CHECKOUT),
        PAYMENT + "order_id_created_at_id (order_id=?)",
    ),
    "newest orders": (listed(Order), ORDER + "mode_created_at_id (mode=?)"),
    "orders after": (
        listed(Order, after=True),
        ORDER + "mode_created_at_id (mode=? AND (created_at,id)<(?,?))",
    ),
    "changed orders": (listed(Order, order=CHANGED), ORDER + "mode_updated_at_id (mode=?)"),
    "orders of a status": (
        listed(Order, is_("status", "placed")),
        ORDER + "mode_status_created_at_id (mode=? AND status=?)",
    ),
    "orders of a status, after": (
        listed(Order, is_("status", "placed"), after=True),
        ORDER + "mode_status_created_at_id (mode=? AND status=? AND (created_at,id)<(?,?))",
    ),
}
"""Lists that an index holds in their order: a page of one is read, and nothing else."""


@pytest.mark.parametrize("name", IN_ORDER)
def test_a_page_of_a_list_is_read_where_it_stands(store: sqlite3.Connection, name: str) -> None:
    question, search = IN_ORDER[name]

    asked = explained(store, question)

    assert f"SEARCH {search}" in asked.plan
    assert not any("TEMP B-TREE" in line for line in asked.plan)
    assert asked.steps <= 30


FEW: dict[str, tuple[Question, str]] = {
    "payments by id": (
        looked_up(payments_by_id, "p00001", "p00002"),
        "klarna_payments USING INDEX sqlite_autoindex_klarna_payments_1 (id=?)",
    ),
    "payments by order": (
        looked_up(payments_by_order, "o00001", "o00002"),
        PAYMENT + "order_id_created_at_id (order_id=?)",
    ),
    "payments by session": (
        looked_up(payments_by_session, "s1", "s2"),
        PAYMENT + "session_id (session_id=?)",
    ),
    "gateways by id": (
        looked_up(gateways_by_id, "g1", "g2"),
        "klarna_gateways USING INDEX sqlite_autoindex_klarna_gateways_1 (id=?)",
    ),
    "orders by id": (
        looked_up(orders_by_id, "o00001", "o00002"),
        "orders USING INDEX sqlite_autoindex_orders_1 (id=?)",
    ),
    "orders by token": (looked_up(orders_by_token, "t1"), ORDER + "token (token=?)"),
    "orders by reference": (
        looked_up(orders_by_reference, "W1"),
        ORDER + "mode_reference (mode=? AND reference=?)",
    ),
    "payments of a reference": (
        listed(KlarnaPayment, is_("reference", "R3003")),
        PAYMENT + "mode_reference (mode=? AND reference=?)",
    ),
    "payments of some references": (
        listed(KlarnaPayment, compare("in", "reference", json_text(["R3", "R3003"]))),
        PAYMENT + "mode_reference (mode=? AND reference=?)",
    ),
    "payments of an order's reference": (
        listed(KlarnaPayment, through("order_id", orders_by_id, is_("reference", "W7"))),
        PAYMENT + "order_id_created_at_id (order_id=?)",
    ),
    "orders of a reference": (
        listed(Order, is_("reference", "W7")),
        ORDER + "mode_reference (mode=? AND reference=?)",
    ),
    "orders of a number": (
        listed(Order, is_("number", "N7")),
        ORDER + "mode_number (mode=? AND number=?)",
    ),
    "orders of a token": (listed(Order, is_("token", "t7")), ORDER + "token (token=?)"),
    "orders of a payment's reference": (
        listed(Order, through("id", payments_by_order, is_("reference", "R3003"))),
        "orders USING INDEX sqlite_autoindex_orders_1 (id=?)",
    ),
    "how many of an order": (
        lambda reader: counts(reader, payments_by_order, ["o00001"], every(), TEST),
        PAYMENT + "order_id_created_at_id (order_id=?)",
    ),
    "how many are open": (
        lambda reader: count(reader, KlarnaPayment, stands_at(PaymentStatus.OPEN, NOW), TEST),
        PAYMENTS_BY_STATUS + ")",
    ),
    "pages of orders": (
        lambda reader: pages(reader, payments_by_order, ["o00001", "o2"], Page(10, NEWEST), TEST),
        PAYMENT + "order_id_created_at_id (order_id=?)",
    ),
    "as it was": (
        lambda reader: records_at(reader, KlarnaPayment, ["p00001"], NOW, TEST),
        "versions USING INDEX sqlite_autoindex_versions_1 (resource_id=?)",
    ),
    "deleted since": (
        lambda reader: deleted_ids(reader, payments_by_order, ["o00001"], NOW, TEST),
        "versions USING INDEX ix_versions_deleted (resource_type=? AND created_at>?)",
    ),
}
"""Questions that few rows answer: these are read, and nothing else."""


@pytest.mark.parametrize("name", FEW)
def test_a_few_rows_are_found_without_reading_the_rest(
    store: sqlite3.Connection, name: str
) -> None:
    question, search = FEW[name]

    asked = explained(store, question)

    assert f"SEARCH {search}" in asked.plan
    assert asked.steps <= 30


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("condition", [every(), stands_at(PaymentStatus.PLACED, NOW)])
def test_pages_of_many_gateways_read_no_more_than_they_show(
    store: sqlite3.Connection, condition: Condition, *, after: bool
) -> None:
    keys = [f"g{number}" for number in range(GATEWAYS)]
    wanted = Page(10, NEWEST, condition, position=(MIDDLE, "p00001") if after else None)

    asked = explained(store, lambda reader: pages(reader, payments_by_gateway, keys, wanted, TEST))

    begin = " AND (created_at,id)<(?,?)" if after else ""
    window = f"{PAYMENT}payment_gateway_id_created_at_id (payment_gateway_id=?{begin})"
    assert f"SEARCH {window}" in asked.plan
    assert not any(line.startswith("SCAN klarna_payments") for line in asked.plan)
    assert asked.steps <= 30 * GATEWAYS


@pytest.mark.parametrize("status", PaymentStatus)
def test_payments_of_a_status_are_read_in_the_order_of_the_list(
    store: sqlite3.Connection, status: PaymentStatus
) -> None:
    asked = explained(store, listed(KlarnaPayment, stands_at(status, NOW)))

    (search,) = asked.plan
    assert search.startswith(f"SEARCH {PAYMENT}mode_")
