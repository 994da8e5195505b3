"""Changing a gateway's credentials: from one pair to the next, and nobody notices."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from resolvers.background.reconcile import reconcile
from resolvers.klarna.sandbox.merchants import Credential
from store.gateways import gateways_by_id
from tests import documents
from tests.gateway import LOGIN, Gateway
from tests.test_movements import CAPTURE, placed

Json = dict[str, Any]
NEXT = Credential("K0001_next", "klarna_test_api_canary_next", merchant=LOGIN.username)
OTHER = Credential("7d0c3f1e-another-merchant", "klarna_test_api_canary_other")
ROTATE = (
    """
mutation ($id: ID!, $apiKey: String!, $apiSecret: String!, $key: String) {
  rotateKlarnaCredentials(id: $id, apiKey: $apiKey, apiSecret: $apiSecret, key: $key) {
    __typename
    ... on KlarnaGateway { apiKey apiSecret nextApiKey nextApiSecret credentialKeys }
    ...No
  }
}
"""
    + documents.REFUSAL
)
ASK = """
query ($id: ID!) {
  klarnaGateway(id: $id) { apiKey apiSecret nextApiKey nextApiSecret credentialKeys }
}
"""


async def rotate(gateway: Gateway, credential: Credential, **more: Any) -> Json:
    given = {"apiKey": credential.username, "apiSecret": credential.password}
    return await gateway.do(ROTATE, id=gateway.gateways["EU"], **given, **more)


async def shown(gateway: Gateway) -> Json:
    return await gateway.do(ASK, id=gateway.gateways["EU"])


async def history(gateway: Gateway) -> list[str]:
    return await gateway.history("klarnaGateway", gateway.gateways["EU"])


async def test_a_pair_that_klarna_knows_is_used_from_then_on(gateway: Gateway) -> None:
    gateway.sandbox.accept(NEXT)

    rotated = await rotate(gateway, NEXT)
    gateway.sandbox.disable(LOGIN.username)
    opened = await gateway.open()

    assert rotated == {
        "__typename": "KlarnaGateway",
        "apiKey": "********",
        "apiSecret": "********_next",
        "nextApiKey": None,
        "nextApiSecret": None,
        "credentialKeys": {"api_key": "********", "api_secret": "********_next"},
    }
    assert opened["status"] == "OPEN"
    assert await history(gateway) == ["created", "credentials_rotated"]


async def test_the_history_tells_of_masked_tails_only(gateway: Gateway) -> None:
    gateway.sandbox.accept(NEXT)

    await rotate(gateway, NEXT)

    told = await gateway.ask(documents.HISTORY % "klarnaGateway", id=gateway.gateways["EU"])
    event = told["klarnaGateway"]["eventStores"]["nodes"][-1]
    assert event["payload"] == {
        "credential_keys": {
            "from": {"api_key": "********chant", "api_secret": "********ecret"},
            "to": {"api_key": "********", "api_secret": "********_next"},
        }
    }
    assert "canary" not in str(told)


@pytest.mark.parametrize("times", [0, 2])
async def test_a_pair_that_klarna_does_not_know_is_refused_and_forgotten(
    gateway: Gateway, times: int
) -> None:
    for _ in range(times):
        await gateway.open()

    refused = await rotate(gateway, NEXT)

    assert refused["code"] == "GATEWAY_UNAUTHORIZED"
    assert (await shown(gateway))["nextApiKey"] is None
    assert await history(gateway) == ["created"]
    assert (await gateway.open())["status"] == "OPEN"


@pytest.mark.parametrize("what", ["session", "order"])
async def test_another_merchants_pair_is_known_by_what_it_does_not_know(
    gateway: Gateway, what: str
) -> None:
    gateway.sandbox.accept(OTHER)
    await (placed(gateway) if what == "order" else gateway.open())

    refused = await rotate(gateway, OTHER)

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", ["apiKey"])
    assert "createKlarnaGateway" in refused["hint"]
    assert await history(gateway) == ["created"]


async def test_another_merchants_pair_is_known_by_its_name_without_a_call(gateway: Gateway) -> None:
    before = len(gateway.sandbox.exchanges)

    refused = await rotate(gateway, Credential("K0002_other", "p"))

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", ["apiKey"])
    assert "K0002" in refused["message"]
    assert len(gateway.sandbox.exchanges) == before


async def test_what_even_the_present_pair_does_not_know_any_more_tells_nothing(
    gateway: Gateway,
) -> None:
    await gateway.open()
    gateway.sandbox.reset()
    gateway.sandbox.accept(NEXT)

    rotated = await rotate(gateway, NEXT)

    assert (rotated["__typename"], rotated["nextApiKey"]) == ("KlarnaGateway", None)


async def held(gateway: Gateway, credential: Credential = NEXT) -> Json:
    """A next pair that Klarna could not be asked about."""
    for operation in ("read_session", "get_order"):
        gateway.fault(operation, status=503)
    gateway.sandbox.accept(credential)
    rotated = await rotate(gateway, credential)
    gateway.sandbox.clear_faults()
    assert rotated["nextApiSecret"] is not None, rotated
    return rotated


async def test_a_pair_that_klarna_cannot_be_asked_about_is_held_until_it_can(
    gateway: Gateway,
) -> None:
    waiting = await held(gateway)
    opened = await gateway.open()
    await reconcile(gateway.services)

    assert waiting["credentialKeys"] == {
        "api_key": "********chant",
        "api_secret": "********ecret",
        "next_api_key": "********",
        "next_api_secret": "********_next",
    }
    assert opened["status"] == "OPEN"
    assert (await shown(gateway))["credentialKeys"] == {
        "api_key": "********",
        "api_secret": "********_next",
    }
    assert await history(gateway) == ["created", "next_credentials_kept", "credentials_rotated"]


async def test_a_held_pair_waits_on_while_klarna_is_silent(gateway: Gateway) -> None:
    await held(gateway)
    gateway.fault("read_session", status=503)

    await reconcile(gateway.services)

    assert (await shown(gateway))["nextApiSecret"] == "********_next"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [("disabled", "Klarna answered 401"), ("other", "The next pair is another merchant's.")],
)
async def test_a_held_pair_that_turns_out_useless_is_forgotten_with_a_reason(
    gateway: Gateway, spoil: str, reason: str
) -> None:
    await held(gateway, OTHER if spoil == "other" else NEXT)
    await gateway.open()
    if spoil == "disabled":
        gateway.sandbox.disable(NEXT.username)

    await reconcile(gateway.services)

    told = await gateway.do(documents.HISTORY % "klarnaGateway", id=gateway.gateways["EU"])
    events = {one["event"]: one["payload"] for one in told["eventStores"]["nodes"]}
    assert events["credentials_not_rotated"]["message"].startswith(reason)
    assert "next_credentials_withdrawn" in events
    assert (await shown(gateway))["nextApiKey"] is None


async def test_the_first_call_after_the_old_pair_is_disabled_goes_with_the_next(
    gateway: Gateway,
) -> None:
    await held(gateway)
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    gateway.sandbox.disable(LOGIN.username)

    order = await gateway.do(documents.PLACE, id=order_id)

    assert order["status"] == "placed"
    assert (await history(gateway))[-1] == "credentials_rotated"
    (operation,) = (
        await gateway.do("{ operations(filter: {kind: {eq: place_order}}) { nodes { attempts } } }")
    )["nodes"]
    assert operation["attempts"] == 1


async def test_another_merchants_pair_is_not_used_even_if_the_present_one_is_disabled(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    await held(gateway, OTHER)
    gateway.sandbox.disable(LOGIN.username)

    refused = await gateway.do(documents.PLACE, id=order_id)
    fresh = await gateway.open(await gateway.put(reference="another"))

    assert (refused["code"], fresh["code"]) == ("GATEWAY_UNAUTHORIZED",) * 2
    assert gateway.effects("order_placed") == []
    assert len(gateway.effects("session_created")) == 1


async def test_a_call_that_was_begun_with_the_old_pair_is_made_again_with_the_new(
    gateway: Gateway,
) -> None:
    order_id = await placed(gateway)
    (entry,) = gateway.effects("order_placed")
    known = await gateways_by_id.known(gateway.services.database, gateway.gateways["EU"])
    begun = gateway.services.accounts.of(known)
    gateway.sandbox.accept(NEXT)
    await rotate(gateway, NEXT)
    gateway.sandbox.disable(LOGIN.username)

    found = await begun.order(entry.details["order_id"])

    assert found.order_amount == 163_60
    assert [one.reply.status for one in gateway.sandbox.exchanges][-2:] == [401, 200]
    assert (await gateway.do(CAPTURE, id=order_id))["paymentStatus"] == "paid"


async def test_the_present_pair_given_again_lets_go_of_the_next(gateway: Gateway) -> None:
    await held(gateway)

    again = await rotate(gateway, LOGIN)
    once_more = await rotate(gateway, LOGIN)

    assert (again["nextApiKey"], again["apiKey"]) == (None, "********chant")
    assert again == once_more
    assert await history(gateway) == [
        "created",
        "next_credentials_kept",
        "next_credentials_withdrawn",
    ]


async def test_new_credentials_by_an_update_replace_both_pairs(gateway: Gateway) -> None:
    await held(gateway)
    given = {"apiKey": NEXT.username, "apiSecret": NEXT.password}

    await gateway.do(documents.UPDATE_GATEWAY, id=gateway.gateways["EU"], input=given)
    gateway.sandbox.disable(LOGIN.username)

    assert (await shown(gateway))["nextApiKey"] is None
    assert (await gateway.open())["status"] == "OPEN"


async def test_a_rotation_under_a_key_is_done_once(gateway: Gateway) -> None:
    gateway.sandbox.accept(NEXT)

    first = await rotate(gateway, NEXT, key="rotate-1")
    calls = len(gateway.sandbox.exchanges)
    second = await rotate(gateway, NEXT, key="rotate-1")

    assert first == second
    assert len(gateway.sandbox.exchanges) == calls


@pytest.mark.parametrize("field", ["apiKey", "apiSecret"])
async def test_what_cannot_be_a_credential_is_refused(gateway: Gateway, field: str) -> None:
    given = {"apiKey": "canary", "apiSecret": "canary"} | {field: "canary\n"}

    refused = await gateway.do(ROTATE, id=gateway.gateways["EU"], **given)

    assert (refused["code"], refused["path"]) == ("FIELD_INVALID", [field])
    assert "canary" not in str(refused)


async def test_only_integrations_rotate_and_only_what_they_see(gateway: Gateway) -> None:
    given = {"apiKey": "k", "apiSecret": "s"}
    token = gateway.token(await gateway.put())

    forbidden = await gateway.fails(ROTATE, token=token, id=gateway.gateways["EU"], **given)
    unknown = await gateway.fails(ROTATE, id="nothing", **given)

    assert forbidden["extensions"]["code"] == "FORBIDDEN"
    assert unknown["extensions"]["code"] == "NOT_FOUND"


async def test_the_past_shows_the_tails_of_the_past(gateway: Gateway) -> None:
    gateway.sandbox.accept(NEXT)
    gateway.clock.advance(timedelta(minutes=1))
    await rotate(gateway, NEXT)
    asked = ASK.replace("id: $id)", 'id: $id, asOf: "2026-03-02T09:00:00Z")')

    then = await gateway.do(asked, id=gateway.gateways["EU"])

    assert then["apiSecret"] == "********ecret"


async def test_no_checkout_fails_while_credentials_rotate_and_the_old_are_disabled(
    gateway: Gateway,
) -> None:
    """Three rotations under load: each old pair is disabled as soon as the gateway has the next.

    The first pair is disabled behind the gateway's back, while the next one is only held.
    """
    stop = asyncio.Event()
    done: list[Json] = []

    async def shopper(name: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            order_id = await gateway.put(reference=f"{name}-{number}", number=f"{name}-{number}")
            payment = await gateway.open(order_id)
            assert payment["__typename"] == "KlarnaPayment", payment
            token = await gateway.authorize(payment)
            saved = await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)
            assert saved["__typename"] == "KlarnaPayment", saved
            order = await gateway.do(documents.PLACE, id=order_id)
            done.append(order)

    async def progress(more: int) -> None:
        """Wait until so many more checkouts have come to their end, or one has failed."""
        aim = len(done) + more
        while len(done) < aim and not any(task.done() for task in shoppers):  # noqa: ASYNC110  (one that fails sets no event)
            await asyncio.sleep(0.01)

    shoppers = [asyncio.create_task(shopper(name)) for name in range(8)]
    await progress(8)
    await held(gateway)
    await progress(4)
    gateway.sandbox.disable(LOGIN.username)
    await progress(16)
    old = NEXT
    for turn in range(2):
        new = Credential(f"K0001_turn{turn}", f"password{turn}", merchant=LOGIN.username)
        gateway.sandbox.accept(new)
        rotated = await rotate(gateway, new)
        gateway.sandbox.disable(old.username)
        assert rotated["__typename"] == "KlarnaGateway", rotated
        old = new
        await progress(16)
    stop.set()
    await asyncio.gather(*shoppers)

    assert len(done) >= 60
    assert {order["status"] for order in done} == {"placed"}
    assert len(gateway.effects("order_placed")) == len(done)
    refused = [one for one in gateway.sandbox.exchanges if one.reply.status == 401]
    assert refused, "nothing was under way when the first pair was disabled"
