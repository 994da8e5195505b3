"""Checkouts whose secrets are canaries, and everything read of them after."""

from typing import Any

from store.payments import payments_by_id
from tests import documents
from tests.gateway import Gateway
from tests.secrets.spying import Spy
from tests.test_movements import CAPTURE, REFUND, VOID
from tests.test_reconcile import KLARNA, OPERATIONS

Json = dict[str, Any]
EVERYTHING = """
query ($gateway: ID!, $payment: ID!, $order: ID!) {
  klarnaGateway(id: $gateway) {
    id name apiKey apiSecret nextApiKey nextApiSecret credentialKeys metadata
    versions { nodes { changes who } } eventStores { nodes { event payload who } }
  }
  klarnaPayment(id: $payment) {
    id status sessionId authorizePayload metadata paymentInstrument
    versions { nodes { changes who } } eventStores { nodes { event payload who } }
  }
  order(id: $order) {
    id token
    versions { nodes { changes who } } eventStores { nodes { event payload who } }
    transactions { nodes { message errorCode errorDetail token } }
  }
  versions(first: 100) { nodes { resourceType changes who } }
  eventStores(first: 100) { nodes { resourceType event payload who } }
}
"""
KEPT = {
    "callback": ("database klarna_payments.callback_secret", "file"),
    "client": ("database klarna_payments.client_token", "file", "http integration", "http own"),
    "auth": ("database klarna_payments.auth_token", "file", "http integration asks authToken"),
}
"""Where the design has a payment's secrets: `file` is the database's, as it is on the disk."""


async def planted(gateway: Gateway, spy: Spy, order_id: str | None = None) -> tuple[Json, str]:
    """A payment that is open, and its token; its secrets are canaries from then on."""
    payment = await gateway.open(order_id)
    stored = await payments_by_id.known(gateway.services.database, payment["id"])
    where = payment["id"]
    spy.watch.plant(f"callback secret, {where}", stored.callback_secret, *KEPT["callback"])
    spy.watch.plant(f"client token, {where}", stored.client_token or "", *KEPT["client"])
    token = await gateway.authorize(payment)
    spy.watch.plant(f"auth token, {where}", token, *KEPT["auth"])
    return payment, token


async def order_of(gateway: Gateway, payment: Json) -> str:
    found = await gateway.do(documents.PAYMENT, id=payment["id"])
    order_id: str = found["order"]["id"]
    return order_id


async def post(gateway: Gateway, query: str, token: str | None = None, **variables: Any) -> None:
    """Ask something, whatever comes of it."""
    await gateway.post({"query": query, "variables": variables}, token=token)


async def all_goes_well(gateway: Gateway, spy: Spy) -> tuple[Json, str]:
    """A checkout from its session to its refund, and everything read of it after."""
    payment, token = await planted(gateway, spy)
    order_id = await order_of(gateway, payment)
    checkout = gateway.token(order_id)
    spy.watch.plant("checkout token", checkout)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
    spy.asking = "integration asks authToken"
    read = await gateway.do(documents.TOKEN, id=payment["id"])
    assert read["authToken"] == token
    spy.asking = "own checkout"
    await gateway.do(documents.PAYMENT, token=checkout, id=payment["id"])
    await post(gateway, documents.TOKEN, checkout, id=payment["id"])
    spy.asking = "integration"
    await gateway.do(documents.PLACE, id=order_id)
    for movement in (CAPTURE, REFUND, VOID):
        await post(gateway, movement, id=order_id)
    await gateway.do(KLARNA, id=order_id)
    await read_everything(gateway, payment, order_id)
    return payment, order_id


async def read_everything(gateway: Gateway, payment: Json, order_id: str) -> None:
    asked = {"gateway": gateway.gateways["EU"], "payment": payment["id"], "order": order_id}
    await gateway.ask(EVERYTHING, **asked)
    await gateway.ask(OPERATIONS)
