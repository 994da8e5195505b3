"""What a Klarna session is opened and refreshed with, and what it leaves in the payment."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from resolvers.klarna.answers import Session
from resolvers.klarna.wire import Body, Purchase
from store.changes import Change
from store.gateways import KlarnaGateway
from store.instants import Instant, after, instant
from store.orders import Order
from store.payments import KlarnaPayment, PaymentStatus
from store.records import replaced
from store.resources import Referable

SESSION_LIFE = timedelta(hours=48)
AUTHORIZATION_LIFE = timedelta(minutes=60)
"""Klarna's own times. Source: Klarna's pages on sessions and on placing orders."""


def new_payment(
    change: Change, purchase: Purchase, body: Body, gateway: KlarnaGateway, referable: Referable
) -> KlarnaPayment:
    """Return a payment whose session is about to be opened."""
    return KlarnaPayment(
        id=change.new_id(),
        mode=purchase.order.mode,
        reference=referable.reference,
        reference_origin=referable.reference_origin,
        metadata=referable.metadata,
        created_at=change.at,
        updated_at=change.at,
        order_id=purchase.order.id,
        payment_gateway_id=gateway.id,
        status=PaymentStatus.OPEN,
        session_id="",
        client_token=None,
        payment_methods=[],
        session_expires_at=after(change.at, SESSION_LIFE),
        currency_code=purchase.order.currency_code,
        country_code=purchase.country.code,
        locale=body["locale"],
        intent_amount_cents=purchase.amount,
        snapshot=body,
        callback_secret=secrets.token_urlsafe(24),
    )


def session_body(
    public_url: str | None, purchase: Purchase, body: Body, payment: KlarnaPayment
) -> Body:
    """Return what opens a payment's session: the purchase, our references and our addresses."""
    order = purchase.order
    session = {"intent": "buy", **body, **_references(order, payment)}
    urls = _urls(public_url, order, payment)
    if public_url is not None:
        urls["authorization"] = f"{public_url}/klarna/callbacks/{_known(payment)}"
    return session | ({"merchant_urls": urls} if urls else {})


def placement_body(public_url: str | None, order: Order, payment: KlarnaPayment) -> Body:
    """Return what places an order: to the last field what was authorized, and our references.

    Addresses stay out: Klarna has those the shopper authorized, and compares any others.
    """
    urls = _urls(public_url, order, payment)
    return {
        **payment.snapshot,
        **_references(order, payment),
        **({"merchant_urls": urls} if urls else {}),
    }


def _references(order: Order, payment: KlarnaPayment) -> Body:
    return {
        "merchant_reference1": order.number or order.reference or order.id,
        "merchant_reference2": payment.id,
    }


def _urls(public_url: str | None, order: Order, payment: KlarnaPayment) -> dict[str, str]:
    urls = {"confirmation": order.return_url} if order.return_url else {}
    if public_url is not None:
        urls["notification"] = f"{public_url}/klarna/notifications/{_known(payment)}"
    return urls


def _known(payment: KlarnaPayment) -> str:
    """Return the part of our addresses that only Klarna knows."""
    return f"{payment.id}/{payment.callback_secret}"


def intended(payment: KlarnaPayment, purchase: Purchase, body: Body) -> KlarnaPayment:
    """Return the payment with what Klarna now knows of its order."""
    return replace(
        payment,
        currency_code=purchase.order.currency_code,
        country_code=purchase.country.code,
        locale=body["locale"],
        intent_amount_cents=purchase.amount,
        snapshot=body,
    )


def opened(payment: KlarnaPayment, session: Session, now: Instant) -> KlarnaPayment:
    """Return the payment with a session that was just opened for it: nothing is authorized."""
    return replace(
        unauthorized(payment, PaymentStatus.OPEN),
        session_id=session.session_id,
        client_token=session.client_token,
        payment_methods=list(session.categories),
        session_expires_at=after(now, SESSION_LIFE),
    )


def read_again(payment: KlarnaPayment, session: Session) -> KlarnaPayment:
    """Return the payment with what Klarna offers in its session now."""
    return replace(
        payment,
        client_token=session.client_token or payment.client_token,
        payment_methods=list(session.categories) or payment.payment_methods,
        session_expires_at=_ends(session) or payment.session_expires_at,
    )


def authorized(payment: KlarnaPayment, token: str, now: Instant) -> KlarnaPayment:
    """Return the payment with an authorization the shopper just gave."""
    return replaced(
        payment,
        status=PaymentStatus.AUTHORIZED,
        auth_token=token,
        auth_token_expires_at=after(now, AUTHORIZATION_LIFE),
    )


def unauthorized(payment: KlarnaPayment, status: PaymentStatus) -> KlarnaPayment:
    """Return the payment without its authorization, in another status."""
    return replace(payment, status=status, auth_token=None, auth_token_expires_at=None)


def _ends(session: Session) -> Instant | None:
    try:
        return instant(datetime.fromisoformat(session.expires_at or ""))
    except ValueError:
        return None
