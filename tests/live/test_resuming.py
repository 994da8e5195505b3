"""Nothing is missed and nothing told twice, however often a follower is cut off."""

import asyncio
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import aiohttp
import pytest

from store.events import events_after
from store.scope import EVERYTHING, Mode, Scope
from tests import documents
from tests.gateway import Gateway
from tests.live.talk import EVENTS, CutOff, listeners, settles, streaming, talking

WRITERS = 5
CHANGES = 25


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.live.AT_ONCE", 7)


async def log(gateway: Gateway, scope: Scope = EVERYTHING) -> list[str]:
    """The ids of all events, as the store has them."""
    found = await events_after(gateway.services.database, 0, scope, 10_000)
    return [event.id for event in found.records]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_follower_that_is_cut_off_again_and_again_is_told_everything_once(
    gateway: Gateway, seed: int
) -> None:
    chance = Random(seed)
    begun = await log(gateway)
    orders = [await gateway.put(reference=f"order {number}") for number in range(WRITERS)]
    writing = asyncio.gather(*(write(gateway, order, chance) for order in orders))

    told: list[str] = []
    while not writing.done() or told[-1:] != (await log(gateway))[-1:]:
        after = told[-1] if told else begun[-1]
        told += await follow(gateway, chance, after, chance.randrange(1, 40))
    await writing

    everything = await log(gateway)
    assert told == everything[len(begun) :]
    assert len(told) > WRITERS * CHANGES


async def write(gateway: Gateway, order_id: str, chance: Random) -> None:
    for number in range(CHANGES):
        await gateway.put(id=order_id, reference=f"{order_id} {number}")
        await asyncio.sleep(chance.random() * 0.01)


async def follow(gateway: Gateway, chance: Random, after: str, most: int) -> list[str]:
    """Follow until so many events have come, or none has for a moment, or the line is cut."""
    told: list[str] = []
    async with AsyncExitStack() as stack:
        if chance.random() < 0.5:
            stream = await stack.enter_async_context(
                streaming(gateway, EVENTS, after="0-0", last=after)
            )
            reading: Any = stream.next
            connection: Any = stream.reply.connection
        else:
            talk = await stack.enter_async_context(talking(gateway))
            await talk.follow(EVENTS, after=after)
            reading = talk.next
            connection = talk.socket._writer
        while len(told) < most:
            try:
                heard = await asyncio.wait_for(reading(), 0.3)
            except (TimeoutError, CutOff, EOFError, aiohttp.ClientError):
                break  # what is under way is lost, and told again
            event = heard if isinstance(heard, dict) else heard.value
            assert isinstance(heard, dict) or heard.id == event["id"]
            told.append(event["id"])
            if chance.random() < 0.05:
                connection.transport.abort()
    return told


async def test_two_followers_are_told_the_same_in_the_same_order(gateway: Gateway) -> None:
    before = len(await log(gateway))

    async with talking(gateway) as one, talking(gateway) as other:
        await one.follow(EVENTS)
        await other.follow(EVENTS)
        await settles(lambda: listeners(gateway), 2)
        await asyncio.gather(*(gateway.put(reference=f"{number}") for number in range(10)))
        everything = (await log(gateway))[before:]
        for talk in (one, other):
            assert [(await talk.next())["id"] for _ in everything] == everything


async def test_a_long_past_is_told_from_its_beginning(gateway: Gateway) -> None:
    for number in range(12):
        await gateway.put(reference=f"order {number}")
    everything = await log(gateway)

    async with talking(gateway) as talk:
        await talk.follow(EVENTS, after="0-0")
        told = [(await talk.next())["id"] for _ in everything]

    assert told == everything
    assert len(told) > 12 * 4


async def test_a_follower_of_one_mode_goes_on_behind_what_it_does_not_see(
    gateway: Gateway,
) -> None:
    token = gateway.token(mode=Mode.live)
    await gateway.put()

    async with talking(gateway, token) as talk:
        await talk.follow(EVENTS, after="0-0")
        await settles(lambda: listeners(gateway), 1)
        await gateway.do(
            documents.CREATE_GATEWAY,
            token=token,
            input={"name": "L", "countryCode": "EU", "apiKey": "K_1", "apiSecret": "S_1"},
        )
        told = await talk.next()

    assert [told["id"]] == await log(gateway, Scope(Mode.live))
