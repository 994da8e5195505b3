"""What a page's items belong to and what belongs to them, found beside them."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import select

from graph.compiler.beside import MAX_JOINED, Line
from graph.compiler.building import Building
from resolvers.cursors import Cursors
from store.dialect import place_in
from store.line_items import line_items_by_id, line_items_by_order
from store.lookups import Lookup
from store.orders import Order, orders_by_id, orders_by_reference
from store.payments import KlarnaPayment
from store.scope import Mode, Reach
from store.sqlite import open_sqlite
from store.tables import is_key, table_of
from store.transactions import TransactionKind
from tests.compiler.ways import Ways, caller, covered
from tests.store import records
from tests.store.records import minute

ODD = 'a"b\\c\nd\r\x0b\x85\u2028\x1f["]},{\\n😀'
SQLITE_JOINS = 64
EDGES = (-(2**31), 2**31 - 1)
PAGES = [
    "",
    "(first: 1)",
    "(first: 2, orderBy: [{ field: REFERENCE, direction: DESC }])",
    "(last: 3)",
    '(filter: { reference: { eq: "none has this" } })',
]
PAYMENTS = [
    "nodes { id order { number customerEmail metadata } paymentGateway { name disabledAt } }",
    "nodes { order { lineItems { id name reference quantity totalAmountCents } } id }",
    "edges { cursor node { order { lineItems { name } } versions { nodes { id } } id } }",
    "nodes { a: order { lineItems { id } } b: order { number lineItems { name } number } }",
    "nodes { order { klarnaPayments { nodes { order { lineItems { id } } } } } id }",
    "nodes { order { klarnaPayments { nodes { id order { number } } totalCount } } }",
    "nodes { order { klarnaPayments(last: 1) { edges { cursor } pageInfo { startCursor } } } }",
    "nodes { order { klarnaPayments(first: 1) { edges { node { order { id } } cursor } } } }",
    "nodes { order { lineItems { id } } } edges { node { order { lineItems { name } } } }",
    "nodes { order { paymentMethod { paymentGateway { paymentMethods { nodes { id } } } } } }",
    "nodes { paymentGateway { klarnaPayments { nodes { id } } } order { lineItems { id } } }",
    "nodes { order { transactions { nodes { __typename id } } paymentSource { id } } }",
]
ORDERS = [
    "nodes { id lineItems { id @skip(if: true) } }",
    "nodes { lineItems { id name metadata taxRate } paymentSource { id status } }",
    "nodes { reference klarnaPayments { nodes { paymentGateway { name } } } lineItems { name } }",
    "nodes { paymentMethod { id paymentGateway { id } } }",
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ways]:
    """Both ways over orders with lines and without, and payments of another mode's orders."""
    file: Path = tmp_path_factory.mktemp("beside") / "store.sqlite"
    database = await open_sqlite(file)
    live = {"mode": Mode.live}
    least, most = EDGES
    shop = [
        records.gateway("gateway", name=ODD, metadata={ODD: [ODD, None, 1.5]}),
        records.gateway("elsewhere", **live),
        records.method("method", "gateway"),
        records.order("full", number=ODD, customer_email=ODD, payment_method_id="method"),
        records.order("empty", total_amount_with_taxes_cents=least, payment_source_id="second"),
        records.order("hidden", number="hidden", **live),
        records.line("l2", "full", 2, name=ODD, quantity=most, total_amount_cents=least),
        records.line("l1", "full", 1, reference=ODD, reference_origin=ODD, metadata={ODD: ODD}),
        records.line("l3", "full", 3, name="", tax_rate=0.07),
        records.line("l4", "hidden", 1),
        records.payment("first", "full", "gateway", reference=ODD),
        records.payment("second", "empty", "gateway", created_at=minute(1)),
        records.payment("third", "hidden", "gateway", created_at=minute(2), reference=""),
        records.payment("fourth", "full", "elsewhere", created_at=minute(3)),
        records.payment("fifth", "full", "gateway", **live),
        records.movement("m1", TransactionKind.captures, "full", "first"),
        records.movement("m2", TransactionKind.refunds, "full", "first"),
    ]
    await records.keep_only(database, shop)
    yield Ways(database)
    await database.close()


async def same(both: Ways, asked: str) -> bytes:
    """Ask both ways; return the answer if it was compiled and is the same."""
    before = both.questions
    found = await both.either(caller(), asked, {})
    assert covered(found)
    assert both.questions - before <= 2  # one the first time is whether this SQLite is sound
    ordinary = await both.ordinary(caller(), asked, {})
    assert "errors" not in ordinary.body
    answer = orjson.dumps(found.body)
    assert answer == orjson.dumps(ordinary.body)
    return answer


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("parts", PAYMENTS)
async def test_payments_have_what_they_belong_to(both: Ways, parts: str, page: str) -> None:
    await same(both, f"{{ page: klarnaPayments{page} {{ {parts} pageInfo {{ endCursor }} }} }}")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("parts", ORDERS)
async def test_orders_have_what_belongs_to_them(both: Ways, parts: str, page: str) -> None:
    await same(both, f"{{ page: orders{page} {{ {parts} }} }}")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_record_of_the_other_mode_is_not_beside_an_item(both: Ways) -> None:
    answer = await same(
        both,
        "{ klarnaPayments { nodes { id order { number lineItems { id } } "
        "paymentGateway { id } } } }",
    )

    nodes = orjson.loads(answer)["data"]["klarnaPayments"]["nodes"]
    assert [node["id"] for node in nodes] == ["fourth", "third", "second", "first"]
    assert nodes[0]["paymentGateway"] is None
    assert nodes[1]["order"] is None
    assert nodes[2]["order"] == {"number": None, "lineItems": []}
    assert nodes[3]["order"]["lineItems"] == [{"id": "l1"}, {"id": "l2"}, {"id": "l3"}]
    assert nodes[3]["paymentGateway"] == {"id": "gateway"}


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_not_joined_any_more_is_found_all_the_same(
    both: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "{ limited: klarnaPayments { nodes { order { lineItems { name } } %s } } }"
    monkeypatch.setattr("graph.compiler.beside.MAX_JOINED", 1)

    answer = await same(both, asked % "paymentGateway { name paymentMethods { nodes { id } } }")

    assert orjson.dumps(ODD) in answer
    assert MAX_JOINED + 2 < SQLITE_JOINS  # the page itself, and its places


def test_a_joined_record_does_not_stand_for_one_that_must_meet_a_condition() -> None:
    building = Building(Reach.mode, (), Cursors(b"tests"))
    payments = table_of(KlarnaPayment)
    line = Line(payments, select(place_in(payments.name).label("place")), building)
    drafts = Lookup(Order, orders_by_id.column, where=(table_of(Order).c.status == "draft",))
    key = line.items([]).c["order_id"]

    assert line.joined(orders_by_id, key) is not None
    assert line.joined(drafts, key) is None


def test_only_a_column_whose_values_are_all_different_leads_to_one_record() -> None:
    assert is_key(orders_by_id.column)
    assert not is_key(orders_by_reference.column)
    assert is_key(line_items_by_id.column)
    assert not is_key(line_items_by_order.column)
