"""All that can go wrong where secrets are at hand: at Klarna, with callers, and in our own code."""

from datetime import timedelta
from typing import Any

import pytest

from resolvers.background.reconcile import reconcile
from resolvers.klarna.transport import HttpTransport, Request
from resolvers.secrets.sealing import KeyRing
from store.payments import payments_by_id
from tests import documents
from tests.gateway import LOGIN, Gateway, keyless
from tests.secrets.checkouts import planted, post
from tests.secrets.spying import TOKEN_SECRET, WRONG, Spy
from tests.secrets.test_rotation import ROTATE
from tests.test_movements import CAPTURE
from tests.test_reconcile import OPERATIONS, RECORD, RETRY

Json = dict[str, Any]
FAULTS: list[Json] = [
    *({"status": status} for status in (400, 401, 403, 404, 409, 422, 429, 500, 502, 503)),
    {"close": "before"},
    {"close": "after"},
    {"status": 200, "body": "{"},
    {"status": 200, "body": {"canary": True}},
    {"status": 302},
]


async def klarna_fails(gateway: Gateway, spy: Spy) -> None:
    """Each kind of failure at each kind of call, and Klarna repeating all that it was sent."""
    for number, fault in enumerate(FAULTS):
        order_id = await gateway.put(reference=f"fault {number}", number=f"F{number}")
        gateway.fault("create_session", **fault)
        await post(gateway, documents.CREATE_PAYMENT, input={"orderId": order_id})
        payment, token = await planted(gateway, spy, order_id)
        gateway.fault("update_session", **fault)
        await post(gateway, documents.REFRESH, id=payment["id"])
        await post(gateway, documents.SAVE_TOKEN, id=payment["id"], authToken=token)
        stored = await payments_by_id.known(gateway.services.database, payment["id"])
        address = f"https://pay.example/klarna/notifications/{payment['id']}"
        said = [
            f"Bad token {token} of {LOGIN.username}:{LOGIN.password}",
            f"Bad value: {address}/{stored.callback_secret}",
        ]
        echo = fault | ({"error_messages": tuple(said)} if fault.get("status", 0) >= 400 else {})
        gateway.fault("place_order", **echo)
        await post(gateway, documents.PLACE, id=order_id)
        await post(gateway, documents.PLACE, id=order_id)
        gateway.fault("capture", **fault)
        await post(gateway, CAPTURE, id=order_id)
        gateway.sandbox.clear_faults()
        await post(gateway, RECORD, id=payment["id"], klarna="unknown")
        gateway.clock.advance(timedelta(seconds=11))
    gateway.clock.advance(timedelta(hours=6))
    await reconcile(gateway.services)
    for operation in (await gateway.do(OPERATIONS))["nodes"]:
        await post(gateway, RETRY, id=operation["id"])


async def callers_err(gateway: Gateway, spy: Spy, payment: Json) -> None:
    """Secrets where they do not belong: in wrong fields, wrong types and wrong addresses."""
    spy.asking = "stranger"
    wrong = {"apiKey": WRONG.username, "apiSecret": WRONG.password}
    secret = WRONG.password
    for query, variables in (
        (documents.CREATE_GATEWAY, {"input": {"name": "", "countryCode": "EU", **wrong}}),
        (documents.CREATE_GATEWAY, {"input": {"name": "x", "countryCode": secret, **wrong}}),
        (documents.CREATE_GATEWAY, {"input": {"name": "x", "apiSecret": [secret], "k": secret}}),
        (documents.CREATE_GATEWAY, {"input": secret}),
        (documents.SAVE_TOKEN, {"id": payment["id"], "authToken": {"x": secret}}),
        (documents.SAVE_TOKEN, {"id": payment["id"], "authToken": secret * 100}),
        (f'mutation {{ createKlarnaGateway(input: {{apiSecret: "{secret}" "x"}}) }}', {}),
        (f'mutation {{ createKlarnaGateway(input: {{apiSecret: "{secret}', {}),
        (f'mutation {{ createKlarnaGateway(input: {{apiSecret: ["{secret}"]}}) {{ x }} }}', {}),
        (f'mutation {{ saveKlarnaAuthToken(id: 1, authToken: """a "{secret}" b""" "x") }}', {}),
        (f'mutation {{ saveKlarnaAuthToken(id: 1, authToken: ["""a "{secret}" b"""]) {{x}} }}', {}),
        (f'query ($x: Int = "{secret}") {{ orders(first: $x) {{ totalCount }} }}', {}),
    ):
        await post(gateway, query, **variables)
    rotated = {"id": gateway.gateways["EU"], **wrong}
    await post(gateway, ROTATE, **rotated)
    await post(gateway, documents.PAYMENT, "not a token " + TOKEN_SECRET, id=payment["id"])
    await post(gateway, documents.PAYMENT, gateway.token("another"), id=payment["id"])
    stored = await payments_by_id.known(gateway.services.database, payment["id"])
    for what in ("callbacks", "notifications"):
        for known in (stored.callback_secret, stored.callback_secret[:-1] + "x"):
            url = f"{gateway.url}/klarna/{what}/{payment['id']}/{known}"
            said = {"authorization_token": secret, "session_id": payment["sessionId"]}
            for body in (said, {"authorization_token": [secret]}, secret):
                async with gateway.http.post(url, json=body) as reply:
                    await reply.read()
            async with gateway.http.get(url) as reply:
                await reply.read()
    for path in ("/healthz", "/readyz", "/graphiql", f"/{secret[:3]}", "/graphql"):
        async with gateway.http.get(gateway.url + path) as reply:
            await reply.read()
    async with gateway.http.post(
        f"{gateway.url}/graphql", data=b'{"query": ' + secret.encode()
    ) as reply:
        await reply.read()
    await gateway.services.turns.finish()
    spy.asking = "integration"


async def bugs_happen(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bugs where secrets are at hand: in the transport, in the seal, in the store."""
    order_id = await gateway.put(reference="bugs", number="bugs")
    create = documents.CREATE_PAYMENT.replace("input: $input", 'input: $input, key: "bug"')

    async def broken(_: object, request: Request) -> None:
        raise ZeroDivisionError(f"It broke at {request}.")

    for target, name, bug in (
        (HttpTransport, "send", broken),
        (KeyRing, "open", _bug),
        (KeyRing, "seal", _bug),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(target, name, bug)
            await post(gateway, create, input={"orderId": order_id})
            given = {"name": "x", "countryCode": "EU"}
            login = {"apiKey": WRONG.username, "apiSecret": WRONG.password}
            await post(gateway, documents.CREATE_GATEWAY, input=given | login)
    with keyless(gateway):
        await post(gateway, documents.CREATE_PAYMENT, input={"orderId": order_id})
        await reconcile(gateway.services)


def _bug(_: object, secret: object, owner: str) -> None:
    local = secret
    raise TypeError(f"It broke for {owner}: {type(local)}.")
