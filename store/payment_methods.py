"""Payment methods: how an order may be paid, and what happens once it is authorized."""

from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Index
from typing_extensions import Doc

from store.fields import Cents, References
from store.instants import Instant
from store.lookups import Lookup
from store.resources import Referable, Resource
from store.tables import derive
from store.words import Word


class PaymentSourceType(Word):
    """The kinds of payment source; this gateway makes one of them."""

    klarna_payments = "klarna_payments", "Klarna Payments."


@dataclass(kw_only=True)
class PaymentMethodSettings(Referable):
    """What an integrator decides about a payment method."""

    name: Annotated[str, Doc("What the shop calls it, for example `Klarna`.")] = "Klarna Payment"
    payment_source_type: Annotated[
        PaymentSourceType, Doc("The kind of payment source it makes.")
    ] = PaymentSourceType.klarna_payments
    currency_code: Annotated[
        str | None,
        Doc("The one currency it takes, ISO 4217; null takes whichever the order is in."),
    ] = None
    price_amount_cents: Annotated[
        Cents, Doc("What the shop charges for paying this way, in minor units.")
    ] = 0
    require_capture: Annotated[
        bool, Doc("Whether the money must be captured before the order is fulfilled.")
    ] = True
    auto_place: Annotated[
        bool,
        Doc("Whether the order is placed as soon as Klarna reports an authorization on its own."),
    ] = False
    auto_capture: Annotated[
        bool, Doc("Whether a placed order is captured at once, up to `autoCaptureMaxAmountCents`.")
    ] = False
    auto_capture_max_amount_cents: Annotated[
        Cents | None,
        Doc("The largest total that `autoCapture` captures, in minor units; null is no limit."),
    ] = None


@dataclass(kw_only=True)
class PaymentMethod(PaymentMethodSettings, Resource):
    """A way of paying that orders can choose, backed by a payment gateway."""

    payment_gateway_id: Annotated[
        str,
        Doc("The id of the gateway that its payments go through."),
        References("klarna_gateways"),
    ]
    disabled_at: Annotated[
        Instant | None, Doc("When it was disabled; null while orders may choose it.")
    ] = None


payment_methods = derive(
    "payment_methods",
    PaymentMethod,
    Index(None, "payment_gateway_id", "created_at", "id"),
    Index(None, "mode", "created_at", "id"),
)

payment_methods_by_id = Lookup(PaymentMethod, payment_methods.c.id)
payment_methods_by_gateway = Lookup(
    PaymentMethod,
    payment_methods.c.payment_gateway_id,
    order_by=(payment_methods.c.created_at, payment_methods.c.id),
)
