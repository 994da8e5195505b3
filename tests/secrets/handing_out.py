"""Secrets that change hands: applications, tokens, and the next pair of credentials."""

import aiohttp

from resolvers.background.reconcile import reconcile
from tests import documents
from tests.gateway import LOGIN, Gateway
from tests.permissions.test_oauth import CREATE, REVOKE, asking, operator
from tests.permissions.test_oauth import told as asks_as
from tests.secrets.spying import NEXT, Spy
from tests.secrets.test_rotation import ROTATE

MAKE_APPLICATION = CREATE.replace("kind: $kind })", 'kind: $kind }, key: "application")')
MAKE_TOKEN = """
mutation ($id: ID!) {
  createCheckoutToken(orderId: $id, key: "token") { ... on CheckoutToken { token } }
}
"""


async def tokens_are_given_out(gateway: Gateway, spy: Spy) -> None:
    """An application is made, and asks for tokens in every way, with its secret and near it."""
    watch, kind = spy.watch, {"kind": "integration"}
    watch.plant("operator's token", operator(gateway))
    spy.asking = "operator makes an application"
    made = await gateway.do(MAKE_APPLICATION, token=operator(gateway), **kind)
    again = await gateway.do(MAKE_APPLICATION, token=operator(gateway), **kind)
    assert made == again
    client_id, secret = made["application"]["clientId"], made["clientSecret"]
    watch.plant("application secret", secret, "http operator makes an application")
    spy.asking = "application asks for a token"
    for given in (secret, secret + "x"):
        said = asks_as(client_id, given)
        basic = {"Authorization": aiohttp.encode_basic_auth(client_id, given)}
        grant = {"grant_type": "client_credentials"}
        for how in ({"json": said}, {"data": said}, {"data": grant, "headers": basic}):
            _, answer, _ = await asking(gateway, **how)
            if "access_token" in answer:
                name = f"application's token, {len(watch.canaries)}"
                watch.plant(name, answer["access_token"], "http application asks for a token")
    spy.asking = "integration makes a checkout token"
    order_id = await gateway.put(reference="token", number="token")
    for _ in range(2):
        token = (await gateway.do(MAKE_TOKEN, id=order_id))["token"]
    watch.plant("made checkout token", token, "http integration makes a checkout token")
    spy.asking = "operator"
    await gateway.ask(
        "{ applications(first: 9) { nodes { id name clientId } } }", token=operator(gateway)
    )
    await gateway.do(REVOKE, token=operator(gateway), id=made["application"]["id"])
    spy.asking = "integration"


async def credentials_rotate(gateway: Gateway) -> None:
    """Held, refused, rotated, replaced: every way that a pair can go."""
    given = {"apiKey": NEXT.username, "apiSecret": NEXT.password}
    own = gateway.gateways["EU"]
    for operation in ("read_session", "get_order"):
        gateway.fault(operation, status=503)
    await gateway.do(ROTATE, id=own, **given, key="rotate")
    gateway.sandbox.clear_faults()
    await gateway.do(ROTATE, id=own, **given, key="rotate")
    gateway.sandbox.disable(LOGIN.username)
    await reconcile(gateway.services)
    await gateway.do(documents.UPDATE_GATEWAY, id=own, input=given)
