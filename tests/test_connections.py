"""Connections over HTTP: pages, cursors, filters, and what cannot be meant."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests import documents
from tests.gateway import Gateway, running_gateway

Json = dict[str, Any]
PAGE = """
query (
  $first: Int, $after: String, $last: Int, $before: String,
  $filter: OrderFilter, $orderBy: [OrderOrder!]
) {
  orders(
    first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy
  ) {
    nodes { id reference }
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}
"""
REFERENCE = [{"field": "REFERENCE"}]


@pytest_asyncio.fixture
async def shop(gateway: Gateway) -> Gateway:
    """Seven orders with the references a to g."""
    for name in "abcdefg":
        await gateway.put(reference=name, metadata={"tags": [name], "nested": {"of": name}})
    return gateway


async def page(shop: Gateway, **wanted: Any) -> Json:
    found: Json = (await shop.ask(PAGE, **wanted))["orders"]
    return found


async def references(shop: Gateway, wanted: Json) -> str:
    """The references of the orders that a filter finds, in alphabetical order."""
    found = await page(shop, filter=wanted, orderBy=REFERENCE, first=100)
    assert found["totalCount"] == len(found["nodes"])
    return "".join(order["reference"] for order in found["nodes"])


async def test_the_newest_come_first_where_nobody_asks_otherwise(shop: Gateway) -> None:
    found = await page(shop)
    times = await shop.do("{ orders { nodes { createdAt id } } }")

    stamps = [(order["createdAt"], order["id"]) for order in times["nodes"]]
    assert stamps == sorted(stamps, reverse=True)
    assert found["totalCount"] == 7


async def test_pages_are_walked_forwards(shop: Gateway) -> None:
    seen, cursor = "", None
    while True:
        found = await page(shop, first=3, after=cursor, orderBy=REFERENCE)
        info = found["pageInfo"]
        seen += "".join(order["reference"] for order in found["nodes"])
        assert info["hasPreviousPage"] is (cursor is not None)
        cursor = info["endCursor"]
        if not info["hasNextPage"]:
            break

    assert seen == "abcdefg"


async def test_pages_are_walked_backwards(shop: Gateway) -> None:
    seen, cursor = "", None
    while True:
        found = await page(shop, last=3, before=cursor, orderBy=REFERENCE)
        info = found["pageInfo"]
        seen = "".join(order["reference"] for order in found["nodes"]) + seen
        assert info["hasNextPage"] is (cursor is not None)
        cursor = info["startCursor"]
        if not info["hasPreviousPage"]:
            break

    assert seen == "abcdefg"


async def test_edges_hold_the_cursor_of_each_item(shop: Gateway) -> None:
    found = await page(shop, first=7, orderBy=REFERENCE)

    for edge, order in zip(found["edges"], found["nodes"], strict=True):
        assert edge["node"]["id"] == order["id"]
    after_c = await page(shop, first=2, after=found["edges"][2]["cursor"], orderBy=REFERENCE)
    assert [order["reference"] for order in after_c["nodes"]] == ["d", "e"]


async def test_an_empty_page_has_no_cursors(gateway: Gateway) -> None:
    found = await page(gateway)

    assert found == {
        "nodes": [],
        "edges": [],
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
        "totalCount": 0,
    }


async def test_a_list_is_counted_only_if_asked(plain: Gateway) -> None:
    before = plain.services.database.questions
    await plain.ask("{ orders { nodes { id } } }")
    uncounted = plain.services.database.questions - before

    await plain.ask("{ orders { nodes { id } totalCount } }")

    assert uncounted == 1
    assert plain.services.database.questions - before - uncounted == 2


async def test_a_walk_while_others_push_meets_every_order_once(gateway: Gateway) -> None:
    there = [await gateway.put(reference=f"there {number}") for number in range(12)]

    async def push() -> None:
        for number in range(12):
            await gateway.put(reference=f"new {number}")

    async def walk(size: str, position: str, end: str, more: str) -> list[str]:
        seen: list[str] = []
        wanted: Json = {size: 2}
        while True:
            found = await page(gateway, **wanted)
            seen += [order["id"] for order in found["nodes"]]
            info = found["pageInfo"]
            if not info[more]:
                return seen
            wanted[position] = info[end]

    forwards, backwards, _ = await asyncio.gather(
        walk("first", "after", "endCursor", "hasNextPage"),
        walk("last", "before", "startCursor", "hasPreviousPage"),
        push(),
    )

    for seen in (forwards, backwards):
        assert [seen.count(key) for key in there] == [1] * 12


FILTERS: list[tuple[Json, str]] = [
    ({}, "abcdefg"),
    ({"reference": {"eq": "c"}}, "c"),
    ({"reference": {"notEq": "c"}}, "abdefg"),
    ({"reference": {"in": ["a", "z", "g"]}}, "ag"),
    ({"reference": {"notIn": ["a", "g"]}}, "bcdef"),
    ({"reference": {"gt": "c", "lte": "e"}}, "de"),
    ({"reference": {"startsWith": "a"}}, "a"),
    ({"reference": {"contains": "%"}}, ""),
    ({"reference": {"isNull": True}}, ""),
    ({"reference": {"isNull": False}}, "abcdefg"),
    ({"metadata": {"contains": {"nested": {"of": "b"}}}}, "b"),
    ({"metadata": {"contains": {"tags": ["d"]}}}, "d"),
    ({"metadata": {"hasKey": "nested"}}, "abcdefg"),
    ({"metadata": {"hasKey": "other"}}, ""),
    ({"totalAmountWithTaxesCents": {"gte": 163_60, "lt": 163_61}}, "abcdefg"),
    ({"status": {"in": ["pending", "placed"]}}, "abcdefg"),
    ({"createdAt": {"lt": "2020-01-01T00:00:00Z"}}, ""),
    ({"taxIncluded": {"eq": False}}, ""),
    ({"or": [{"reference": {"eq": "a"}}, {"reference": {"eq": "b"}}]}, "ab"),
    ({"and": [{"reference": {"gte": "b"}}, {"reference": {"lt": "d"}}]}, "bc"),
    ({"not": {"reference": {"in": ["a", "b"]}}}, "cdefg"),
    ({"lineItems": {"name": {"startsWith": "Trail"}}}, ""),
    ({"billingAddress": {"city": {"eq": "Berlin"}}}, "abcdefg"),
    ({"billingAddress": {"city": {"notEq": "Berlin"}}}, ""),
    ({"klarnaPayments": {"status": {"eq": "OPEN"}}}, ""),
    ({"paymentMethod": {"name": {"eq": "Pay in EU"}}}, "abcdefg"),
]


async def test_filters_find_what_they_say(shop: Gateway) -> None:
    for wanted, expected in FILTERS:
        assert (wanted, await references(shop, wanted)) == (wanted, expected)


async def test_a_status_that_the_clock_changes_is_filtered_as_it_reads(gateway: Gateway) -> None:
    document = """
    query ($status: PaymentStatus!) {
      klarnaPayments(filter: {status: {eq: $status}}) { nodes { id status } }
    }
    """
    payment = await gateway.authorized()

    async def found(status: str) -> list[str]:
        nodes = (await gateway.do(document, status=status))["nodes"]
        assert {node["status"] for node in nodes} <= {status}
        return [node["id"] for node in nodes]

    assert await found("AUTHORIZED") == [payment["id"]]
    gateway.clock.advance(timedelta(hours=1))
    assert (await found("AUTHORIZED"), await found("REAUTHORIZE")) == ([], [payment["id"]])
    gateway.clock.advance(timedelta(days=2))
    assert (await found("REAUTHORIZE"), await found("EXPIRED")) == ([], [payment["id"]])


async def test_a_list_below_a_record_is_filtered_and_paged_as_at_the_root(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()
    payments = [(await gateway.open(order_id))["id"] for _ in range(3)]
    document = """
    query ($id: ID!, $after: String) {
      order(id: $id) {
        klarnaPayments(first: 2, after: $after, orderBy: [{field: CREATED_AT}, {field: ID}]) {
          nodes { id } pageInfo { endCursor hasNextPage } totalCount
        }
      }
    }
    """

    first = (await gateway.do(document, id=order_id))["klarnaPayments"]
    second = await gateway.do(document, id=order_id, after=first["pageInfo"]["endCursor"])

    rest = second["klarnaPayments"]
    assert {one["id"] for one in first["nodes"] + rest["nodes"]} == set(payments)
    assert (first["totalCount"], len(rest["nodes"]), rest["pageInfo"]["hasNextPage"]) == (
        3,
        1,
        False,
    )


async def test_fifty_gateways_with_ten_payments_each_cost_two_statements(plain: Gateway) -> None:
    document = (
        "{ klarnaGateways(first: 50) { nodes { klarnaPayments(first: 10) { nodes { id } } } } }"
    )
    for number in range(47):
        await plain.do(
            documents.CREATE_GATEWAY,
            input={"name": f"{number}", "countryCode": "EU", "apiKey": "k", "apiSecret": "s"},
        )
    order_id = await plain.put()
    for _ in range(12):
        await plain.open(order_id)
    before = plain.services.database.questions

    found = (await plain.do(document))["nodes"]

    assert len(found) == 50
    assert sorted(len(one["klarnaPayments"]["nodes"]) for one in found)[-2:] == [0, 10]
    assert plain.services.database.questions - before == 2


def nested(depth: int, leaf: Json) -> Json:
    return leaf if depth == 0 else {"not": nested(depth - 1, leaf)}


IMPOSSIBLE: list[tuple[Json, str]] = [
    ({"first": 0}, "first"),
    ({"first": -1}, "first"),
    ({"first": 101}, "first"),
    ({"last": 0}, "last"),
    ({"last": 101}, "last"),
    ({"first": 1, "last": 1}, "last"),
    ({"last": 1, "after": "x"}, "after"),
    ({"first": 1, "before": "x"}, "before"),
    ({"before": "x"}, "before"),
    ({"after": "x"}, "after"),
    ({"after": ""}, "after"),
    ({"after": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "after"),
    ({"last": 1, "before": "%00"}, "before"),
    ({"filter": {"reference": {"in": []}}}, "filter"),
    ({"filter": {"reference": {"notIn": []}}}, "filter"),
    ({"filter": {"reference": {"eq": None}}}, "filter"),
    ({"filter": {"reference": None}}, "filter"),
    ({"filter": {"or": []}}, "filter"),
    ({"filter": {"and": []}}, "filter"),
    ({"filter": nested(6, {"reference": {"eq": "a"}})}, "filter"),
    ({"filter": {"or": [{"reference": {"eq": "a"}}] * 60}}, "filter"),
    ({"filter": {"or": [{}] * 100}}, "filter"),
    ({"filter": {"and": [{"not": {}}] * 100}}, "filter"),
    ({"filter": {"and": [{"lineItems": {}}] * 100}}, "filter"),
    ({"filter": {"reference": {"in": ["a"] * 1001}}}, "filter"),
    ({"filter": {"reference": {"like": "a"}}}, "filter"),
    ({"filter": {"colour": {"eq": "a"}}}, "filter"),
    ({"filter": {"status": {"eq": "lost"}}}, "filter"),
    ({"filter": {"createdAt": {"lt": "yesterday"}}}, "filter"),
    ({"filter": {"totalAmountCents": {"eq": 2**40}}}, "filter"),
    ({"filter": {"metadata": {"contains": "text"}}}, "filter"),
    ({"filter": {"klarnaPayments": {"order": {"id": {"eq": "a"}}}}}, "filter"),
    ({"filter": []}, "filter"),
    ({"orderBy": []}, "orderBy"),
    ({"orderBy": [{"field": "METADATA"}]}, "orderBy"),
    ({"orderBy": [{"field": "ID"}, {"field": "ID"}]}, "orderBy"),
    (
        {"orderBy": [{"field": name} for name in ("ID", "NUMBER", "REFERENCE", "CREATED_AT")]},
        "orderBy",
    ),
    ({"orderBy": [{"field": "ID", "direction": "UP"}]}, "orderBy"),
]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """What each impossible page is answered, by one gateway."""

    async def ask(folder: Path) -> list[Json]:
        async with running_gateway(folder) as gateway:
            return [await gateway.fails(PAGE, **wanted) for wanted, _ in IMPOSSIBLE]

    return asyncio.run(ask(tmp_path_factory.mktemp("impossible")))


@pytest.mark.parametrize("place", range(len(IMPOSSIBLE)), ids=[str(one) for one, _ in IMPOSSIBLE])
def test_what_no_caller_can_mean_is_a_coded_error_that_names_the_argument(
    answers: list[Json], place: int
) -> None:
    _, argument = IMPOSSIBLE[place]
    error = answers[place]

    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (
        "BAD_USER_INPUT",
        argument,
    )
    assert len(error["message"]) > 10


async def test_a_cursor_is_good_for_its_own_list_and_order_only(shop: Gateway) -> None:
    await shop.open()
    by_reference = (await page(shop, first=1, orderBy=REFERENCE))["pageInfo"]["endCursor"]
    of_payments = (await shop.do("{ klarnaPayments { pageInfo { endCursor } } }"))["pageInfo"]

    tampered = by_reference[:-2] + ("AA" if by_reference[-2:] != "AA" else "BB")
    for wanted in (
        {"after": by_reference},
        {"after": by_reference, "orderBy": [{"field": "REFERENCE", "direction": "DESC"}]},
        {"after": by_reference, "orderBy": [{"field": "NUMBER"}]},
        {"after": of_payments["endCursor"]},
        {"after": tampered, "orderBy": REFERENCE},
        {"after": by_reference + "A", "orderBy": REFERENCE},
        {"after": ""},
        {"before": "", "last": 1},
    ):
        error = await shop.fails(PAGE, **wanted)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["extensions"]["argument"] == ("before" if "before" in wanted else "after")


async def test_a_checkout_learns_nothing_from_a_filter_that_it_may_not_read(
    gateway: Gateway,
) -> None:
    payment = await gateway.open()
    order_id = await gateway.order_of(payment)
    document = """
    query ($id: ID!) {
      order(id: $id) {
        klarnaPayments(filter: {paymentGateway: {name: {startsWith: "K"}}}) { nodes { id } }
      }
    }
    """

    error = await gateway.fails(document, token=gateway.token(order_id), id=order_id)

    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_naming_a_word_many_times_is_naming_it_once(gateway: Gateway) -> None:
    document = """
    query ($words: [PaymentStatus!]) {
      klarnaPayments(filter: {status: {in: $words, notIn: $words}}) { nodes { id } }
    }
    """

    assert await gateway.do(document, words=["OPEN", "EXPIRED"] * 400) == {"nodes": []}


async def test_events_are_sorted_by_what_grows_with_them(gateway: Gateway) -> None:
    order_id = await gateway.put()
    for number in range(12):
        await gateway.put(number=f"N{number}")
    document = """
    query ($id: ID!) {
      order(id: $id) { eventStores(orderBy: [{field: CREATED_AT}], first: 50) { nodes { id } } }
    }
    """

    found = (await gateway.do(document, id=order_id))["eventStores"]["nodes"]

    places = [tuple(map(int, one["id"].split("-"))) for one in found]
    assert places == sorted(places)
