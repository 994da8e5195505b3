"""The operations of the control API: each reads one inquiry and does one thing to the sandbox."""

from datetime import datetime, timedelta
from importlib import resources

from resolvers.klarna.sandbox.checkout import Step
from resolvers.klarna.sandbox.clock import AdjustableClock, instant
from resolvers.klarna.sandbox.contract import Shape, ShapeError
from resolvers.klarna.sandbox.faults import fault_of
from resolvers.klarna.sandbox.inquiries import Action, ControlError, Inquiry, senseless
from resolvers.klarna.sandbox.merchants import Credential
from resolvers.klarna.sandbox.messages import Json, Reply, json_reply
from resolvers.klarna.sandbox.options import changed

_TEXT = {"type": "string"}
_WISH = Shape(
    {
        "type": "object",
        "properties": {
            "payment_method_category": _TEXT,
            "payment_method_categories": {"type": "array", "items": _TEXT, "minItems": 1},
            "auto_finalize": {"type": "boolean"},
            "otp": _TEXT,
            "data": {"type": "object"},
        },
    }
)
_TIME = Shape(
    {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {
            "advance": {"type": "number", "minimum": 0, "maximum": 10**10},
            "now": {"type": "string", "maxLength": 40},
        },
    }
)

_WORD = {"type": "string", "minLength": 1, "maxLength": 255}
_CREDENTIAL = Shape(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["username", "password"],
        "properties": {"username": _WORD, "password": _WORD, "merchant": _WORD},
    }
)


def shopper(step: Step) -> Action:
    """Return the action for a step of the shopper's: POST /_sandbox/sessions/{session_id}/..."""

    def take(inquiry: Inquiry) -> Reply:
        session_id, wish = inquiry.parts["session_id"], inquiry.shaped(_WISH)
        return json_reply(200, inquiry.sandbox.shopper(session_id, step, wish))

    return take


def close(inquiry: Inquiry) -> Reply:
    """POST /_sandbox/orders/{order_id}/close: close a captured order, as Klarna does."""
    try:
        order = inquiry.sandbox.close(inquiry.parts["order_id"].lower())
    except KeyError:
        raise ControlError(404, "NO_SUCH_ORDER", "There is no such order.") from None
    return json_reply(200, order.as_json())


def show_clock(inquiry: Inquiry) -> Reply:
    """GET /_sandbox/clock."""
    clock = inquiry.sandbox.clock
    adjustable = isinstance(clock, AdjustableClock)
    return json_reply(200, {"now": instant(clock()), "adjustable": adjustable})


def move_clock(inquiry: Inquiry) -> Reply:
    """POST /_sandbox/clock: `{"advance": seconds}` or `{"now": "2030-01-01T00:00:00Z"}`."""
    wish, clock = inquiry.shaped(_TIME), inquiry.sandbox.clock
    if not isinstance(clock, AdjustableClock):
        raise ControlError(409, "CLOCK_NOT_ADJUSTABLE", "The clock is not the sandbox's own.")
    try:
        inquiry.sandbox.advance(_distance(wish, clock()))
    except ValueError as error:
        raise senseless(str(error)) from None
    return show_clock(inquiry)


def show_options(inquiry: Inquiry) -> Reply:
    """GET /_sandbox/options."""
    return json_reply(200, inquiry.sandbox.options.as_json())


def change_options(inquiry: Inquiry) -> Reply:
    """PATCH /_sandbox/options: those to change; answers with all of them."""
    try:
        inquiry.sandbox.options = changed(inquiry.sandbox.options, inquiry.body())
    except ShapeError as error:
        raise senseless(str(error)) from None
    return show_options(inquiry)


def show_faults(inquiry: Inquiry) -> Reply:
    """GET /_sandbox/faults: those still to come."""
    return json_reply(200, {"faults": [fault.as_json() for fault in inquiry.sandbox.faults]})


def inject_fault(inquiry: Inquiry) -> Reply:
    """POST /_sandbox/faults: one more; answers with all that are to come."""
    try:
        inquiry.sandbox.inject(fault_of(inquiry.body(), inquiry.sandbox.operations))
    except ValueError as error:
        raise senseless(str(error)) from None
    return show_faults(inquiry)


def clear_faults(inquiry: Inquiry) -> Reply:
    """DELETE /_sandbox/faults."""
    inquiry.sandbox.clear_faults()
    return Reply(204)


def show_credentials(inquiry: Inquiry) -> Reply:
    """GET /_sandbox/credentials: those that are accepted, without their passwords."""
    shown = [
        {"username": one.username, "merchant": one.merchant or one.username}
        for one in inquiry.sandbox.credentials
    ]
    return json_reply(200, {"credentials": shown})


def accept(inquiry: Inquiry) -> Reply:
    """POST /_sandbox/credentials: one more; without a `merchant` it is the first one's."""
    first = inquiry.sandbox.credential
    wish = {"merchant": first.merchant or first.username, **inquiry.shaped(_CREDENTIAL)}
    try:
        inquiry.sandbox.accept(
            Credential(wish["username"], wish["password"], merchant=wish["merchant"])
        )
    except ValueError as error:
        raise senseless(str(error)) from None
    return show_credentials(inquiry)


def disable(inquiry: Inquiry) -> Reply:
    """DELETE /_sandbox/credentials/{username}: it is answered 401 from now on."""
    try:
        inquiry.sandbox.disable(inquiry.parts["username"])
    except KeyError:
        raise ControlError(404, "NO_SUCH_CREDENTIAL", "There is no such credential.") from None
    return show_credentials(inquiry)


def show_ledger(inquiry: Inquiry) -> Reply:
    """GET /_sandbox/ledger?after=N: the effects numbered above N."""
    after = inquiry.request.query.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 19):  # noqa: PLR2004  # an int64
        raise senseless("`after` is the number of an entry.")
    entries = [entry.as_json() for entry in inquiry.sandbox.ledger[int(after) :]]
    return json_reply(200, {"entries": entries})


def show_requests(inquiry: Inquiry) -> Reply:
    """GET /_sandbox/requests: what merchants asked and were answered."""
    exchanges = [exchange.as_json() for exchange in inquiry.sandbox.exchanges]
    return json_reply(200, {"requests": exchanges})


def show_callbacks(inquiry: Inquiry) -> Reply:
    """GET /_sandbox/callbacks: all there were, with what became of them."""
    deliveries = [delivery.as_json() for delivery in inquiry.sandbox.deliveries]
    return json_reply(200, {"callbacks": deliveries})


def reset(inquiry: Inquiry) -> Reply:
    """POST /_sandbox/reset: forget everything."""
    inquiry.sandbox.reset()
    return Reply(204)


def file(name: str, content_type: str) -> Action:
    """Return an action that serves one of the files for browsers."""

    def serve(_: Inquiry) -> Reply:
        content = resources.files(__package__) / "browser" / name
        headers = {"Content-Type": content_type, "Cache-Control": "no-cache"}
        return Reply(200, content.read_bytes(), headers)

    return serve


def _distance(wish: Json, now: datetime) -> timedelta:
    """Return how far to move the clock. Raises ValueError."""
    if "advance" in wish:
        return timedelta(seconds=wish["advance"])
    then = datetime.fromisoformat(wish["now"])
    if then.tzinfo is None:
        raise ValueError("`now` needs a time zone: 2030-01-01T00:00:00Z.")
    return then - now
