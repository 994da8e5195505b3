"""Placing an order with an authorization: once, and only what was authorized.

Source: Klarna's pages on creating an order and on the Payments error codes. That a failure stays
with its token was reported by integrators; a switch turns it off.
"""

from dataclasses import replace

from resolvers.klarna.sandbox import purchases
from resolvers.klarna.sandbox.authorizations import Authorization, Authorizations, Placed
from resolvers.klarna.sandbox.calls import Call
from resolvers.klarna.sandbox.captures import Captures
from resolvers.klarna.sandbox.contract import payments
from resolvers.klarna.sandbox.errors import (
    KlarnaError,
    no_authorization,
    not_enabled,
    not_matching,
    session_completed,
)
from resolvers.klarna.sandbox.matching import differences
from resolvers.klarna.sandbox.messages import Json, Reply, json_reply
from resolvers.klarna.sandbox.methods import PaymentMethod, chosen
from resolvers.klarna.sandbox.order_book import OrderBook
from resolvers.klarna.sandbox.orders import Order
from resolvers.klarna.sandbox.reviews import Reviews
from resolvers.klarna.sandbox.sessions import Sessions
from resolvers.klarna.sandbox.world import World, filled

_DIFFERENT = "The order has been already completed with different request body"


class Placements:
    """Turns authorizations into orders."""

    def __init__(
        self,
        *,
        world: World,
        sessions: Sessions,
        authorizations: Authorizations,
        orders: OrderBook,
        captures: Captures,
        reviews: Reviews,
    ) -> None:
        self._world = world
        self._sessions = sessions
        self._authorizations = authorizations
        self._orders = orders
        self._captures = captures
        self._reviews = reviews

    def place(self, call: Call) -> Reply:
        """Place an order: POST /payments/v1/authorizations/{authorizationToken}/order.

        The same body again gets the same answer. Whatever else fails, fails for good: the
        shopper must authorize again.
        """
        authorization = self._authorizations.find(call)
        session = self._sessions.get(authorization.session_id)
        outcome = authorization.outcome
        if isinstance(outcome, Placed):
            return _again(call, outcome)
        if session.order_id:
            raise session_completed()
        if not session.holds(authorization.token, call.at):
            raise no_authorization()
        if outcome and self._world.options.sticky_placements:
            raise KlarnaError(outcome.status, outcome.code, *outcome.messages)
        try:
            body = self._accepted(call, authorization)
        except KlarnaError as error:
            self._authorizations.save(replace(authorization, outcome=error))
            raise
        answer = self._placed(call, authorization, body)
        self._authorizations.save(replace(authorization, outcome=Placed(body, answer)))
        return json_reply(200, answer)

    def _accepted(self, call: Call, authorization: Authorization) -> Json:
        """Read the order and compare it with what was authorized. Raises KlarnaError."""
        body = call.payments_body(payments("create_order_request"))
        options, authorized = self._world.options, authorization.purchase
        country = purchases.country_of(authorized | body)
        purchases.check(body, call.account.region, options, country)
        if authorized.get("intent") == "tokenize":
            raise not_enabled("Placing an order for intent tokenize")
        if body.get("auto_capture") and "auto_capture" not in options.agreements:
            raise not_enabled("Auto capture")
        fields = differences(body, authorized)
        if fields:
            raise not_matching(fields)
        if not authorization.decision.placeable:
            raise KlarnaError(403, "REJECTED", "Rejected")
        return body

    def _placed(self, call: Call, authorization: Authorization, body: Json) -> Json:
        """Open the order that nothing speaks against, and return Klarna's answer."""
        authorized = authorization.purchase
        urls = authorized.get("merchant_urls", {}) | body.get("merchant_urls", {})
        purchase = authorized | body | {"merchant_urls": urls}
        order = self._orders.open(
            call,
            session_id=authorization.session_id,
            purchase=purchase,
            method=self._method(authorization, purchase),
            review=authorization.decision.review,
        )
        session = self._sessions.get(authorization.session_id)
        self._sessions.save(replace(session, order_id=order.id))
        if order.auto_capture and order.fraud_status == "ACCEPTED":
            self._captures.capture_all(order, call.at)
        if authorization.decision.review:
            self._reviews.open(order, authorization.decision.review, call.at)
        return _answer(order)

    def _method(self, authorization: Authorization, purchase: Json) -> PaymentMethod:
        country = purchases.country_of(purchase)
        if self._world.options.payment_method:
            return PaymentMethod(self._world.options.payment_method, country)
        return chosen(authorization.category, purchase, country)


def _again(call: Call, placed: Placed) -> Reply:
    if call.payments_body(payments("create_order_request")) != placed.body:
        raise KlarnaError(409, "BAD_VALUE", _DIFFERENT)
    return json_reply(200, placed.answer)


def _answer(order: Order) -> Json:
    confirmation = filled(
        order.purchase.get("merchant_urls", {}).get("confirmation") or None,
        session_id=order.session_id,
        order_id=order.id,
    )
    answer: Json = {
        "order_id": order.id,
        "fraud_status": order.fraud_status,
        "authorized_payment_method": order.method.authorized(),
    }
    return answer | ({"redirect_url": confirmation} if confirmation else {})
