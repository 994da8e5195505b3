"""The search for canaries finds them: leaks that are planted, and secrets in every dress."""

import base64
from pathlib import Path

import pytest

from resolvers.klarna.transport import HttpTransport, Request
from tests import documents
from tests.secrets.canaries import Canary, Watch
from tests.secrets.checkouts import order_of, planted, post
from tests.secrets.spying import NEXT, WRONG, Spy, spied
from tests.secrets.test_rotation import ROTATE


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
            patch.setattr("resolvers.secrets.credentials.masked", lambda secret: f"x{secret}")
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
