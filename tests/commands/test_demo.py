"""The demo, as a newcomer and as a script meet it."""

import asyncio
from typing import Any

import aiohttp
import orjson

from graph.demo.shop import orders
from tests import documents
from tests.commands.process import line, started, stop

Json = dict[str, Any]


class Caller:
    """A script that talks to the demo."""

    def __init__(self, http: aiohttp.ClientSession, demo: Json) -> None:
        self.http = http
        self.demo = demo

    async def do(self, document: str, *, kind: str = "integration", **variables: object) -> Json:
        headers = {"Authorization": f"Bearer {self.demo[f'{kind}_token']}"}
        body = {"query": document, "variables": variables}
        async with self.http.post(self.demo["graphql"], json=body, headers=headers) as reply:
            answer = await reply.json()
        assert "errors" not in answer, answer
        (value,) = answer["data"].values()
        found: Json = value
        return found

    async def authorize(self, payment: Json) -> str:
        """Authorize at the sandbox, as the widget would."""
        origin = self.demo["sandbox"]["base_urls"]["EU"].removesuffix("/eu")
        url = f"{origin}/_sandbox/sessions/{payment['sessionId']}/authorize"
        async with self.http.post(url, json={"data": payment["authorizePayload"]}) as reply:
            answer = await reply.json()
        assert answer["approved"], answer
        token: str = answer["authorization_token"]
        return token

    async def history(self, resource: str, id: str) -> tuple[list[str], list[str]]:
        """The attributes that the last version changed, and all events."""
        found = await self.do(documents.HISTORY % resource, id=id)
        events = [event["event"] for event in found["eventStores"]["nodes"]]
        return sorted(found["versions"]["nodes"][-1]["changes"]), events


async def test_a_script_takes_an_order_from_its_session_to_placed() -> None:
    async with (
        started("demo", "--json", "--port", "0") as process,
        aiohttp.ClientSession() as http,
    ):
        demo = orjson.loads(await line(process))
        assert set(demo) == {
            "graphql",
            "graphiql",
            "sandbox",
            "checkout_token",
            "integration_token",
            "order_ids",
        }
        assert set(demo["sandbox"]["base_urls"]) == {"EU", "US", "OC"}
        assert len(demo["order_ids"]) == 12
        caller = Caller(http, demo)
        order_id = demo["order_ids"][0]
        order = orders()[0]["input"] | {"id": order_id}

        pushed = await caller.do(documents.PUT_ORDER, input=order)
        assert pushed["status"] == "pending"
        assert (await caller.history("order", order_id))[1] == ["created"]

        given = {"orderId": order_id}
        payment = await caller.do(documents.CREATE_PAYMENT, kind="checkout", input=given)
        changed, events = await caller.history("klarnaPayment", payment["id"])
        assert "session_id" in changed
        assert events == ["session_opened"]

        token = await caller.authorize(payment)
        save = {"kind": "checkout", "id": payment["id"]}
        await caller.do(documents.SAVE_TOKEN, **save, authToken=token)
        changed, events = await caller.history("klarnaPayment", payment["id"])
        assert {"auth_token", "status"} <= set(changed)
        assert events[-1] == "authorized"

        line_items = [dict(item) for item in order["lineItems"]]
        line_items[1] |= {"quantity": 4, "totalAmountCents": 39_60, "taxAmountCents": 6_32}
        more = order | {
            "lineItems": line_items,
            "subtotalAmountCents": order["subtotalAmountCents"] + 9_90,
            "totalTaxAmountCents": sum(item["taxAmountCents"] for item in line_items),
            "totalAmountCents": order["totalAmountCents"] + 9_90,
            "totalAmountWithTaxesCents": order["totalAmountCents"] + 9_90,
        }
        await caller.do(documents.PUT_ORDER, input=more)
        changed, events = await caller.history("order", order_id)
        assert "total_amount_cents" in changed
        assert events == ["created", "payment_chosen", "updated"]
        seen = await caller.do(documents.PAYMENT, kind="checkout", id=payment["id"])
        assert seen["mismatchedAmounts"] is True

        refreshed = await caller.do(documents.REFRESH, kind="checkout", id=payment["id"])
        assert (refreshed["mismatchedAmounts"], refreshed["status"]) == (False, "OPEN")
        changed, events = await caller.history("klarnaPayment", payment["id"])
        assert {"intent_amount_cents", "auth_token"} <= set(changed)
        assert events[-1] == "session_refreshed"

        token = await caller.authorize(refreshed)
        await caller.do(documents.SAVE_TOKEN, **save, authToken=token)
        placed = await caller.do(documents.PLACE, kind="checkout", id=order_id)
        assert (placed["status"], placed["paymentStatus"]) == ("placed", "authorized")
        changed, events = await caller.history("klarnaPayment", payment["id"])
        assert {"klarna_order_id", "fraud_status"} <= set(changed)
        assert events[-3:] == ["authorized", "placing", "placed"]
        changed, events = await caller.history("order", order_id)
        assert {"status", "payment_status", "placed_at"} <= set(changed)
        assert events[-1] == "placed"

        assert await stop(process) == (0, "")


async def test_a_newcomer_reads_a_few_lines_and_the_command_in_them_works() -> None:
    async with started("demo", "--port", "0") as process:
        lines = [await line(process)]
        while "Ctrl-C" not in lines[-1]:
            lines.append(await line(process))

        assert len(lines) <= 15
        (command,) = (text.strip() for text in lines if text.strip().startswith("curl -s http"))
        curl = await asyncio.create_subprocess_shell(
            command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        output, _ = await curl.communicate()
        listed = orjson.loads(output)["data"]["orders"]["nodes"]
        assert len(listed) == 3
        assert any("/graphiql#token=" in text for text in lines)
        assert await stop(process) == (0, "")
