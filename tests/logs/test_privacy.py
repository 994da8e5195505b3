"""What is never in the log, at any level: secrets, and the people who shop."""

from pathlib import Path
from typing import Any

from resolvers.background.reconcile import reconcile
from store.payments import payments_by_id
from tests import documents, orders
from tests.gateway import LOGIN, Gateway, running_gateway
from tests.logs.reading import Lines
from tests.test_callbacks import authorize, free_port, report
from tests.test_movements import CAPTURE

PERSONAL = ("email", "firstName", "lastName", "line1", "line2", "phone", "zipCode")


def people(order: Any) -> set[str]:
    """Whatever an order says of people."""
    addresses = [order[name] for name in ("billingAddress", "shippingAddress") if order.get(name)]
    said = {address.get(name) for address in addresses for name in PERSONAL}
    return {text for text in {*said, order.get("customerEmail")} if text and len(text) > 3}


async def main_job(gateway: Gateway, secrets: set[str]) -> None:
    """A purchase from its session to its capture, with Klarna's reports on the way."""
    order_id = await gateway.put()
    checkout = gateway.token(order_id)
    secrets |= {checkout, gateway.token()}
    secrets.add((await gateway.open(order_id))["clientToken"])
    payment = await gateway.do(
        documents.CREATE_PAYMENT, token=checkout, input={"orderId": order_id}
    )
    token, said = await authorize(gateway, payment)
    kept = await payments_by_id.known(gateway.services.database, payment["id"])
    secrets |= {payment["clientToken"], token, kept.callback_secret}
    assert await report(gateway, payment, said) == 200
    await gateway.services.turns.finish()
    await gateway.do(documents.PLACE, token=checkout, id=order_id)
    await gateway.do(CAPTURE, id=order_id)


async def failures(gateway: Gateway, secrets: set[str]) -> None:
    """What goes wrong: at the door, at Klarna, on the way, and in what a caller sends."""
    denied = orders.with_email("denied")
    secrets |= people(denied)
    payment = await gateway.open(await gateway.put(denied, reference="denied", region="EU"))
    for fault in (
        {"close": "after"},
        {"status": 500},
        {"status": 400, "error_messages": ("Bad value: canary@example.com",)},
        {"status": 401},
        {"body": "canary"},
    ):
        order_id = await gateway.put(reference="failing")
        gateway.fault("create_session", **({"status": 200} | fault if "body" in fault else fault))
        body = {"query": documents.CREATE_PAYMENT, "variables": {"input": {"orderId": order_id}}}
        await gateway.post(body)
    secrets.add("canary")
    for what in ("callbacks", "notifications"):
        assert await report(gateway, payment, {"canary": 1}, what=what, secret="canary") == 404
        assert await report(gateway, payment, {"canary": 1}, what=what) == 400
    await gateway.post({"query": "{ canary"}, token="canary")
    await gateway.post({"query": '{ order(id: "canary") { canary } }'})
    await gateway.post({"query": documents.SAVE_TOKEN, "variables": {"id": 1, "canary": "canary"}})
    await gateway.fails(documents.SAVE_TOKEN, id="none", authToken="canary")
    async with gateway.http.get(f"{gateway.url}/canary?token=canary") as reply:
        assert reply.status in (401, 404)
    await reconcile(gateway.services)


async def test_neither_secrets_nor_people_are_logged_whatever_happens(
    tmp_path: Path, lines: Lines
) -> None:
    port = free_port()
    secrets = people(orders.german()) | {LOGIN.password}
    async with running_gateway(
        tmp_path, port=port, public_url=f"http://127.0.0.1:{port}"
    ) as gateway:
        secrets.add(gateway.settings.token_secret.get_secret_value())
        secrets |= {key.get_secret_value() for key in gateway.settings.sealing_keys.values()}

        await main_job(gateway, secrets)
        await failures(gateway, secrets)

    logged = lines.all()
    assert {"started", "request", "klarna_call", "errand", "stopped"} <= {
        line["event"] for line in logged
    }
    assert not [line for line in logged if line["event"] == "bug"]
    assert len(secrets) > 12
    assert {secret for secret in secrets if secret in lines.text} == set()


async def test_a_secret_in_a_document_is_not_logged_though_the_document_cannot_be_compiled(
    tmp_path: Path, lines: Lines
) -> None:
    """A directive that is given null says so in words that repeat the lines around it."""
    query = """
      mutation ($skip: Boolean = false) {
        saveKlarnaAuthToken(id: "x", authToken: "canary") {
          ... on KlarnaPayment { id @skip(if: $skip) }
        }
      }
    """
    async with running_gateway(tmp_path) as gateway:
        _, answer = await gateway.post({"query": query, "variables": {"skip": None}})

    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert {line["event"] for line in lines.all()}.isdisjoint({"bug", "compiled_path_failed"})
    assert "canary" not in lines.text
