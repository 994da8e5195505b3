"""Nothing secret is ever said: canaries everywhere, everything that can go wrong, and a search."""

import base64
import io
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from graph.commands.exporting import exporting
from graph.commands.keys import ring_of, rotate
from graph.logs.output import flush_logs
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.transport import HttpTransport, Request
from resolvers.reconcile import reconcile
from resolvers.sealing import KeyRing
from store.payments import payments_by_id
from tests import documents
from tests.commands.process import line, started, stop
from tests.gateway import LOGIN, Gateway, keyless, running_gateway
from tests.permissions.test_oauth import CREATE, REVOKE, asking, operator
from tests.permissions.test_oauth import told as asks_as
from tests.secrets.canaries import Canary, Watch
from tests.secrets.test_doctor import examined, make
from tests.secrets.test_rotation import ROTATE
from tests.test_movements import CAPTURE, REFUND, VOID
from tests.test_reconcile import KLARNA, OPERATIONS, RECORD, RETRY

Json = dict[str, Any]
TOKEN_SECRET = "canary-token-secret-5e1f0c7ab2d94c63"
OLD, NEW = b"canary-sealing-key-old-012345678", b"canary-sealing-key-new-012345678"
NEXT = Credential("K0001_canary_next_user", "canary-next-password-8c1d", merchant=LOGIN.username)
WRONG = Credential("canary-unknown-username-77", "canary-unknown-password-77")
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


@dataclass
class Spy:
    """Hears all that a gateway says over HTTP and into its log."""

    watch: Watch = field(default_factory=Watch)
    asking: str = "integration"
    """Who asks what at the moment, for the places of what is answered."""
    log: io.BytesIO = field(default_factory=io.BytesIO)

    def tracing(self) -> aiohttp.TraceConfig:
        trace = aiohttp.TraceConfig()

        async def headers(_: Any, __: Any, told: aiohttp.TraceRequestEndParams) -> None:
            self.watch.saw(f"http {self.asking}", str(told.response.headers))

        async def body(_: Any, __: Any, told: aiohttp.TraceResponseChunkReceivedParams) -> None:
            self.watch.saw(f"http {self.asking}", told.chunk)

        trace.on_request_end.append(headers)
        trace.on_response_chunk_received.append(body)
        return trace


@pytest.fixture
def spy() -> Spy:
    return Spy()


@contextmanager
def overheard(log: io.BytesIO) -> Iterator[None]:
    """Have what is logged go there: pytest has put its own in the place of standard error."""
    flush_logs()
    before, sys.stderr = sys.stderr, io.TextIOWrapper(log, write_through=True)
    try:
        yield
    finally:
        flush_logs()
        sys.stderr.detach()
        sys.stderr = before


@asynccontextmanager
async def spied(folder: Path, spy: Spy) -> AsyncIterator[Gateway]:
    """A gateway with canaries for secrets, all of whose answers the spy hears."""
    keys = {"old": SecretStr(base64.b64encode(OLD).decode())}
    settings: dict[str, Any] = {"sealing_keys": keys, "token_secret": SecretStr(TOKEN_SECRET)}
    with overheard(spy.log):
        async with running_gateway(folder, **settings, public_url="https://pay.example") as gateway:
            gateway.sandbox.accept(NEXT)
            async with aiohttp.ClientSession(trace_configs=[spy.tracing()]) as http:
                gateway.http = http
                watch = spy.watch
                for name, login in (("present", LOGIN), ("next", NEXT), ("wrong", WRONG)):
                    watch.plant(f"api key, {name}", login.username)
                    watch.plant(f"api secret, {name}", login.password)
                    pair = f"{login.username}:{login.password}"
                    watch.plant(f"login, {name}", pair)
                watch.plant("token secret", TOKEN_SECRET)
                watch.plant("sealing key, old", OLD)
                watch.plant("sealing key, new", NEW)
                watch.plant("access token", gateway.token())
                yield gateway
    watch.saw("log", spy.log.getvalue())
    watch.saw_database(gateway.settings.database)


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


KEPT = {
    "callback": ("database klarna_payments.callback_secret", "file"),
    "client": ("database klarna_payments.client_token", "file", "http integration", "http own"),
    "auth": ("database klarna_payments.auth_token", "file", "http integration asks authToken"),
}
"""Where the design has a payment's secrets: `file` is the database's, as it is on the disk."""
FAULTS: list[Json] = [
    *({"status": status} for status in (400, 401, 403, 404, 409, 422, 429, 500, 502, 503)),
    {"close": "before"},
    {"close": "after"},
    {"status": 200, "body": "{"},
    {"status": 200, "body": {"canary": True}},
    {"status": 302},
]


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


async def test_no_canary_is_anywhere_that_the_design_does_not_say(
    tmp_path: Path, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with spied(tmp_path, spy) as gateway:
        payment, order_id = await all_goes_well(gateway, spy)
        await klarna_fails(gateway, spy)
        await callers_err(gateway, spy, payment)
        await bugs_happen(gateway, monkeypatch)
        await tokens_are_given_out(gateway, spy)
        await credentials_rotate(gateway)
        await read_everything(gateway, payment, order_id)
        await make(gateway, WRONG)
        told = await examined(gateway)
        spy.watch.saw("doctor", told.as_text() + str(told.as_json()))
        async for exported in exporting(gateway.settings.database):
            spy.watch.saw("export", exported)
    both = {name: base64.b64encode(key).decode() for name, key in (("new", NEW), ("old", OLD))}
    keys = {"sealing_keys": {name: SecretStr(key) for name, key in both.items()}}
    settings = gateway.settings.model_copy(update=keys)
    spy.watch.saw("keys list", (await ring_of(settings)).as_text())
    spy.watch.saw("keys rotate", await rotate(settings))
    spy.watch.saw("keys list", str((await ring_of(settings)).as_json()))
    spy.watch.saw("settings", repr(settings) + str(settings))
    spy.watch.saw_database(settings.database)

    assert spy.watch.leaks() == set()
    assert b'"event":"bug"' in spy.log.getvalue()
    assert b"ZeroDivisionError" in spy.log.getvalue()
    assert spy.watch.sights(f"auth token, {payment['id']}") >= {"http integration asks authToken"}
    assert any(
        where.startswith("http own") for where in spy.watch.sights(f"client token, {payment['id']}")
    )


async def test_the_server_as_a_process_says_no_secret_either(tmp_path: Path) -> None:
    watch = Watch()
    watch.plant("token secret", TOKEN_SECRET)
    watch.plant("sealing key", NEW)
    watch.plant("api secret", WRONG.password)
    variables = {
        "KLARNA_GRAPH_DATABASE": str(tmp_path / "gateway.sqlite"),
        "KLARNA_GRAPH_TOKEN_SECRET": TOKEN_SECRET,
        "KLARNA_GRAPH_SEALING_KEYS": f"new:{base64.b64encode(NEW).decode()}",
        "KLARNA_GRAPH_PORT": "0",
        "KLARNA_GRAPH_LOG_LEVEL": "debug",
    }
    async with started("serve", **variables) as process:
        said = await line(process)
        url = said.removeprefix("klarna-graph listens on ")
        async with aiohttp.ClientSession() as http:
            for headers in ({"Authorization": f"Bearer {WRONG.password}"}, {}):
                body = {"query": "{ x }", "variables": {"apiSecret": WRONG.password}}
                async with http.post(f"{url}/graphql", json=body, headers=headers) as reply:
                    watch.saw("http", await reply.read() + str(reply.headers).encode())
        status, complaints = await stop(process)

    watch.saw("standard output", said)
    watch.saw("standard error", complaints)
    watch.saw_database(tmp_path / "gateway.sqlite")
    assert status == 0
    assert watch.leaks() == set()


async def test_a_planted_leak_into_the_log_is_found(
    tmp_path: Path, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def talkative(_: object, request: Request) -> None:
        raise ZeroDivisionError(f"It broke after {WRONG.password} at {request}.")

    async with spied(tmp_path, spy) as gateway:
        order_id = await gateway.put()
        with monkeypatch.context() as patch:
            patch.setattr(HttpTransport, "send", talkative)
            await post(gateway, documents.CREATE_PAYMENT, input={"orderId": order_id})

    assert spy.watch.leaks() == {"api secret, wrong in log"}


async def test_a_planted_leak_into_answers_the_history_and_the_file_is_found(
    tmp_path: Path, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with spied(tmp_path, spy) as gateway:
        with monkeypatch.context() as patch:
            patch.setattr("resolvers.credentials.masked", lambda secret: f"x{secret}")
            await gateway.do(
                ROTATE, id=gateway.gateways["EU"], apiKey=NEXT.username, apiSecret=NEXT.password
            )
            patch.setattr("store.changes.REDACTED", "")
            patch.setattr("resolvers.klarna.replies._veiled", lambda text, _: text)
            payment, token = await planted(gateway, spy)
            await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
            echo = {"status": 403, "error_messages": (f"Bad token {token}",)}
            gateway.fault("place_order", **echo)
            order_id = await order_of(gateway, payment)
            await post(gateway, documents.PLACE, id=order_id)

    leaks = spy.watch.leaks()
    name = f"auth token, {payment['id']}"
    assert {
        "api secret, next in http integration",
        "api secret, next in database klarna_gateways.credential_keys",
        "api secret, next in database versions.changes",
        "api secret, next in database event_stores.payload",
        "api secret, next in file",
        f"{name} in http integration",
        f"{name} in database event_stores.payload",
    } <= leaks


def test_a_canary_is_known_in_every_dress() -> None:
    secret = b"canary+password/of=Klarna"
    for around in (b"%b", b"x%b", b"xy%b:z", b"abc%b..."):
        for dressed in (
            around % secret,
            base64.b64encode(around % secret),
            base64.urlsafe_b64encode(around % secret),
            (around % secret).hex().encode(),
            b"canary%2Bpassword%2Fof%3DKlarna",
        ):
            watch = Watch([Canary("it", secret, ("here",))])
            watch.saw("there", b"before " + dressed + b" behind")
            watch.saw("here", dressed)
            assert watch.leaks() == {"it in there"}, dressed
    watch.saw("there too", secret.replace(b"a", b"b"))
    assert watch.leaks() == {"it in there"}
