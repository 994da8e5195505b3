"""The audits of graphql-http, which hold us against the GraphQL-over-HTTP specification."""

from tests.gateway import Gateway
from tests.node.running import node, told

AUDITS = 61


async def test_every_audit_of_the_specification_passes(gateway: Gateway) -> None:
    headers = {"authorization": f"Bearer {gateway.token()}"}
    given = {"url": f"{gateway.url}/graphql", "headers": headers}

    async with node("audits.js", given) as process:
        results = (await told(process))["results"]

    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == AUDITS
