"""What clients as released are answered: Apollo Client, urql, graphql-ws and graphql-sse."""

import asyncio
from pathlib import Path

import pytest

from tests.gateway import Gateway, running_gateway
from tests.live.talk import PAYMENT, SOON, CutOff, listeners, settles, talking
from tests.node.running import node, told

QUERY = "query Read($id: ID!) { klarnaPayment(id: $id) { __typename id status } }"
SAVE = """
mutation Save($id: ID!, $authToken: String!) {
  saveKlarnaAuthToken(id: $id, authToken: $authToken) {
    __typename ... on KlarnaPayment { id status } ... on Refusal { code message }
  }
}
"""
LINES = 2
"""How many lines are needed: to follow, and to change by an event stream of its own meanwhile."""
BY_HASH = [
    *("GET hash", "POST query hash", "GET hash"),  # the same question twice
    *("GET hash", "POST query hash"),  # the wrong one
    *("POST hash", "POST query hash"),  # the change
]
REQUESTS = {
    "apollo": BY_HASH,
    "urql": ["GET query"] * 3 + ["POST query"] * 2,
    "graphql-ws": [],
    "graphql-sse": ["POST query"] * 5,
}


async def frees_its_lines(gateway: Gateway) -> None:
    """Wait until all lines that there may be are to be had."""
    async with asyncio.timeout(SOON):
        while True:
            try:
                async with talking(gateway), talking(gateway):
                    return
            except CutOff:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("client", REQUESTS)
async def test_a_client_asks_changes_follows_and_leaves(client: str, tmp_path: Path) -> None:
    async with running_gateway(tmp_path, open_lines=LINES) as gateway:
        order_id = await gateway.put()
        payment = await gateway.open(order_id)
        given = {
            "url": f"{gateway.url}/graphql",
            "token": gateway.token(order_id),
            "query": QUERY,
            "mutation": SAVE,
            "subscription": PAYMENT,
            "wrong": "query Wrong { nothing }",
            "variables": {"id": payment["id"], "authToken": await gateway.authorize(payment)},
        }

        async with node(f"clients/{client}.js", given) as process:
            found = await told(process)
            await settles(lambda: listeners(gateway), 0)
            await frees_its_lines(gateway)
            still_there = process.returncode is None

    before = {"__typename": "KlarnaPayment", "id": payment["id"], "status": "OPEN"}
    after = before | {"status": "AUTHORIZED"}
    statuses = [one["klarnaPaymentChanged"]["status"] for one in found["followed"]]
    assert found["asked"] == [{"klarnaPayment": before}] * 2
    assert found["changed"] == {"saveKlarnaAuthToken": after}
    assert statuses == ["OPEN", "AUTHORIZED"]
    assert found["refused"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert found["requests"] == REQUESTS[client]
    assert still_there
