"""Filters over HTTP: what they find, and what cannot be meant."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.gateway import Gateway, running_gateway
from tests.lists.paging import PAGE, REFERENCE, Json, page


async def references(shop: Gateway, wanted: Json) -> str:
    """The references of the orders that a filter finds, in alphabetical order."""
    found = await page(shop, filter=wanted, orderBy=REFERENCE, first=100)
    assert found["totalCount"] == len(found["nodes"])
    return "".join(order["reference"] for order in found["nodes"])


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
