"""Races that a seed decides: browser against callback, and many who send the same."""

import asyncio
from typing import Any

import pytest

from resolvers.context import Services
from tests import documents, orders
from tests.simulation import books
from tests.simulation.people import furnish, report
from tests.simulation.world import Json, World

CAPTURE = """
mutation ($id: ID!, $amount: Int, $key: String) {
  captureOrder(id: $id, amountCents: $amount, key: $key) {
    __typename ... on Order { id paymentStatus updatedAt } ... on Refusal { code }
  }
}
"""
WORLDS = 20
ORDERS = 50


async def authorized(world: World, services: Services, order: Json) -> tuple[str, Json, Json]:
    """An order whose shopper has just authorized it: its id, its payment, Klarna's report."""
    order_id = (await world.ask(services, documents.PUT_ORDER, input=order))["id"]
    made = await world.ask(services, documents.CREATE_PAYMENT, input={"orderId": order_id})
    wish = {"payment_method_category": "klarna", "data": made["authorizePayload"]}
    token = world.sandbox.shopper(made["sessionId"], "authorize", wish)["authorization_token"]
    return order_id, made, {"authorization_token": token, "session_id": made["sessionId"]}


async def shop(world: World, services: Services, **settings: Any) -> Json:
    """A shop whose payment method is as told; an order for it."""
    await furnish(world, services, 1)
    method = books.rows(world, "SELECT id FROM payment_methods")[0]["id"]
    await world.ask(services, documents.UPDATE_METHOD, id=method, input=settings)
    return orders.german() | {"paymentMethodId": method}


@pytest.mark.parametrize("seed", range(WORLDS))
def test_browser_and_callback_in_any_order_place_one_order(seed: int) -> None:
    world = World(seed)

    async def one(services: Services, order: Json) -> None:
        order_id, payment, said = await authorized(world, services, order)
        token = said["authorization_token"]

        async def browser() -> None:
            await asyncio.sleep(world.random.random() * 2)
            await world.ask(services, documents.SAVE_TOKEN, id=payment["id"], authToken=token)
            await world.ask(services, documents.PLACE, id=order_id)

        async def klarna() -> None:
            await asyncio.sleep(world.random.random() * 2)
            await report(services, payment["id"], "callbacks", said)

        await asyncio.gather(browser(), klarna(), browser(), klarna())
        await services.turns.finish()
        read = await world.ask(services, documents.ORDER, id=order_id)
        assert (read["status"], read["paymentSource"]["status"]) == ("placed", "PLACED")

    async def life(services: Services) -> None:
        order = await shop(world, services, autoPlace=True, autoCapture=False)
        for number in range(ORDERS):
            await one(services, order | {"reference": f"R{number}"})

    assert world.live(life)
    assert len(books.effects(world, "order_placed")) == ORDERS
    books.always(world)


@pytest.mark.parametrize("seed", range(10))
def test_fifty_who_send_the_same_key_have_one_effect_and_one_answer(seed: int) -> None:
    """Two hundred keys in all, in ten worlds: each a capture of its own amount."""
    world = World(seed)

    async def send(services: Services, order_id: str, number: int) -> Json:
        given = {"id": order_id, "amount": 100 + number, "key": f"key {number}"}
        while True:
            answer = await world.ask(services, CAPTURE, **given)
            if answer.get("code") not in ("KEY_IN_USE", "MOVEMENT_UNSETTLED"):
                return answer
            await asyncio.sleep(1 + world.random.random())

    async def life(services: Services) -> None:
        order = await shop(world, services, autoPlace=False, autoCapture=False)
        order_id, payment, said = await authorized(world, services, order | {"reference": "R"})
        token = said["authorization_token"]
        await world.ask(services, documents.SAVE_TOKEN, id=payment["id"], authToken=token)
        await world.ask(services, documents.PLACE, id=order_id)
        for number in range(20):
            answers = await asyncio.gather(*(send(services, order_id, number) for _ in range(50)))
            assert answers[0]["__typename"] == "Order"
            assert all(answer == answers[0] for answer in answers)

    assert world.live(life)
    amounts = [entry.details["amount"] for entry in books.effects(world, "captured")]
    assert sorted(amounts) == list(range(100, 120))
