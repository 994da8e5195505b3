"""Klarna payments: a session with Klarna, the shopper's authorization, and what came of it.

    OPEN -----------> AUTHORIZED -----> PLACING -----> PLACED --> REFUSED
     ^  ^               |   ^             |   |                     ^
     |  +---------------+   |             |   +--> PENDING_REVIEW --+
     |                      v             v
     +--- EXPIRED        REAUTHORIZE <----+

OPEN, AUTHORIZED and REAUTHORIZE turn into EXPIRED as the session ends, and AUTHORIZED into
REAUTHORIZE as the authorization does. Refreshing leads from all of these back to OPEN, and a
call that provably never reached Klarna from PLACING back to AUTHORIZED.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from sqlalchemy import ColumnElement, Index, case, select
from typing_extensions import Doc

from store.building import truth, word
from store.conditions import Condition, compare, either, every, negated
from store.fields import Cents, Json, Mark, References
from store.instants import Instant
from store.lookups import Lookup
from store.orders import Order, orders
from store.resources import Resource
from store.scope import Reach, visible
from store.tables import States, Traits, derive
from store.words import Word


class PaymentStatus(Word):
    """Where a payment stands."""

    OPEN = "OPEN", "The session can be used; nothing is authorized yet."
    AUTHORIZED = "AUTHORIZED", "The shopper has authorized: place the order within 60 minutes."
    PLACING = "PLACING", "Klarna is being asked to place the order."
    PLACED = "PLACED", "Klarna has placed the order."
    PENDING_REVIEW = (
        "PENDING_REVIEW",
        "Klarna has placed the order and reviews it: do not ship, capture waits.",
    )
    REAUTHORIZE = (
        "REAUTHORIZE",
        "The authorization is spent, outdated or refused: the shopper authorizes again.",
    )
    REFUSED = "REFUSED", "Klarna rejected the placed order in its review."
    EXPIRED = (
        "EXPIRED",
        "The session ended after 48 hours without an order: refresh the payment.",
    )


_S = PaymentStatus
PREDECESSORS: Mapping[str, frozenset[PaymentStatus]] = {
    _S.OPEN: frozenset({_S.AUTHORIZED, _S.REAUTHORIZE, _S.EXPIRED}),
    _S.AUTHORIZED: frozenset({_S.OPEN, _S.REAUTHORIZE, _S.PLACING}),
    _S.PLACING: frozenset({_S.AUTHORIZED}),
    _S.PLACED: frozenset({_S.PLACING, _S.PENDING_REVIEW}),
    _S.PENDING_REVIEW: frozenset({_S.PLACING}),
    _S.REAUTHORIZE: frozenset({_S.AUTHORIZED, _S.PLACING}),
    _S.REFUSED: frozenset({_S.PENDING_REVIEW, _S.PLACED}),
    _S.EXPIRED: frozenset({_S.OPEN, _S.AUTHORIZED, _S.REAUTHORIZE}),
}
"""The legal transitions: each status with those it may follow."""


@dataclass(kw_only=True)
class KlarnaPayment(Resource):
    """An order's payment with Klarna: the session, the authorization, and the order placed."""

    order_id: Annotated[str, Doc("The id of the order it pays."), References("orders")]
    payment_gateway_id: Annotated[
        str, Doc("The id of the gateway it goes through."), References("klarna_gateways")
    ]
    status: Annotated[PaymentStatus, Doc("Where it stands.")]
    session_id: Annotated[str, Doc("Klarna's id for the session, a UUID.")]
    client_token: Annotated[
        str | None,
        Doc(
            "What the browser hands to `Klarna.Payments.init()`: whoever holds it acts as the "
            "shopper in this session, and in no other."
        ),
        Mark.SECRET,
    ]
    payment_methods: Annotated[
        list[Json],
        Doc(
            "Klarna's payment method categories for this order, as Klarna offered them. Show the "
            "shopper one of these."
        ),
    ]
    session_expires_at: Annotated[
        Instant, Doc("When the session ends, 48 hours after it was opened.")
    ]
    auth_token: Annotated[
        str | None,
        Doc(
            "The token that the shopper's authorization returned; placing the order needs it. "
            "Null before the authorization and whenever it is no longer good."
        ),
        Mark.SECRET,
    ] = None
    auth_token_expires_at: Annotated[
        Instant | None,
        Doc("When the authorization ends, 60 minutes after it was saved; null without one."),
    ] = None
    klarna_order_id: Annotated[
        str | None, Doc("Klarna's id for the order placed, a UUID; null before that.")
    ] = None
    fraud_status: Annotated[
        str | None,
        Doc("Klarna's assessment of the placed order: `ACCEPTED`, `PENDING` or `REJECTED`."),
    ] = None
    redirect_url: Annotated[
        str | None,
        Doc(
            "Where to send the shopper once the order is placed, so that Klarna can greet them; "
            "null where the order has no `returnUrl`."
        ),
    ] = None
    payment_instrument: Annotated[
        Json | None,
        Doc(
            "How the shopper pays, known once placed: "
            '`{"issuer": "klarna", "issuer_type": "invoice"}`.'
        ),
    ] = None
    currency_code: Annotated[str, Doc("The session's currency, ISO 4217.")]
    country_code: Annotated[
        str, Doc("The country that Klarna takes the purchase to be from, ISO 3166-1.")
    ]
    locale: Annotated[str, Doc("The language and country of Klarna's widget, such as `sv-SE`.")]
    intent_amount_cents: Annotated[
        Cents, Doc("What the session was last opened or refreshed with, in minor units.")
    ]
    snapshot: Annotated[
        Json, Doc("The amounts and lines of the session, as they were sent."), Mark.INTERNAL
    ]
    callback_secret: Annotated[
        str, Doc("What Klarna's calls to this payment must know."), Mark.INTERNAL, Mark.SECRET
    ]


_ENDS_WITH_SESSION = frozenset({_S.OPEN, _S.AUTHORIZED, _S.REAUTHORIZE})


def stands_at(status: PaymentStatus, now: Instant) -> Condition:
    """Return the condition that `status_at` says `status`."""
    stored = compare("eq", "status", str(status))
    session_lasts = compare("gt", "session_expires_at", now)
    authorization_over = compare("lte", "auth_token_expires_at", now)
    authorized = compare("eq", "status", str(_S.AUTHORIZED))
    match status:
        case _S.EXPIRED:
            ended = [compare("eq", "status", str(word)) for word in sorted(_ENDS_WITH_SESSION)]
            return either(stored, every(either(*ended), negated(session_lasts)))
        case _S.AUTHORIZED:
            return every(stored, session_lasts, negated(authorization_over))
        case _S.REAUTHORIZE:
            return every(either(stored, every(authorized, authorization_over)), session_lasts)
        case _S.OPEN:
            return every(stored, session_lasts)
    return stored


klarna_payments = derive(
    "klarna_payments",
    KlarnaPayment,
    Index(None, "session_id"),
    Index(None, "order_id", "created_at", "id"),
    Index(None, "payment_gateway_id", "created_at", "id"),
    Index(None, "mode", "created_at", "id"),
    Index(None, "mode", "updated_at", "id"),
    Index(None, "mode", "reference"),
    Index(None, "mode", "status", "created_at", "id"),
    traits=Traits(
        owner="order_id",
        states=States("status", PREDECESSORS),
        computed={"status": stands_at},
    ),
)

payments_by_id = Lookup(KlarnaPayment, klarna_payments.c.id)
payments_by_session = Lookup(KlarnaPayment, klarna_payments.c.session_id)
payments_by_order = Lookup(
    KlarnaPayment,
    klarna_payments.c.order_id,
    order_by=(klarna_payments.c.created_at, klarna_payments.c.id),
)
payments_by_gateway = Lookup(
    KlarnaPayment,
    klarna_payments.c.payment_gateway_id,
    order_by=(klarna_payments.c.created_at, klarna_payments.c.id),
)


def status_at(payment: KlarnaPayment, now: Instant) -> PaymentStatus:
    """Return where a payment stands at a time: sessions and authorizations end by the clock."""
    if payment.status in _ENDS_WITH_SESSION and payment.session_expires_at <= now:
        return PaymentStatus.EXPIRED
    ends = payment.auth_token_expires_at
    if payment.status is PaymentStatus.AUTHORIZED and ends is not None and ends <= now:
        return PaymentStatus.REAUTHORIZE
    return payment.status


def ends_at(payment: KlarnaPayment, now: Instant) -> Instant | None:
    """Return when time alone changes where a payment stands; None if it will not."""
    ends = [payment.session_expires_at if payment.status in _ENDS_WITH_SESSION else None]
    if payment.status is PaymentStatus.AUTHORIZED:
        ends.append(payment.auth_token_expires_at)
    return min((at for at in ends if at is not None and at > now), default=None)


def status_in_sql(payment: Any, now: ColumnElement[str]) -> ColumnElement[str]:
    """Return what `status_at` says, of a row's columns."""
    # The times first: most have not come, and then nothing else is looked at
    ends = payment.status.in_([word(status) for status in sorted(_ENDS_WITH_SESSION)])
    authorized = payment.status == word(_S.AUTHORIZED)
    return case(
        ((payment.session_expires_at <= now) & ends, word(_S.EXPIRED)),
        ((payment.auth_token_expires_at <= now) & authorized, word(_S.REAUTHORIZE)),
        else_=payment.status,
    )


def mismatched(payment: KlarnaPayment, order: Order) -> bool:
    """Whether the order's total today is not what the session was last opened or refreshed with."""
    today = (order.total_amount_with_taxes_cents, order.currency_code)
    return today != (payment.intent_amount_cents, payment.currency_code)


def mismatched_in_sql(payment: Any, reach: Reach) -> ColumnElement[Any]:
    """Return what `mismatched` says, of a row's columns, of the order if a scope shows that."""
    total, currency = orders.c.total_amount_with_taxes_cents, orders.c.currency_code
    differs = (total != payment.intent_amount_cents) | (currency != payment.currency_code)
    found = select(orders.c.id).where(
        orders.c.id == payment.order_id, visible(orders, reach, orders.c.id)
    )
    return truth(found.where(differs).correlate_except(orders).exists())
