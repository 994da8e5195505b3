"""Announcements: who is woken by a commit, and how often."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from store.announcements import Announcements, Listener
from store.database import Transaction
from store.orders import orders_by_id
from store.payments import KlarnaPayment, PaymentStatus
from store.scope import EVERYTHING
from store.sqlite import SqliteDatabase
from tests.store.changing import change, gateway
from tests.store.test_sqlite import unplaced


async def woken(listener: Listener) -> bool:
    """Whether there was news; it is not news any more."""
    news = asyncio.create_task(listener.news())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    if news.done():
        return True
    news.cancel()
    await asyncio.wait([news])
    return False


async def marked(payment: KlarnaPayment, transaction: Transaction) -> KlarnaPayment:
    return await change(transaction).save(payment, replace(payment, reference="marked"), "updated")


async def test_a_commit_wakes_who_listens_to_its_order_or_to_everything(
    database: SqliteDatabase,
) -> None:
    payment = await database.write(partial(unplaced, PaymentStatus.OPEN))
    listen = database.announcements.listen

    with listen(payment.order_id) as order, listen() as everything, listen("another") as other:
        assert not await woken(order)
        await database.write(partial(marked, payment))

        assert [await woken(one) for one in (order, everything, other)] == [True, True, False]
        assert [await woken(one) for one in (order, everything, other)] == [False] * 3
    assert database.announcements.listeners == 0


async def test_what_is_announced_can_be_read(database: SqliteDatabase) -> None:
    payment = await database.write(partial(unplaced, PaymentStatus.OPEN))

    async def make(transaction: Transaction) -> None:
        order = await orders_by_id.known(transaction, payment.order_id)
        await change(transaction).save(order, replace(order, reference="new"), "updated")

    with database.announcements.listen(payment.order_id) as listener:
        writing = asyncio.create_task(database.write(make))
        await listener.news()
        (order,) = await orders_by_id(database, [payment.order_id], EVERYTHING)
        await writing

    assert order.reference == "new"


async def test_a_commit_is_announced_though_who_asked_for_it_has_gone(
    database: SqliteDatabase,
) -> None:
    payment = await database.write(partial(unplaced, PaymentStatus.OPEN))

    with database.announcements.listen() as listener:
        writing = asyncio.create_task(database.write(partial(marked, payment)))
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait_for(listener.news(), 5)


async def test_a_change_without_an_event_wakes_nobody(database: SqliteDatabase) -> None:
    async def nothing(transaction: Transaction) -> None:
        await change(transaction).save(None, gateway(), "created")
        raise ValueError("no")

    async def look(_: Transaction) -> None:
        return None

    with database.announcements.listen() as listener:
        await database.write(look)
        assert not await woken(listener)
        with pytest.raises(ValueError, match="no"):
            await database.write(nothing)
        await woken(listener)  # whoever fails may wake somebody in vain
        await database.write(look)
        assert not await woken(listener)


async def test_many_commits_keep_one_piece_of_news_for_who_does_not_look() -> None:
    announcements = Announcements()

    with announcements.listen() as listener:
        for _ in range(1000):
            announcements.announce({None, "order"})

        assert [await woken(listener), await woken(listener)] == [True, False]


async def test_news_are_waited_for_so_long() -> None:
    with Announcements().listen() as listener:
        await asyncio.wait_for(listener.news(0.01), 5)
