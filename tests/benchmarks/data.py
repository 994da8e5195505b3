"""The data: a shop's payments, written as the gateway itself writes them, the same in every run."""

import asyncio
import base64
import hashlib
import os
import random
import shutil
import string
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from inspect import getsource
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from resolvers.identity.callers import Caller, CallerKind
from resolvers.klarna.answers import Session, created_session
from resolvers.klarna.countries import COUNTRIES
from resolvers.klarna.wire import Purchase, purchase_body
from resolvers.secrets.sealing import KeyRing, masked
from resolvers.sessions import authorized, new_payment, opened
from store import changes, ids
from store.changes import Change
from store.database import Transaction
from store.gateways import GatewayRegion, KlarnaGateway
from store.ids import HOUR, IDS, id_of
from store.instants import Instant, after, instant
from store.line_items import LineItem
from store.orders import Order, OrderFulfillmentStatus, OrderPaymentStatus, OrderStatus
from store.payment_methods import PaymentMethod
from store.resources import Referable
from store.scope import Mode
from store.sqlite import open_sqlite
from tests.benchmarks.workloads import Shop

PAYMENTS = 20_000
SEALING_KEY_ID = "k1"
SEALING_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
LASTING = Instant("2099-01-01T00:00:00.000Z")
"""When sessions and authorizations end: a benchmark of next year must find them as they are."""
FILE, SHOP = "store.sqlite", "shop.json"
CHUNK = 250
"""How many payments share a transaction."""
_BUYERS = [COUNTRIES[code] for code in ("DE", "AT", "NL", "FI", "FR", "IT")]
_GOODS = (
    "Trail shoes",
    "Rain jacket",
    "Wool socks",
    "Head lamp",
    "Water bottle",
    "Map of the Alps",
)
_MIGRATIONS = Path(changes.__file__).parent / "migrations" / "versions"
_CATEGORIES = [
    {
        "identifier": "klarna",
        "name": "Pay with Klarna",
        "asset_urls": {
            "descriptive": "https://x.klarnacdn.net/payment-method/assets/badges/generic/klarna.svg",
            "standard": "https://x.klarnacdn.net/payment-method/assets/badges/generic/klarna.svg",
        },
    }
]


@dataclass(frozen=True, slots=True)
class Data:
    """A filled database file, and what is in it."""

    file: Path
    shop: Shop


class Chance:
    """Where ids and choices come from: the same ones in every run."""

    def __init__(self) -> None:
        self._random = random.Random(20_000)
        self.hour = 0
        """The one in which ids are drawn, since 1970."""

    def id(self) -> str:
        return id_of(self.hour, self._random.randrange(IDS))

    def uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def text(self, size: int) -> str:
        return "".join(self._random.choices(string.ascii_letters + string.digits, k=size))

    def number(self, least: int, most: int) -> int:
        return self._random.randint(least, most)


def data_of(payments: int = PAYMENTS) -> Data:
    """Return the data, made now or by an earlier run."""
    folder = Path(tempfile.gettempdir()) / f"klarna-graph-benchmarks-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else.")
    kept = folder / f"{_fingerprint()}-{payments}"
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=folder) as making:
            make(made := Path(making) / "made", payments)
            with suppress(OSError):  # another run may have been faster
                made.rename(kept)
    return Data(kept / FILE, Shop(**orjson.loads((kept / SHOP).read_bytes())))


def copied(data: Data, file: Path) -> None:
    """Give a server a copy of its own."""
    shutil.copyfile(data.file, file)
    with file.open("rb") as copy:
        os.fsync(copy.fileno())  # or else the server's first commit would wait for all of it


def _fingerprint() -> str:
    """What the rows depend on: the schema, the one way to write, their ids, and what is written."""
    digest = hashlib.sha256()
    for migration in sorted(_MIGRATIONS.glob("*.py")):
        digest.update(migration.read_bytes())
    for module in (changes, ids):
        digest.update(getsource(module).encode())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:16]


def make(folder: Path, payments: int) -> None:
    """Fill a folder with the data."""
    folder.mkdir()
    filling = Filling()
    asyncio.run(filling.fill(folder / FILE, payments))
    changed = payments // 10
    shop = Shop(read=filling.ids[changed:][::-1], changed=filling.ids[:changed])
    (folder / SHOP).write_bytes(orjson.dumps(asdict(shop)))


class Filling:
    """Fills a database with payments, each with its order and three lines."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._chance = Chance()
        self._gateways: list[tuple[KlarnaGateway, PaymentMethod]] = []

    async def fill(self, file: Path, payments: int) -> None:
        """Fill a database file with so many payments."""
        database = await open_sqlite(file)
        try:
            await database.write(self.furnish)
            for first in range(0, payments, CHUNK):
                numbers = range(first, min(first + CHUNK, payments))
                await database.write(partial(self.sell, numbers))
        finally:
            await database.close()

    def _change(self, transaction: Transaction, at: Instant) -> Change:
        forever = datetime.max.replace(tzinfo=UTC)
        caller = Caller(CallerKind.integration, Mode.test, "benchmarks", forever)
        return Change(transaction, caller.who, at, self._chance.id)

    async def furnish(self, transaction: Transaction) -> None:
        """Make three merchant accounts with a payment method each."""
        change = self._change(transaction, instant(BEGINNING))
        keys = KeyRing({SEALING_KEY_ID: base64.b64decode(SEALING_KEY)})
        login = {"api_key": "K0001_benchmark", "api_secret": "klarna_test_api_of_the_benchmark"}
        common: dict[str, Any] = {
            "mode": Mode.test,
            "created_at": change.at,
            "updated_at": change.at,
        }
        for name in ("Klarna North", "Klarna South", "Klarna West"):
            id = change.new_id()
            gateway = KlarnaGateway(
                **common,
                id=id,
                name=name,
                country_code=GatewayRegion.EU,
                credential_keys={key: masked(value) for key, value in login.items()},
                credentials=keys.seal(login, id),
            )
            method = PaymentMethod(
                **common, id=change.new_id(), name=name, payment_gateway_id=gateway.id
            )
            gateway = await change.save(None, gateway, "created")
            self._gateways.append((gateway, await change.save(None, method, "created")))

    async def sell(self, numbers: range, transaction: Transaction) -> None:
        """Write some payments: pushed, opened and authorized, a minute each."""
        for number in numbers:
            now = BEGINNING + timedelta(minutes=number)
            at = instant(now)
            self._chance.hour = int(now.timestamp()) // HOUR
            change = self._change(transaction, at)
            gateway, method = self._gateways[number % len(self._gateways)]
            order, lines = self._order(number, method, at)
            order = await change.save(None, order, "created")
            for line in lines:
                await change.save(None, line, "created")
            country = COUNTRIES[order.country_code or ""]
            purchase = Purchase(order, lines, country, None, None)
            reference = Referable(reference=f"PAY-{number:07d}", reference_origin="benchmark")
            draft = new_payment(change, purchase, purchase_body(purchase), gateway, reference)
            payment = replace(
                opened(draft, self._session(), at),
                session_expires_at=LASTING,
                callback_secret=self._chance.text(32),
            )
            payment = await change.save(None, payment, "session_opened")
            chosen = replace(order, payment_source_id=payment.id)
            await change.save(order, chosen, "payment_chosen")
            later = replace(change, at=after(at, timedelta(seconds=30)))
            held = authorized(payment, self._chance.uuid(), later.at)
            held = replace(held, auth_token_expires_at=LASTING)
            await later.save(payment, held, "authorized")
            self.ids.append(payment.id)

    def _session(self) -> Session:
        return created_session(
            {
                "session_id": self._chance.uuid(),
                "client_token": self._chance.text(400),
                "payment_method_categories": _CATEGORIES,
            }
        )

    def _order(
        self, number: int, method: PaymentMethod, at: Instant
    ) -> tuple[Order, list[LineItem]]:
        country = _BUYERS[number % len(_BUYERS)]
        id = self._chance.id()
        common: dict[str, Any] = {"mode": Mode.test, "created_at": at, "updated_at": at}
        lines = [
            LineItem(**common, order_id=id, position=position, **sold)
            for position, sold in enumerate(self._sold(number))
        ]
        total = sum(line.total_amount_cents for line in lines)
        order = Order(
            **common,
            id=id,
            reference=f"order-{number}",
            reference_origin="benchmark",
            number=f"K{100_000 + number}",
            currency_code="EUR",
            country_code=country.code,
            language_code=country.languages[0],
            customer_email=f"shopper{number}@example.com",
            subtotal_amount_cents=total,
            total_tax_amount_cents=sum(line.tax_amount_cents for line in lines),
            total_amount_cents=total,
            total_amount_with_taxes_cents=total,
            return_url="https://shop.example.com/thanks",
            status=OrderStatus.pending,
            payment_status=OrderPaymentStatus.unpaid,
            fulfillment_status=OrderFulfillmentStatus.unfulfilled,
            token=self._chance.uuid().replace("-", ""),
            payment_method_id=method.id,
        )
        return order, lines

    def _sold(self, number: int) -> Iterator[dict[str, Any]]:
        for place in range(3):
            name = _GOODS[(number + place) % len(_GOODS)]
            quantity, price = self._chance.number(1, 3), self._chance.number(5_00, 150_00)
            total = quantity * price
            yield {
                "id": self._chance.id(),
                "reference": f"line-{number}-{place}",
                "sku_code": f"SKU-{(number + place) % 997:04d}",
                "name": name,
                "quantity": quantity,
                "unit_amount_cents": price,
                "total_amount_cents": total,
                "tax_amount_cents": round(total * 19 / 119),
                "tax_rate": 0.19,
                "currency_code": "EUR",
                "product_url": f"https://shop.example.com/articles/{(number + place) % 997}",
            }
