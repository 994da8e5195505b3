"""The books of a store that anything was tried on: whatever was taken, it was never too much."""

from tests.commands.shop import Shop

SUMS = """
SELECT order_id,
       sum(amount_cents) FILTER (WHERE kind = 'authorizations') AS authorized,
       sum(amount_cents) FILTER (WHERE kind = 'captures') AS captured,
       sum(amount_cents) FILTER (WHERE kind = 'voids') AS voided,
       sum(amount_cents) FILTER (WHERE kind = 'refunds') AS refunded
FROM transactions WHERE succeeded GROUP BY order_id
"""
TORN = """
SELECT id FROM {0} AS row
WHERE revision != (SELECT count(*) FROM versions WHERE resource_id = row.id)
   OR revision != (SELECT max(revision) FROM versions WHERE resource_id = row.id)
"""


def agree(shop: Shop) -> None:
    """Hold the orders' sums to each other, and each row to its history."""
    moved = shop.rows(SUMS)
    assert moved
    for order_id, authorized, captured, voided, refunded in moved:
        taken, given_up, returned = captured or 0, voided or 0, refunded or 0
        assert taken + given_up <= authorized, order_id
        assert returned <= taken, order_id
    for table in ("klarna_gateways", "payment_methods", "orders", "line_items", "klarna_payments"):
        assert shop.rows(TORN.format(table)) == [], table
