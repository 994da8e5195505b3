"""The emulated services: their parts, and which of them answers which call."""

from resolvers.klarna.sandbox.authorizations import Authorizations
from resolvers.klarna.sandbox.calls import Handler
from resolvers.klarna.sandbox.captures import Captures
from resolvers.klarna.sandbox.changes import Changes
from resolvers.klarna.sandbox.checkout import Checkout
from resolvers.klarna.sandbox.due_dates import DueDates
from resolvers.klarna.sandbox.endings import Endings
from resolvers.klarna.sandbox.order_book import OrderBook
from resolvers.klarna.sandbox.placements import Placements
from resolvers.klarna.sandbox.refunds import Refunds
from resolvers.klarna.sandbox.reviews import Reviews
from resolvers.klarna.sandbox.routes import Route, Routes
from resolvers.klarna.sandbox.sessions import Sessions
from resolvers.klarna.sandbox.world import World

_PAYMENTS = "payments/v1"
_ORDER = "ordermanagement/v1/orders/{order_id}"
_CAPTURE = f"{_ORDER}/captures/{{capture_id}}"


class Klarna:
    """Payments and Order Management for one world."""

    def __init__(self, world: World) -> None:
        sessions = Sessions(world)
        authorizations = Authorizations(world, sessions)
        self._orders = OrderBook(world)
        self._captures = Captures(world, self._orders)
        reviews = Reviews(world, self._orders, self._captures)
        placements = Placements(
            world=world,
            sessions=sessions,
            authorizations=authorizations,
            orders=self._orders,
            captures=self._captures,
            reviews=reviews,
        )
        self._world = world
        self.checkout = Checkout(world, sessions, authorizations)
        self.endings = Endings(world, self._orders)
        self.routes: Routes[Handler] = Routes(
            [
                *_payment_routes(sessions, authorizations, placements),
                *self._order_routes(),
                *self._capture_routes(),
            ]
        )

    def _order_routes(self) -> list[Route[Handler]]:
        orders, endings = self._orders, self.endings
        refunds = Refunds(self._world, orders)
        changes = Changes(self._world, orders)
        return [
            Route("GET", _ORDER, "get_order", orders.read),
            Route("POST", f"{_ORDER}/cancel", "cancel", endings.cancel),
            Route("POST", f"{_ORDER}/release-remaining-authorization", "release", endings.release),
            Route("POST", f"{_ORDER}/extend-authorization-time", "extend", endings.extend),
            Route(
                "PATCH", f"{_ORDER}/authorization", "update_authorization", changes.authorization
            ),
            Route(
                "PATCH", f"{_ORDER}/merchant-references", "update_references", changes.references
            ),
            Route("PATCH", f"{_ORDER}/customer-details", "update_customer", changes.customer),
            Route(
                "POST", f"{_ORDER}/shipping-info", "add_shipping_info", changes.add_shipping_info
            ),
            Route("POST", f"{_ORDER}/acknowledge", "acknowledge", changes.acknowledge),
            Route("POST", f"{_ORDER}/refunds", "refund", refunds.create),
            Route("GET", f"{_ORDER}/refunds/{{refund_id}}", "get_refund", refunds.read),
        ]

    def _capture_routes(self) -> list[Route[Handler]]:
        captures = self._captures
        due_dates = DueDates(self._world, self._orders)
        return [
            Route("POST", f"{_ORDER}/captures", "capture", captures.create),
            Route("GET", f"{_ORDER}/captures", "list_captures", captures.read_all),
            Route("GET", _CAPTURE, "get_capture", captures.read),
            Route(
                "POST",
                f"{_CAPTURE}/shipping-info",
                "add_capture_shipping_info",
                captures.add_shipping_info,
            ),
            Route("POST", f"{_CAPTURE}/trigger-send-out", "trigger_send_out", captures.send_out),
            Route(
                "GET",
                f"{_CAPTURE}/extend-due-date-options",
                "get_due_date_options",
                due_dates.options,
            ),
            Route("PATCH", f"{_CAPTURE}/extend-due-date", "extend_due_date", due_dates.extend),
        ]


def _payment_routes(
    sessions: Sessions, authorizations: Authorizations, placements: Placements
) -> list[Route[Handler]]:
    session = f"{_PAYMENTS}/sessions/{{session_id}}"
    authorization = f"{_PAYMENTS}/authorizations/{{authorization_token}}"
    return [
        Route("POST", f"{_PAYMENTS}/sessions", "create_session", sessions.create),
        Route("GET", session, "read_session", sessions.read),
        Route("POST", session, "update_session", sessions.update),
        Route("POST", f"{authorization}/order", "place_order", placements.place),
        Route("DELETE", authorization, "cancel_authorization", authorizations.cancel),
    ]
