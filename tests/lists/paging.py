"""How lists of orders are asked for."""

from typing import Any

from tests.gateway import Gateway

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


async def page(shop: Gateway, **wanted: Any) -> Json:
    found: Json = (await shop.ask(PAGE, **wanted))["orders"]
    return found
