"""What is asked for under keys, and how much of it was done."""

from typing import Any

from tests import orders
from tests.gateway import Gateway

Json = dict[str, Any]
PUT = """
mutation ($input: OrderInput!, $key: String) {
  putOrder(input: $input, key: $key) {
    __typename ... on Order { id reference status } ... on Refusal { code message path hint }
  }
}
"""
CREATE = """
mutation ($input: CreateKlarnaPaymentInput!, $key: String) {
  createKlarnaPayment(input: $input, key: $key) {
    __typename ... on KlarnaPayment { id clientToken status } ... on Refusal { code retryable path }
  }
}
"""
PLACE = """
mutation ($id: ID!, $key: String) {
  placeOrder(id: $id, key: $key) {
    __typename ... on Order { id status placedAt } ... on Refusal { code retryable klarnaCode }
  }
}
"""
SAVE = """
mutation ($id: ID!, $authToken: String!, $key: String) {
  saveKlarnaAuthToken(id: $id, authToken: $authToken, key: $key) {
    __typename ... on KlarnaPayment { id } ... on Refusal { code message }
  }
}
"""
GATEWAY = """
mutation ($input: CreateKlarnaGatewayInput!, $key: String) {
  createKlarnaGateway(input: $input, key: $key) {
    __typename ... on KlarnaGateway { id name apiKey } ... on Refusal { code path }
  }
}
"""
NEW = {"name": "Another", "countryCode": "EU", "apiKey": "username-1", "apiSecret": "canary-1"}
COUNT = "{ orders { totalCount } klarnaPayments { totalCount } klarnaGateways { totalCount } }"


def unreferenced() -> Json:
    """An order that only its key tells from the next one."""
    return orders.one_line(10_00, 1_60, 0.19)


async def counts(gateway: Gateway) -> list[int]:
    return [one["totalCount"] for one in (await gateway.ask(COUNT)).values()]
