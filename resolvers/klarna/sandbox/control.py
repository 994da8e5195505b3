"""The control API under `/_sandbox/`: everything about the sandbox that Klarna does not have.

It speaks JSON, answers every mistake with `{"error": ..., "message": ...}`, and lets any page
call it. It is meant for tests on one's own machine; production code never calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolvers.klarna.sandbox import panel
from resolvers.klarna.sandbox.clock import instant
from resolvers.klarna.sandbox.errors import KlarnaError
from resolvers.klarna.sandbox.inquiries import Action, ControlError, Inquiry
from resolvers.klarna.sandbox.limits import MAX_BODY, too_large
from resolvers.klarna.sandbox.merchants import REGIONS
from resolvers.klarna.sandbox.messages import Reply, Request, json_reply
from resolvers.klarna.sandbox.routes import Route, Routes

if TYPE_CHECKING:
    from resolvers.klarna.sandbox.sandbox import Sandbox

PREFIX = "_sandbox"
"""The first part of the control API's paths; the regions have others."""

_CORS = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "600",
}


def answer(sandbox: Sandbox, request: Request) -> Reply:
    """Answer a request to the control API."""
    if request.method == "OPTIONS":
        return Reply(204, headers=_CORS | _PREFLIGHT)
    try:
        if len(request.body) > MAX_BODY:
            raise too_large()
        route, parts = _ROUTES.find(request.method, request.segments[1:] or ("",))
        reply = route.handler(Inquiry(sandbox, request, parts))
    except KlarnaError as error:
        reply = _mistake(error.status, error.code, ", ".join(error.messages))
        reply = reply.with_headers(error.headers)
    except ControlError as error:
        reply = _mistake(error.status, error.code, error.message)
    return reply.with_headers(_CORS)


def _mistake(status: int, code: str, message: str) -> Reply:
    return json_reply(status, {"error": code, "message": message})


def _overview(inquiry: Inquiry) -> Reply:
    """GET /_sandbox: where everything is."""
    origin = inquiry.request.origin
    return json_reply(
        200,
        {
            "base_urls": {region: f"{origin}/{prefix}" for prefix, region in REGIONS.items()},
            "now": instant(inquiry.sandbox.clock()),
            "operations": inquiry.sandbox.operations,
            "control": [
                f"{route.method} /{PREFIX}/{route.pattern}".rstrip("/") for route in _TABLE
            ],
        },
    )


_TABLE: list[Route[Action]] = [
    Route("GET", "", "overview", _overview),
    Route("POST", "sessions/{session_id}/load", "load", panel.shopper("load")),
    Route("POST", "sessions/{session_id}/authorize", "authorize", panel.shopper("authorize")),
    Route(
        "POST",
        "sessions/{session_id}/reauthorize",
        "reauthorize",
        panel.shopper("reauthorize"),
    ),
    Route("POST", "sessions/{session_id}/finalize", "finalize", panel.shopper("finalize")),
    Route("POST", "orders/{order_id}/close", "close", panel.close),
    Route("GET", "clock", "show_clock", panel.show_clock),
    Route("POST", "clock", "move_clock", panel.move_clock),
    Route("GET", "options", "show_options", panel.show_options),
    Route("PATCH", "options", "change_options", panel.change_options),
    Route("GET", "faults", "show_faults", panel.show_faults),
    Route("POST", "faults", "inject_fault", panel.inject_fault),
    Route("DELETE", "faults", "clear_faults", panel.clear_faults),
    Route("GET", "credentials", "show_credentials", panel.show_credentials),
    Route("POST", "credentials", "accept_credential", panel.accept),
    Route("DELETE", "credentials/{username}", "disable_credential", panel.disable),
    Route("GET", "ledger", "show_ledger", panel.show_ledger),
    Route("GET", "requests", "show_requests", panel.show_requests),
    Route("GET", "callbacks", "show_callbacks", panel.show_callbacks),
    Route("POST", "reset", "reset", panel.reset),
    Route("GET", "sdk.js", "sdk", panel.file("sdk.js", "text/javascript; charset=utf-8")),
    Route("GET", "badge.svg", "badge", panel.file("badge.svg", "image/svg+xml")),
]
_ROUTES = Routes(_TABLE)
