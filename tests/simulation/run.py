"""One seed's world from its beginning until all is quiet."""

import asyncio
from typing import Any

from resolvers.background.reconcile import reconcile
from resolvers.context import Services
from tests import documents
from tests.simulation import books
from tests.simulation.books import klarna_order
from tests.simulation.people import BackOffice, Shopper, furnish, look_after, report
from tests.simulation.world import World
from tests.test_reconcile import RECORD

LIVES = 4
"""How many processes a world has at most before the quiet."""
HOUR = 3600.0


def simulate(seed: int) -> World:
    """Live through a seed's world; whatever must hold is asserted after each of its lives."""
    world = World(seed)
    size = world.random.choice((1, 1, 2))
    assert world.live(lambda services: furnish(world, services, size))
    world.storm()
    for life in range(world.random.randint(1, LIVES)):
        killed = None if life == 0 and world.random.random() < 0.2 else world.random.random() * 120
        world.live(lambda services: _life(world, services), killed_after=killed)
        books.always(world)
    world.network.calm()
    assert world.live(lambda services: _calm(world, services))
    books.quiet(world)
    return world


async def _life(world: World, services: Services) -> None:
    people = [Shopper(world, services, order_id) for order_id in world.orders]
    people += [Shopper(world, services, order_id) for order_id in world.orders]
    background = asyncio.create_task(look_after(world, services))
    await asyncio.gather(*(person.live() for person in people), BackOffice(world, services).live())
    background.cancel()
    await services.turns.finish()


async def _calm(world: World, services: Services) -> None:
    """Let a day and a half pass in which nothing goes wrong, and mend what only a person can."""
    for _ in range(12):
        await asyncio.sleep(3 * HOUR)
        await reconcile(services)
        await services.turns.finish()
        await _report_reviews(world, services)
        await _record_lost(world, services)


async def _report_reviews(world: World, services: Services) -> None:
    """Have Klarna repeat its reports on the reviews."""
    for row in books.rows(world, "SELECT * FROM klarna_payments WHERE klarna_order_id IS NOT NULL"):
        said = {"order_id": row["klarna_order_id"], "event_type": "FRAUD_RISK_STOPPED"}
        await report(services, row["id"], "notifications", said)


async def _record_lost(world: World, services: Services) -> None:
    """Do what the refusal of a placement that was lost for good tells a person to do."""
    for entry in books.effects(world, "order_placed"):
        order = klarna_order(world, entry.details["order_id"])
        found = books.rows(
            world,
            "SELECT status FROM klarna_payments "
            f"WHERE id = '{order['merchant_reference2']}' AND status = 'PLACING'",
        )
        if found:
            await world.ask(services, documents.PLACE, id=_order_of(world, order))
            await world.ask(
                services, RECORD, id=order["merchant_reference2"], klarna=order["order_id"]
            )


def _order_of(world: World, order: dict[str, Any]) -> str:
    (row,) = books.rows(
        world, f"SELECT order_id FROM klarna_payments WHERE id = '{order['merchant_reference2']}'"
    )
    return str(row["order_id"])
