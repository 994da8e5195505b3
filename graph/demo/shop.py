"""The demo's shop: gateways, payment methods and a dozen orders, put in through the schema."""

from importlib.resources import files
from typing import Any

import orjson

from graph.execution.executor import Executor
from graph.execution.limits import Limits
from graph.schema import schema
from resolvers.context import Context

MAKE_GATEWAY = """
mutation ($input: CreateKlarnaGatewayInput!) {
  made: createKlarnaGateway(input: $input) {
    ... on KlarnaGateway { id }
    ... on Refusal { code message path }
  }
}
"""
MAKE_METHOD = """
mutation ($input: CreatePaymentMethodInput!) {
  made: createPaymentMethod(input: $input) {
    ... on PaymentMethod { id }
    ... on Refusal { code message path }
  }
}
"""
PUT_ORDER = """
mutation ($input: OrderInput!) {
  made: putOrder(input: $input) {
    ... on Order { id }
    ... on Refusal { code message path }
  }
}
"""
_EXECUTOR = Executor(schema, Limits())
REGIONS = {"EU": "Klarna Europe", "US": "Klarna Americas", "OC": "Klarna Oceania"}


async def fill(context: Context, username: str, password: str) -> list[str]:
    """Put the shop in, and return the ids of its orders."""
    methods = {}
    for region, name in REGIONS.items():
        login = {"apiKey": username, "apiSecret": password}
        gateway = await _make(context, MAKE_GATEWAY, {"name": name, "countryCode": region, **login})
        methods[region] = await _make(
            context, MAKE_METHOD, {"name": name, "paymentGatewayId": gateway}
        )
    return [
        await _make(
            context, PUT_ORDER, order["input"] | {"paymentMethodId": methods[order["region"]]}
        )
        for order in orders()
    ]


def orders() -> list[dict[str, Any]]:
    """Return the demo's orders: each the region it is paid in, and putOrder's input."""
    content = (files("graph.demo") / "orders.json").read_bytes()
    read: list[dict[str, Any]] = orjson.loads(content)
    return read


async def _make(context: Context, mutation: str, given: dict[str, Any]) -> str:
    answered = await _EXECUTOR.answer(context, mutation, {"input": given}, None)
    made = (answered.body.get("data") or {}).get("made") or {}
    if "id" not in made:
        raise RuntimeError(f"The demo's shop does not fit the schema: {answered.body}")
    made_id: str = made["id"]
    return made_id
