"""The core as simulations use it: in-process, without sockets, and always the same."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest

import resolvers.klarna.sandbox
from resolvers.klarna.sandbox.faults import Fault
from resolvers.klarna.sandbox.sandbox import Sandbox
from tests.sandbox.shop import CREDENTIAL, START, Shop, a_british_purchase, a_purchase, a_sandbox

ROOM = Path(resolvers.klarna.sandbox.__file__).parent
SHELL = {"app.py", "delivery.py"}
FOREIGN = {"aiohttp", "asyncio", "socket", "threading", "time", "random", "os"}


def imported(module: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_the_core_knows_no_sockets_no_event_loop_and_no_chance() -> None:
    core = [module for module in ROOM.glob("*.py") if module.name not in SHELL]

    foreign = {m.name: imported(m) & FOREIGN for m in core if imported(m) & FOREIGN}

    assert len(core) > 20
    assert foreign == {}


def test_the_core_reads_the_time_from_its_clock_only() -> None:
    core = [module for module in ROOM.glob("*.py") if module.name not in SHELL]

    reading = [
        m.name
        for m in core
        if "now(" in m.read_text("utf-8") and "datetime.now" in m.read_text("utf-8")
    ]

    assert reading == []


def test_the_sandbox_needs_nothing_of_the_project_but_klarnas_rules() -> None:
    allowed = {"resolvers.klarna.rules", "resolvers.klarna.countries"}

    ours = {
        name
        for module in ROOM.glob("*.py")
        for name in imported(module)
        if name.split(".")[0] in {"graph", "resolvers", "store"}
        and not name.startswith("resolvers.klarna.sandbox")
    }

    assert ours == allowed


def a_day() -> str:
    """Run a day in a shop and return all that can be seen of it."""
    shop = Shop(a_sandbox())
    shop.sandbox.inject(Fault(operation="capture", close="after", skip=1))
    url = {"merchant_urls": {"authorization": "http://127.0.0.1:9/"}}
    first = shop.order(a_purchase(**url))
    shop.capture(first, 40_00, key="1")
    shop.capture(first, 60_00, key="2")
    shop.order(a_british_purchase(**url), "customer+pend-reject-10@email.gb")
    shop.wait(hours=5)
    for delivery in shop.sandbox.due():
        shop.sandbox.settle(delivery, 500)
    return "\n".join(
        str(part)
        for part in (
            [entry.as_json() for entry in shop.sandbox.ledger],
            [exchange.as_json() for exchange in shop.sandbox.exchanges],
            [delivery.as_json() for delivery in shop.sandbox.deliveries],
            shop.sandbox.next_due_at(),
        )
    )


def test_the_same_day_is_always_the_same() -> None:
    assert a_day() == a_day()


def test_what_time_brings_happens_in_order_even_if_nobody_looks(shop: Shop) -> None:
    late = shop.order(a_british_purchase(), "customer+pend-accept-30@email.gb")
    early = shop.order(a_british_purchase(), "customer+pend-reject-20@email.gb")

    shop.sandbox.advance(timedelta(days=100))

    happened = [(e.effect, e.details["order_id"]) for e in shop.sandbox.ledger[-4:]]
    assert happened == [
        ("reviewed", early),
        ("reviewed", late),
        ("cancelled_by_klarna", early),
        ("expired", late),
    ]


def test_time_only_moves_forwards_and_only_by_an_adjustable_clock(shop: Shop) -> None:
    fixed = Sandbox(clock=lambda: START, credentials=[CREDENTIAL])

    with pytest.raises(ValueError, match="forwards"):
        shop.sandbox.advance(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="not adjustable"):
        fixed.advance(timedelta(seconds=1))


def test_a_shopper_can_be_played_without_http(shop: Shop) -> None:
    session_id = shop.session()

    answer = shop.sandbox.shopper(session_id, "authorize")

    assert shop.place(answer["authorization_token"]).status == 200


def test_listeners_hear_of_every_change_until_they_leave(shop: Shop) -> None:
    heard: list[int] = []

    def listener() -> None:
        heard.append(1)

    shop.sandbox.watch(listener)
    shop.create()
    shop.wait(seconds=1)
    shop.sandbox.unwatch(listener)
    shop.create()

    assert len(heard) == 2
