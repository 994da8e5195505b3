"""History over HTTP: what happened, who did it, and what differs."""

from datetime import timedelta
from typing import Any

from tests import documents, orders
from tests.gateway import Gateway

VERSIONS = """
query ($id: ID!, $filter: VersionFilter) {
  order(id: $id) { versions(filter: $filter) { nodes { event changes who createdAt } totalCount } }
}
"""

EVENTS = """
query ($id: ID!, $filter: EventStoreFilter) {
  order(id: $id) { eventStores(filter: $filter) { nodes { event } } }
}
"""

DIFF = "query ($from: ID!, $to: ID!) { versionDiff(from: $from, to: $to) }"

VERSION_IDS = "query ($id: ID!) { order(id: $id) { versions { nodes { id changes } } } }"


async def test_versions_are_filtered_by_event_attribute_actor_and_time(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    gateway.clock.advance(timedelta(minutes=1))
    await gateway.do(documents.PLACE, token=gateway.token(order_id), id=order_id)

    async def count(**wanted: Any) -> int:
        found = await gateway.do(VERSIONS, id=order_id, filter=wanted)
        return int(found["versions"]["totalCount"])

    minute_later = "2026-03-02T09:01:00.000Z"
    assert await count() == 3
    assert await count(event={"eq": "create"}) == 1
    assert await count(event={"eq": "delete"}) == 0
    assert await count(changes={"hasKey": "placed_at"}) == 1
    assert await count(changes={"contains": {"status": ["pending", "placed"]}}) == 1
    assert await count(who={"contains": {"application": {"kind": "sales_channel"}}}) == 1
    assert await count(createdAt={"gte": minute_later}) == 1
    assert await count(createdAt={"lt": minute_later}) == 2


async def test_events_are_filtered_too(gateway: Gateway) -> None:
    order_id = await gateway.put()
    await gateway.put(orders.dearer())

    created = await gateway.do(EVENTS, id=order_id, filter={"event": {"eq": "created"}})
    shipping = await gateway.do(
        EVENTS, id=order_id, filter={"payload": {"hasKey": "total_amount_cents"}}
    )

    assert created["eventStores"]["nodes"] == [{"event": "created"}]
    assert [one["event"] for one in shipping["eventStores"]["nodes"]] == ["created", "updated"]


async def test_all_that_happened_is_one_list_in_its_order(gateway: Gateway) -> None:
    await gateway.open()

    found = await gateway.do("{ eventStores(first: 100) { nodes { id event createdAt } } }")

    ids = [tuple(map(int, one["id"].split("-"))) for one in found["nodes"]]
    assert ids == sorted(ids)
    assert len(ids) > 10


async def test_a_version_leads_to_its_resource(gateway: Gateway) -> None:
    order_id = await gateway.put()

    found = await gateway.do(
        """
        query ($id: ID!) {
          order(id: $id) {
            versions { nodes { resourceType resourceId resource { id __typename } } }
          }
        }
        """,
        id=order_id,
    )

    (version,) = found["versions"]["nodes"]
    assert version == {
        "resourceType": "orders",
        "resourceId": order_id,
        "resource": {"id": order_id, "__typename": "Order"},
    }


async def test_what_differs_between_two_versions_is_told_either_way(gateway: Gateway) -> None:
    order_id = await gateway.put(number="A")
    await gateway.put(number="B", metadata={"x": 1})
    await gateway.put(number="C", metadata={"x": 1})
    first, second, third = (await gateway.do(VERSION_IDS, id=order_id))["versions"]["nodes"]

    forth = (await gateway.ask(DIFF, **{"from": first["id"], "to": third["id"]}))["versionDiff"]
    back = (await gateway.ask(DIFF, **{"from": third["id"], "to": second["id"]}))["versionDiff"]
    same = (await gateway.ask(DIFF, **{"from": third["id"], "to": third["id"]}))["versionDiff"]

    assert forth == {"number": ["A", "C"], "metadata": [{}, {"x": 1}]}
    assert back == {"number": ["C", "B"]}
    assert same == {}


async def test_versions_of_two_resources_are_not_compared(gateway: Gateway) -> None:
    versions = []
    for name in "ab":
        order_id = await gateway.put(reference=name)
        versions += (await gateway.do(VERSION_IDS, id=order_id))["versions"]["nodes"]
    ends = {"from": versions[0]["id"], "to": versions[1]["id"]}

    error = await gateway.fails(DIFF, **ends)
    nothing = await gateway.ask(DIFF, **ends | {"to": "nothing"})

    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "to"}
    assert nothing == {"versionDiff": None}


async def test_the_version_of_a_deletion_differs_from_the_others_and_not_from_itself(
    gateway: Gateway,
) -> None:
    payment = await gateway.open()
    await gateway.do(documents.DELETE_PAYMENT, id=payment["id"])
    found = await gateway.do(
        "query ($id: String!) { versions(filter: {resourceId: {eq: $id}}) { nodes { id } } }",
        id=payment["id"],
    )
    first, last = found["nodes"][0]["id"], found["nodes"][-1]["id"]

    same = await gateway.ask(DIFF, **{"from": last, "to": last})
    gone = await gateway.ask(DIFF, **{"from": first, "to": last})

    assert same == {"versionDiff": {}}
    assert gone["versionDiff"]["session_id"] == [payment["sessionId"], None]
