"""Records to fill a store with: plain ones, changed where a test cares."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Table, delete, insert

from store.database import Transaction
from store.gateways import GatewayRegion, KlarnaGateway
from store.instants import Instant, instant
from store.line_items import LineItem
from store.orders import Order, OrderFulfillmentStatus, OrderPaymentStatus, OrderStatus
from store.payment_methods import PaymentMethod
from store.payments import KlarnaPayment, PaymentStatus
from store.resources import Resource
from store.rows import rows_of
from store.scope import Mode
from store.sqlite import SqliteDatabase, open_sqlite
from store.statements import Statement
from store.tables import table_of
from store.transactions import Transaction as Movement
from store.transactions import TransactionKind

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def minute(number: int) -> Instant:
    """So many minutes into the morning."""
    return instant(MORNING + timedelta(minutes=number))


NOW = minute(0)
KINDS = (KlarnaGateway, PaymentMethod, Order, LineItem, KlarnaPayment, Movement)
"""In the order in which they refer to each other."""


def _made(kind: Callable[..., Any], id: str, plain: dict[str, Any], changes: dict[str, Any]) -> Any:
    common = {"id": id, "mode": Mode.test, "created_at": NOW, "updated_at": NOW}
    return kind(**common | plain | changes)


def gateway(id: str, **changes: Any) -> KlarnaGateway:
    plain = {
        "name": "Klarna",
        "country_code": GatewayRegion.EU,
        "credentials": "v1.k1.sealed",
        "credential_keys": {"api_key": "********12345"},
    }
    made: KlarnaGateway = _made(KlarnaGateway, id, plain, changes)
    return made


def method(id: str, gateway_id: str, **changes: Any) -> PaymentMethod:
    made: PaymentMethod = _made(PaymentMethod, id, {"payment_gateway_id": gateway_id}, changes)
    return made


def order(id: str, **changes: Any) -> Order:
    plain = {
        "currency_code": "EUR",
        "subtotal_amount_cents": 100_00,
        "total_tax_amount_cents": 0,
        "total_amount_cents": 100_00,
        "total_amount_with_taxes_cents": 100_00,
        "status": OrderStatus.pending,
        "payment_status": OrderPaymentStatus.unpaid,
        "fulfillment_status": OrderFulfillmentStatus.unfulfilled,
        "token": f"token-{id}",
    }
    made: Order = _made(Order, id, plain, changes)
    return made


def line(id: str, order_id: str, position: int, **changes: Any) -> LineItem:
    plain = {
        "order_id": order_id,
        "position": position,
        "name": "Thing",
        "unit_amount_cents": 100_00,
        "total_amount_cents": 100_00,
        "currency_code": "EUR",
    }
    made: LineItem = _made(LineItem, id, plain, changes)
    return made


def payment(id: str, order_id: str, gateway_id: str, **changes: Any) -> KlarnaPayment:
    plain = {
        "order_id": order_id,
        "payment_gateway_id": gateway_id,
        "status": PaymentStatus.OPEN,
        "session_id": f"session-{id}",
        "client_token": "client",
        "payment_methods": [],
        "session_expires_at": NOW,
        "currency_code": "EUR",
        "country_code": "DE",
        "locale": "de-DE",
        "intent_amount_cents": 100_00,
        "snapshot": {},
        "callback_secret": "secret",
    }
    made: KlarnaPayment = _made(KlarnaPayment, id, plain, changes)
    return made


def movement(
    id: str, kind: TransactionKind, order_id: str, payment_id: str, **changes: Any
) -> Movement:
    plain = {
        "kind": kind,
        "order_id": order_id,
        "payment_source_id": payment_id,
        "number": id,
        "currency_code": "EUR",
        "amount_cents": 100_00,
        "succeeded": True,
    }
    made: Movement = _made(Movement, id, plain, changes)
    return made


@contextmanager
def opened(folder: Path) -> Iterator[SqliteDatabase]:
    """A database of its own for tests that run a loop for each example."""
    database = asyncio.run(open_sqlite(folder / "store.sqlite"))
    try:
        yield database
    finally:
        asyncio.run(database.close())


async def keep_only(database: SqliteDatabase, records: Iterable[Resource]) -> None:
    """Make these the only rows there are, without a history."""
    kept = sorted(records, key=lambda record: KINDS.index(type(record)))

    async def work(transaction: Transaction) -> None:
        for kind in reversed(KINDS):
            await transaction.run(_emptying(table_of(kind)))
        await _insert(transaction, kept)

    await database.write(work)


async def add(database: SqliteDatabase, *records: Resource) -> None:
    """Insert rows, without a history."""
    await database.write(lambda transaction: _insert(transaction, records))


async def remove(database: SqliteDatabase, record: Resource) -> None:
    """Delete a row, without a history."""
    table = table_of(type(record))
    statement = Statement(delete(table).where(table.c.id == record.id))
    await database.write(lambda transaction: transaction.run(statement))


async def _insert(transaction: Transaction, records: Iterable[Resource]) -> None:
    for record in records:
        kind = type(record)
        await transaction.run(_insertion(table_of(kind)), **rows_of(kind).values(record))


@cache
def _insertion(table: Table) -> Statement:
    return Statement(insert(table))


@cache
def _emptying(table: Table) -> Statement:
    return Statement(delete(table))
