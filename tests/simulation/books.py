"""What must hold in every world, and after each of a gateway's lives."""

import base64
import json
import sqlite3
from collections import Counter
from typing import Any

from resolvers.klarna.sandbox import messages
from tests.simulation.world import LOGIN, World


def rows(world: World, sql: str) -> list[sqlite3.Row]:
    """Rows of the gateway's store, by the names of their columns."""
    cursor = world.disk.connection.execute(sql)
    cursor.row_factory = sqlite3.Row
    return cursor.fetchall()


def effects(world: World, effect: str) -> list[Any]:
    """What the sandbox's own ledger says was done."""
    return [entry for entry in world.sandbox.ledger if entry.effect == effect]


def klarna_order(world: World, order_id: str) -> dict[str, Any]:
    """An order in the sandbox's books."""
    login = base64.b64encode(f"{LOGIN.username}:{LOGIN.password}".encode()).decode()
    path = f"/eu/ordermanagement/v1/orders/{order_id}"
    request = messages.Request("GET", path, {"Authorization": f"Basic {login}"}, b"")
    found: dict[str, Any] = json.loads(world.sandbox.handle(request).body)
    return found


def always(world: World) -> None:
    """What holds at any moment, a dead process or not."""
    for effect in ("captured", "refunded", "cancelled", "released", "order_placed"):
        keys = Counter(entry.idempotency_key for entry in effects(world, effect))
        assert max(keys.values(), default=0) <= 1, ("one effect for each key", effect, keys)
    sessions = Counter(entry.details["session_id"] for entry in effects(world, "order_placed"))
    assert max(sessions.values(), default=0) <= 1, ("one order for each session", sessions)
    for intent in world.intents:
        done = [
            entry
            for entry in effects(world, intent.effect)
            if entry.details["amount"] == intent.amount
        ]
        if intent.key is not None:
            assert len(done) <= 1, ("each intent at most once", intent, done)
        if intent.acknowledged:
            assert done, ("what was acknowledged was done", intent)
    for order in rows(world, "SELECT id FROM orders"):
        _within(world, order["id"])


def _within(world: World, order_id: str) -> None:
    sums = dict(
        world.disk.connection.execute(
            "SELECT kind, sum(amount_cents) FROM transactions "
            "WHERE order_id = ? AND succeeded GROUP BY kind",
            (order_id,),
        ).fetchall()
    )
    taken, given = sums.get("captures", 0), sums.get("refunds", 0)
    assert taken + sums.get("voids", 0) <= sums.get("authorizations", 0), (order_id, sums)
    assert given <= taken, (order_id, sums)


def quiet(world: World) -> None:
    """What holds once nothing is under way and Klarna could be asked about everything."""
    always(world)
    unsettled = rows(world, "SELECT * FROM operations WHERE state IN ('pending', 'unknown')")
    assert not unsettled, [dict(row) for row in unsettled]
    placing = rows(world, "SELECT id FROM klarna_payments WHERE status = 'PLACING'")
    assert not placing, [dict(row) for row in placing]
    payments = {row["id"]: row for row in rows(world, "SELECT * FROM klarna_payments")}
    for entry in effects(world, "order_placed"):
        order = klarna_order(world, entry.details["order_id"])
        payment = payments[order["merchant_reference2"]]
        assert payment["klarna_order_id"] == order["order_id"], dict(payment)
        _agree(world, payment["order_id"], order)
    for row in rows(world, "SELECT * FROM versions WHERE event = 'create'"):
        assert row["revision"] == 1


def _agree(world: World, order_id: str, klarna: dict[str, Any]) -> None:
    """Our books of an order and Klarna's are the same."""
    found = world.disk.connection.execute(
        "SELECT kind, amount_cents, gateway_transaction_id FROM transactions "
        "WHERE order_id = ? AND succeeded",
        (order_id,),
    ).fetchall()
    ours = {
        kind: sorted((amount, made) for what, amount, made in found if what == kind)
        for kind in ("captures", "refunds")
    }
    theirs = {
        "captures": sorted(
            (one["captured_amount"], one["capture_id"]) for one in klarna["captures"]
        ),
        "refunds": sorted((one["refunded_amount"], one["refund_id"]) for one in klarna["refunds"]),
    }
    assert ours == theirs, (order_id, ours, theirs)
    voided = sum(amount for kind, amount, _ in found if kind == "voids")
    left = klarna["order_amount"] - klarna["captured_amount"] - voided
    assert left == klarna["remaining_authorized_amount"], (order_id, klarna, voided)
