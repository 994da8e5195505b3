"""Fraud reviews: decided by the clock, announced to the merchant, and their consequences.

Source: Klarna's page on pending orders. That a review which stops an accepted order has the same
consequences as a rejection, and that `auto_capture` waits for acceptance, is inferred; so is the
name of the field that holds the time of the decision.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from resolvers.klarna.sandbox.captures import Captures
from resolvers.klarna.sandbox.clock import instant
from resolvers.klarna.sandbox.decisions import Review, Verdict
from resolvers.klarna.sandbox.order_book import OrderBook
from resolvers.klarna.sandbox.orders import OPEN, Order
from resolvers.klarna.sandbox.world import World, filled

OWN_RISK = timedelta(hours=4)
"""How long a rejected order can still be captured before Klarna cancels it."""

_EVENTS: dict[Verdict, str] = {
    "accept": "FRAUD_RISK_ACCEPTED",
    "reject": "FRAUD_RISK_REJECTED",
    "stop": "FRAUD_RISK_STOPPED",
}


class Reviews:
    """The reviews under way."""

    def __init__(self, world: World, orders: OrderBook, captures: Captures) -> None:
        self._world = world
        self._orders = orders
        self._captures = captures

    def open(self, order: Order, review: Review, now: datetime) -> None:
        """Have an order reviewed, and the merchant told."""
        at = now + timedelta(minutes=review.minutes)
        self._world.agenda.add(at, partial(self._decide, order.id, review.verdict))
        url = order.purchase.get("merchant_urls", {}).get("notification")
        self._world.call_back(
            "notification",
            filled(url, session_id=order.session_id, order_id=order.id),
            {
                "order_id": order.id,
                "event_type": _EVENTS[review.verdict],
                "decided_at": instant(at),
            },
            at,
        )

    def _decide(self, order_id: str, verdict: Verdict, at: datetime) -> None:
        order = self._orders.get(order_id)
        accepted = verdict == "accept"
        order = self._orders.save(
            replace(order, fraud_status="ACCEPTED" if accepted else "REJECTED")
        )
        self._world.ledger.note(
            "reviewed", order.account, at, order_id=order.id, event_type=_EVENTS[verdict]
        )
        if not accepted:
            self._world.agenda.add(at + OWN_RISK, partial(self._give_up, order_id))
        elif order.auto_capture and order.status == "AUTHORIZED":
            self._captures.capture_all(order, at)

    def _give_up(self, order_id: str, at: datetime) -> None:
        order = self._orders.get(order_id)
        if order.status in OPEN:
            self._orders.end_authorization(order, "CANCELLED", at, "cancelled_by_klarna")
