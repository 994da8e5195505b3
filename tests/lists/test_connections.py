"""Connections over HTTP: pages and cursors."""

import asyncio

from tests import documents
from tests.gateway import Gateway
from tests.lists.paging import PAGE, REFERENCE, Json, page


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
