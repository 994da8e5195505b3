"""A store full of awkward rows: nulls wherever they may be, odd texts, the edges of 32 bits."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from sqlalchemy import insert

from resolvers.klarna.countries import COUNTRIES
from store.addresses import Address
from store.database import Transaction
from store.events import EventStore, event_id
from store.fields import Field, fields_of
from store.gateways import KlarnaGateway
from store.instants import Instant
from store.line_items import LineItem
from store.operations import Operation
from store.orders import Order
from store.payment_methods import PaymentMethod
from store.payments import KlarnaPayment
from store.rows import rows_of
from store.scope import Mode
from store.sqlite import SqliteDatabase
from store.statements import Statement
from store.tables import resource_type, table_of
from store.transactions import Transaction as Movement
from store.transactions import TransactionKind
from store.versions import Version
from tests.store.records import minute
from tests.store.worlds import AWKWARD

TEXTS = (
    *AWKWARD,
    "\n\t\r\b\f\x01\x1f\x7f",
    "</script>",
    "\u2028\u2029\ufeff\uffff",
    "ß漢字🏳️‍🌈",
    "]",
    '",',
)
INTEGERS = (-(2**31), -1, 0, 1, 5, 99, 100, 12345, 2**31 - 1)
RATES = (0.0, 0.07, 0.25, 1.0, 0.1 + 0.2, 1 / 3, 1e-7, 123456.789)
CURRENCIES = (
    "EUR",
    "SEK",
    "JPY",
    "TND",
    "CLF",
    "XYZ",
    *(one.currency for one in COUNTRIES.values()),
)
Json = dict[str, Any]
COUNTS: Mapping[type, int] = {
    KlarnaGateway: 4,
    PaymentMethod: 6,
    Order: 14,
    Address: 12,
    LineItem: 30,
    KlarnaPayment: 30,
    Movement: 60,
    Operation: 12,
}
"""How many rows of each kind there are, in the order in which they refer to each other."""


class World:
    """Random rows, each of which may refer to those before it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.ids: dict[str, list[str]] = {}
        self.records: list[Any] = []
        for kind, count in COUNTS.items():
            for number in range(count):
                self._add(kind, number)
        for record in list(self.records):
            self._history(record)

    def _add(self, kind: type, number: int) -> None:
        table = table_of(kind).name
        id = f"{table}{number:03}{self.random.choice('abcXYZ')}"
        values = {one.name: self._value(kind, one) for one in fields_of(kind)}
        values |= {"id": id, "mode": Mode.test if self.random.random() < 0.9 else Mode.live}
        values |= {
            name: f"{value}{id}" for name, value in values.items() if name in ("token", "key")
        }
        self.records.append(kind(**values))
        self.ids.setdefault(table, []).append(id)

    def _value(self, kind: type, field: Field) -> Any:  # noqa: C901, PLR0911  (one line for each)
        draw = self.random.choice
        if field.references is not None:
            known = self.ids.get(field.references.table, [])
            if field.optional and (not known or draw([True, False, False])):
                return None
            return draw(known)
        if field.optional and draw([True, False, False]):
            return None
        match field.name:
            case "payment_id":
                return draw([*self.ids.get("klarna_payments", []), "gone"])
            case "credential_keys":
                more: Json = draw([{}, {}, {"next_api_key": draw(TEXTS)}, {"next_api_key": None}])
                return {"api_key": draw(TEXTS), "api_secret": draw(TEXTS)} | more
            case "payment_methods":
                return [self._category() for _ in range(draw([0, 1, 1, 2]))]
            case "currency_code":
                return draw(CURRENCIES)
            case "amount_cents" if kind is Movement:
                return draw([0, 1, 99, 100, 12345])
            case "revision" | "position":
                return draw([1, 2, 3])
        if field.is_enum:
            return draw(list(field.type))
        if field.is_json:
            return self.json()
        return draw(
            {str: TEXTS, int: INTEGERS, float: RATES, bool: (True, False), Instant: INSTANTS}[
                field.type
            ]
        )

    def _category(self) -> dict[str, Any]:
        draw = self.random.choice
        urls = {"descriptive": draw(TEXTS), "standard": draw([*TEXTS, None, 5])}
        sent = {"identifier": draw([*TEXTS] * 5 + [None, 7]), "name": draw([*TEXTS, None, 3])}
        return sent | draw([{}, {"asset_urls": urls}, {"asset_urls": None}, {"other": urls}])

    def json(self, depth: int = 3) -> dict[str, Any]:
        """Any object."""
        draw = self.random.choice
        leaves = [None, True, False, 0, -1, 1.5, 0.1, 1e300, 2**53 + 1, -(2**63), *TEXTS]
        return {
            draw(["a", "b", "é", "a.b", '"', "\\", "", "\x02", "🏳️"]): self.json(depth - 1)
            if depth and draw([True, False, False])
            else draw([[draw(leaves), draw(leaves)], draw(leaves), draw(leaves)])
            for _ in range(draw([0, 1, 2]))
        }

    def _history(self, record: Any) -> None:
        if not hasattr(record, "revision"):
            return
        draw = self.random.choice
        for revision in range(draw([0, 1, 2, 4])):
            common = {
                "mode": record.mode,
                "resource_type": resource_type(record),
                "resource_id": record.id,
                "who": self.json(),
                "created_at": draw(INSTANTS),
            }
            version = {"id": f"v{len(self.records)}", "revision": revision + 1, "event": "update"}
            self.records.append(Version(**common | version, changes=self.json()))
            position = len(self.records)
            event = {"id": event_id(position), "position": position, "event": draw(TEXTS)}
            self.records.append(EventStore(**common | event, payload=self.json()))

    @property
    def keys(self) -> Sequence[str]:
        """All ids there are."""
        return [record.id for record in self.records]


INSTANTS = tuple(minute(number) for number in range(-2, 3))


async def fill(database: SqliteDatabase, world: World) -> None:
    """Insert a world."""

    async def work(transaction: Transaction) -> None:
        for record in world.records:
            kind = type(record)
            values = rows_of(kind).values(record)
            await transaction.run(Statement(insert(table_of(kind))), **values)

    await database.write(work)


KINDS = tuple(str(kind) for kind in TransactionKind)
