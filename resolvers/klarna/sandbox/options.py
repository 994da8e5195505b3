"""The sandbox's switches: where Klarna's behaviour varies, or is not documented for certain."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from resolvers.klarna.sandbox.contract import Shape
from resolvers.klarna.sandbox.messages import Json
from resolvers.klarna.sandbox.methods import TYPES

CATEGORIES = {
    "klarna": "Pay with Klarna",
    "pay_later": "Pay later",
    "pay_now": "Pay now",
    "pay_over_time": "Pay over time",
    "direct_bank_transfer": "Bank transfer",
    "direct_debit": "Direct debit",
}
"""Klarna's payment method categories by identifier, with the name shown to shoppers."""

AGREEMENTS = ("auto_capture", "IN_STORE", "TELESALES")
"""What Klarna does for merchants with a special agreement only."""


@dataclass(frozen=True, slots=True)
class Options:
    """How this sandbox behaves. Every field can be changed while it runs."""

    strict_tax: bool = False
    """Demand that the order's tax is exactly the sum of its lines', not one unit an item off."""
    unauthorized_shape: Literal["gateway", "error_code"] = "gateway"
    """Whether a 401 comes in the API gateway's shape or with error code UNAUTHORIZED."""
    sticky_placements: bool = True
    """A token whose placement failed answers that failure again, whatever is sent next."""
    payments_idempotency: bool = False
    """Honour idempotency keys on Payments too, where sources disagree whether Klarna does."""
    rate_limits: bool = False
    """Count calls per second and answer 429 beyond the environment's limits."""
    drop_callbacks: bool = False
    """Send no callbacks, as if they were lost on the way."""
    duplicate_callbacks: bool = False
    """Send every callback twice."""
    callback_hosts: tuple[str, ...] = ()
    """Hosts that may be called back, apart from the loopback ones."""
    payment_method_categories: tuple[str, ...] = ("klarna",)
    """What new sessions offer to the shopper."""
    payment_method: str | None = None
    """What shoppers pay with; None derives it from the category they chose."""
    agreements: tuple[str, ...] = ("auto_capture",)
    """Which special agreements the merchants have."""
    authorization_days: int = 28
    """Days from placing an order, or extending it, until it expires."""
    public_url: str | None = None
    """The sandbox's URL for browsers; None takes the one that the merchant called."""

    def as_json(self) -> Json:
        """Return the options as the control API shows them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


def _some(*values: str) -> Json:
    return {"type": "array", "items": {"enum": list(values)}, "uniqueItems": True}


_SWITCH = {"type": "boolean"}
_SHAPE = Shape(
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "strict_tax": _SWITCH,
            "unauthorized_shape": {"enum": ["gateway", "error_code"]},
            "sticky_placements": _SWITCH,
            "payments_idempotency": _SWITCH,
            "rate_limits": _SWITCH,
            "drop_callbacks": _SWITCH,
            "duplicate_callbacks": _SWITCH,
            "callback_hosts": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 253},
                "maxItems": 100,
            },
            "payment_method_categories": {**_some(*CATEGORIES), "minItems": 1},
            "payment_method": {"enum": [*TYPES, None]},
            "agreements": _some(*AGREEMENTS),
            "authorization_days": {"type": "integer", "minimum": 1, "maximum": 180},
            "public_url": {
                "anyOf": [
                    {"type": "string", "pattern": r"^https?://[^\s/]+$", "maxLength": 300},
                    {"enum": [None]},
                ]
            },
        },
    }
)


def changed(options: Options, wishes: Mapping[str, Any]) -> Options:
    """Return the options with some of them changed. Raises ShapeError for an impossible wish."""
    fields = _SHAPE.read(dict(wishes))
    for name, value in fields.items():
        fields[name] = tuple(value) if isinstance(value, list) else value
    return replace(options, **fields)
