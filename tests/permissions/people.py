"""Everybody who may come to the door, and what there is behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from resolvers.identity.callers import CallerKind
from resolvers.identity.tokens import Tokens
from store.scope import Mode
from tests import documents
from tests.gateway import LOGIN, Gateway, running_gateway

Json = dict[str, Any]

MOVED = """
query ($id: ID!) {
  order(id: $id) {
    token authorizations { nodes { id } } captures { nodes { id } } voids { nodes { id } }
    refunds { nodes { id } } lineItems { id } versions { nodes { id } } eventStores { nodes { id } }
  }
}
"""
CAPTURE = "mutation ($id: ID!) { captureOrder(id: $id, amountCents: 5000) { __typename } }"
REFUND = "mutation ($id: ID!) { refundOrder(id: $id, amountCents: 1000) { __typename } }"
VOID = "mutation ($id: ID!) { voidOrder(id: $id) { __typename } }"
OPERATIONS = "{ operations(first: 1) { nodes { id } } }"
ENROL = """
mutation {
  createApplication(input: { name: "Back office", kind: integration }) {
    ... on NewApplication { application { id } clientSecret }
  }
}
"""


@dataclass
class World:
    """A gateway with something of every kind, and a token for everybody."""

    gateway: Gateway
    ids: dict[str, str]
    tokens: dict[str, str | None]

    async def ask(self, caller: str, document: str, **variables: object) -> tuple[int, Json]:
        """What a caller is answered: the status and the body."""
        token = self.tokens[caller]
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        body = {"query": document, "variables": variables}
        url = f"{self.gateway.url}/graphql"
        async with self.gateway.http.post(url, json=body, headers=headers) as reply:
            return reply.status, await reply.json()


@asynccontextmanager
async def populated(folder: Path, **settings: Any) -> AsyncIterator[World]:
    """Run a gateway with resources of one checkout, of another, of nobody and of the live mode."""
    async with running_gateway(folder, checkout_rate=0, **settings) as gateway:  # all ask at once
        order, other, spare = [await gateway.put(reference=f"W{n}", number=f"W{n}") for n in "123"]
        payment = await gateway.authorized(order)
        other_payment, spare_payment = await gateway.open(other), await gateway.open(spare)
        await gateway.do(documents.PLACE, id=order)
        moved_order = await gateway.put(reference="W4", number="W4")
        await gateway.authorized(moved_order)
        for document in (documents.PLACE, CAPTURE, REFUND, VOID):
            await gateway.do(document, id=moved_order)
        own = await gateway.do(MOVED, id=order)
        moved = await gateway.do(MOVED, id=moved_order)
        operator = gateway.token(kind=CallerKind.operator)
        live = gateway.token(mode=Mode.live)
        login = {"apiKey": LOGIN.username, "apiSecret": LOGIN.password}
        made = {
            name: await gateway.do(
                documents.CREATE_GATEWAY,
                token=token,
                input={"name": name, "countryCode": "EU", **login},
            )
            for name, token in (("spare", None), ("live", live))
        }
        method = await gateway.do(
            documents.CREATE_METHOD,
            input={"name": "x", "paymentGatewayId": gateway.gateways["US"]},
        )
        application, spare_application = [await gateway.do(ENROL, token=operator) for _ in "12"]
        operations = await gateway.do(OPERATIONS)
        ids = {
            "order": order,
            "payment": payment["id"],
            "session": payment["sessionId"],
            "other order": other,
            "other payment": other_payment["id"],
            "moved order": moved_order,
            "line": own["lineItems"][0]["id"],
            "authorization": own["authorizations"]["nodes"][0]["id"],
            "spare order": spare,
            "spare payment": spare_payment["id"],
            "spare gateway": made["spare"]["id"],
            "spare method": method["id"],
            "live gateway": made["live"]["id"],
            "gateway": gateway.gateways["EU"],
            "method": gateway.methods["EU"],
            "operation": operations["nodes"][0]["id"],
            "application": application["application"]["id"],
            "spare application": spare_application["application"]["id"],
            "reference": "W1",
            "token": own["token"],
            "version": own["versions"]["nodes"][0]["id"],
            "event": own["eventStores"]["nodes"][0]["id"],
            "missing": "nothingatall",
        } | {kind[:-1]: moved[kind]["nodes"][0]["id"] for kind in KINDS}
        yield World(gateway, ids, _tokens(gateway, order, other))


KINDS = ("captures", "voids", "refunds")


def _tokens(gateway: Gateway, order: str, other: str) -> dict[str, str | None]:
    clock = gateway.services.clock
    forged = Tokens("somebody else's secret which is long enough", clock)
    integration, day = CallerKind.integration, timedelta(days=1)
    issue = gateway.services.access.tokens.issue
    return {
        "nobody": None,
        "forger": forged.issue(integration, Mode.test, application_id="tests", life=day),
        "expired": issue(integration, Mode.test, application_id="tests", life=-day),
        "own": gateway.token(order),
        "other": gateway.token(other),
        "integration": gateway.token(),
        "operator": gateway.token(kind=CallerKind.operator),
        "live own": gateway.token(order, mode=Mode.live),
        "live integration": gateway.token(mode=Mode.live),
        "live operator": gateway.token(kind=CallerKind.operator, mode=Mode.live),
    }
