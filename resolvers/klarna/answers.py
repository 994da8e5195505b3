"""What Klarna answers: the parts that the gateway uses, read leniently.

Unknown fields are passed over and unknown words kept, as Klarna adds both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Body = Mapping[str, Any]

_METHOD = "authorized_payment_method"


@dataclass(frozen=True, slots=True)
class Session:
    """A payment session, as it was created or read."""

    session_id: str
    client_token: str | None = field(repr=False)
    categories: Sequence[Body]
    """The payment method categories, as they came: identifier, name, asset_urls."""
    expires_at: str | None
    authorization_token: str | None = field(repr=False)
    """There once the shopper has authorized: the way back to a token whose callback was lost."""
    complete: bool
    """Whether an order was placed from it."""
    order_amount: int | None


def summary(answer: object) -> dict[str, Any]:
    """Return what the log of operations keeps of an answer: ids and words, no tokens."""
    if isinstance(answer, Session):
        return {"session_id": answer.session_id}
    if isinstance(answer, PlacedOrder):
        return {"order_id": answer.order_id, "fraud_status": answer.fraud_status}
    return {} if answer is None else {"id": answer}


def created_session(body: Body) -> Session:
    """Read a session that was just created."""
    _id(body, "client_token")
    return session(body, _id(body, "session_id"))


def session(body: Body, session_id: str) -> Session:
    """Read a session whose id is known."""
    return Session(
        session_id=session_id,
        client_token=_text(body, "client_token"),
        categories=[
            category
            for category in _list(body, "payment_method_categories")
            if isinstance(category, dict) and isinstance(category.get("identifier"), str)
        ],
        expires_at=_text(body, "expires_at"),
        authorization_token=_text(body, "authorization_token"),
        complete=body.get("status") == "complete",
        order_amount=_number(body, "order_amount"),
    )


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What placing an order brought."""

    order_id: str
    fraud_status: str | None
    """ACCEPTED, or PENDING while Klarna reviews it."""
    redirect_url: str | None
    method: str | None
    """How the shopper pays, such as `invoice`."""


def placed_order(body: Body) -> PlacedOrder:
    """Read the answer to placing an order; the method is an object or, in examples, a word."""
    method = body.get(_METHOD)
    return PlacedOrder(
        order_id=_id(body, "order_id"),
        fraud_status=_text(body, "fraud_status"),
        redirect_url=_text(body, "redirect_url"),
        method=_text(method, "type") if isinstance(method, dict) else _text(body, _METHOD),
    )


@dataclass(frozen=True, slots=True)
class KlarnaOrder:
    """An order in Klarna's books. Amounts are in minor units."""

    order_id: str
    status: str
    """AUTHORIZED, PART_CAPTURED, CAPTURED, CANCELLED, EXPIRED or CLOSED."""
    fraud_status: str | None
    order_amount: int
    captured_amount: int
    refunded_amount: int
    remaining_authorized_amount: int
    purchase_currency: str | None
    expires_at: str | None
    merchant_reference2: str | None
    """What we called it: our payment's id."""
    method: str | None
    """How the shopper pays, such as `INVOICE`."""
    captures: Sequence[Body]
    refunds: Sequence[Body]


def captures(body: object) -> Sequence[Body]:
    """Read the list of an order's captures."""
    if not isinstance(body, list):
        raise TypeError(body)
    return body


def klarna_order(body: Body) -> KlarnaOrder:
    """Read an order from Order Management."""
    method = body.get("initial_payment_method")
    return KlarnaOrder(
        order_id=_id(body, "order_id"),
        status=_id(body, "status"),
        fraud_status=_text(body, "fraud_status"),
        order_amount=int(body["order_amount"]),
        captured_amount=_number(body, "captured_amount") or 0,
        refunded_amount=_number(body, "refunded_amount") or 0,
        remaining_authorized_amount=_number(body, "remaining_authorized_amount") or 0,
        purchase_currency=_text(body, "purchase_currency"),
        expires_at=_text(body, "expires_at"),
        merchant_reference2=_text(body, "merchant_reference2"),
        method=_text(method, "type") if isinstance(method, dict) else None,
        captures=_list(body, "captures"),
        refunds=_list(body, "refunds"),
    )


def _text(body: Body, name: str) -> str | None:
    found = body.get(name)
    return found if isinstance(found, str) else None


def _number(body: Body, name: str) -> int | None:
    found = body.get(name)
    return found if isinstance(found, int) else None


def _list(body: Body, name: str) -> list[Any]:
    found = body.get(name)
    return found if isinstance(found, list) else []


def _id(body: Body, name: str) -> str:
    """Return a text that must be there. Raises KeyError or TypeError."""
    found = body[name]
    if not isinstance(found, str) or not found:
        raise TypeError(f"{name} is no id.")
    return found
