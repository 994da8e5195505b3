"""Orders: what merchants manage after the shopper has bought.

    AUTHORIZED ----> PART_CAPTURED ----> CAPTURED ----> CLOSED
        |   |              |                ^
        |   |              +-- released, ---+
        |   |                  expired      |
        |   +------ captured in full -------+
        +--> CANCELLED, EXPIRED

Source: Klarna's Order Management contract and its pages on viewing and changing orders. Of the
transitions, those of a part-captured order that is released or expires are inferred.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from resolvers.klarna.sandbox.clock import instant
from resolvers.klarna.sandbox.merchants import Account
from resolvers.klarna.sandbox.messages import Json
from resolvers.klarna.sandbox.methods import PaymentMethod

Status = Literal["AUTHORIZED", "PART_CAPTURED", "CAPTURED", "CANCELLED", "EXPIRED", "CLOSED"]
FraudStatus = Literal["ACCEPTED", "PENDING", "REJECTED"]

OPEN: frozenset[Status] = frozenset({"AUTHORIZED", "PART_CAPTURED"})
"""The statuses in which something may be left to capture."""

_PURCHASE_FIELDS = (
    "purchase_country",
    "purchase_currency",
    "locale",
    "order_lines",
    "merchant_reference1",
    "merchant_reference2",
    "merchant_data",
    "billing_address",
    "shipping_address",
)
_CUSTOMER_FIELDS = ("date_of_birth", "national_identification_number")


@dataclass(frozen=True, slots=True)
class Capture:
    """Money taken, in part or in full."""

    id: str
    reference: str
    """Klarna's own, for people: the order's and a number."""
    amount: int
    """Minor units."""
    at: datetime
    facts: Json
    """What the merchant said about it, and where it goes."""


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back."""

    id: str
    amount: int
    """Minor units."""
    at: datetime
    facts: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order, as it is now."""

    id: str
    account: Account
    session_id: str
    reference: str
    """Klarna's own, for people."""
    purchase: Json
    """What was bought, by whom: in Klarna's field names."""
    amount: int
    """Minor units; merchants may change it."""
    original_amount: int
    method: PaymentMethod
    status: Status = "AUTHORIZED"
    fraud_status: FraudStatus = "ACCEPTED"
    auto_capture: bool = False
    created_at: datetime
    expires_at: datetime
    captures: tuple[Capture, ...] = ()
    refunds: tuple[Refund, ...] = ()
    shipping_info: list[Json] = field(default_factory=list)

    @property
    def captured(self) -> int:
        """Captured so far, in minor units."""
        return sum(capture.amount for capture in self.captures)

    @property
    def refunded(self) -> int:
        """Refunded so far, in minor units."""
        return sum(refund.amount for refund in self.refunds)

    @property
    def remaining(self) -> int:
        """Left to capture, in minor units. That refunds give nothing back to it is inferred."""
        return self.amount - self.captured if self.status in OPEN else 0

    def as_json(self) -> Json:
        """Return the order as Klarna shows it."""
        customer = self.purchase.get("customer", {})
        return {
            "order_id": self.id,
            "klarna_reference": self.reference,
            "status": self.status,
            "fraud_status": self.fraud_status,
            "order_amount": self.amount,
            "original_order_amount": self.original_amount,
            "captured_amount": self.captured,
            "refunded_amount": self.refunded,
            "remaining_authorized_amount": self.remaining,
            "created_at": instant(self.created_at),
            "expires_at": instant(self.expires_at),
            **{name: self.purchase[name] for name in _PURCHASE_FIELDS if name in self.purchase},
            "customer": {name: customer[name] for name in _CUSTOMER_FIELDS if name in customer},
            "initial_payment_method": self.method.initial(),
            "captures": captures_as_json(self),
            "refunds": [refund_as_json(refund) for refund in self.refunds],
            "shipping_info": self.shipping_info,
        }


def captures_as_json(order: Order) -> list[Json]:
    """Return an order's captures; refunds count against the oldest first, which is inferred."""
    left, shown = order.refunded, []
    for capture in order.captures:
        refunded = min(left, capture.amount)
        left -= refunded
        shown.append(
            {
                "capture_id": capture.id,
                "klarna_reference": capture.reference,
                "captured_amount": capture.amount,
                "captured_at": instant(capture.at),
                "refunded_amount": refunded,
                **capture.facts,
            }
        )
    return shown


def refund_as_json(refund: Refund) -> Json:
    """Return a refund as Klarna shows it."""
    return {
        "refund_id": refund.id,
        "refunded_amount": refund.amount,
        "refunded_at": instant(refund.at),
        **refund.facts,
    }
