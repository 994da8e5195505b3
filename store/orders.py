"""Orders: what the shop pushed of them, and how far they have come."""

from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Index
from typing_extensions import Doc

from store.fields import Cents, References
from store.instants import Instant
from store.lookups import Lookup
from store.resources import Referable, Resource
from store.tables import Traits, derive
from store.words import Word


class OrderStatus(Word):
    """Where an order stands with the shop."""

    draft = "draft", "Being filled: it lacks a shopper's e-mail address or goods."
    pending = "pending", "Ready to be paid and placed."
    editing = "editing", "Placed, and opened again for changes."
    placing = "placing", "About to be placed."
    placed = "placed", "Placed by the shopper: the shop approves or cancels it."
    approved = "approved", "Approved by the shop."
    cancelled = "cancelled", "Cancelled."


class OrderPaymentStatus(Word):
    """Where an order stands with its payment."""

    unpaid = "unpaid", "Nothing is authorized."
    authorized = "authorized", "The whole amount is authorized."
    partially_authorized = "partially_authorized", "A part of the amount is authorized."
    paid = "paid", "The whole amount is captured."
    partially_paid = "partially_paid", "A part of the amount is captured."
    voided = "voided", "The authorization was given up."
    partially_voided = "partially_voided", "What was left of the authorization was given up."
    refunded = "refunded", "Everything captured was refunded."
    partially_refunded = "partially_refunded", "A part of what was captured was refunded."
    free = "free", "There is nothing to pay."


class OrderFulfillmentStatus(Word):
    """Where an order stands with its delivery."""

    unfulfilled = "unfulfilled", "Nothing is under way."
    in_progress = "in_progress", "Being prepared or under way."
    fulfilled = "fulfilled", "Delivered."
    not_required = "not_required", "There is nothing to deliver."


@dataclass(kw_only=True)
class OrderContent(Referable):
    """What the shop says of an order; its lines and addresses come beside it."""

    number: Annotated[str | None, Doc("The number that the shopper knows it by.")] = None
    currency_code: Annotated[str, Doc("The currency of all its amounts, ISO 4217: `EUR`.")]
    country_code: Annotated[
        str | None,
        Doc(
            "The country it is sold to, ISO 3166-1: `DE`. The billing address's country counts "
            "before it, and the shipping address's if it is null."
        ),
    ] = None
    language_code: Annotated[
        str | None, Doc("The shopper's language, ISO 639-1: `de`. Klarna's widget speaks it.")
    ] = None
    customer_email: Annotated[str | None, Doc("The shopper's e-mail address.")] = None
    tax_included: Annotated[
        bool, Doc("Whether the lines' amounts include their tax, as they do in Europe.")
    ] = True
    subtotal_amount_cents: Annotated[Cents, Doc("The sum of the goods, in minor units.")]
    shipping_amount_cents: Annotated[Cents, Doc("The sum of the shipping, in minor units.")] = 0
    payment_method_amount_cents: Annotated[
        Cents, Doc("The sum of the payment method's price, in minor units.")
    ] = 0
    discount_amount_cents: Annotated[
        Cents, Doc("The sum of the promotions, in minor units and negative.")
    ] = 0
    adjustment_amount_cents: Annotated[
        Cents, Doc("The sum of the adjustments, in minor units, of either sign.")
    ] = 0
    gift_card_amount_cents: Annotated[
        Cents, Doc("What gift cards pay, in minor units and negative.")
    ] = 0
    total_tax_amount_cents: Annotated[Cents, Doc("The sum of the lines' tax, in minor units.")]
    total_amount_cents: Annotated[Cents, Doc("The sum of all lines, in minor units.")]
    total_amount_with_taxes_cents: Annotated[
        Cents,
        Doc("What the shopper pays, in minor units: the total, and the tax where it is apart."),
    ]
    cart_url: Annotated[str | None, Doc("Where the shopper's cart is.")] = None
    return_url: Annotated[
        str | None, Doc("Where Klarna sends the shopper back to, an https URL.")
    ] = None
    terms_url: Annotated[str | None, Doc("The shop's terms.")] = None
    privacy_url: Annotated[str | None, Doc("The shop's privacy policy.")] = None


@dataclass(kw_only=True)
class Order(OrderContent, Resource):
    """A shop's order as it last pushed it, with what has been paid of it."""

    status: Annotated[OrderStatus, Doc("Where it stands with the shop.")]
    payment_status: Annotated[OrderPaymentStatus, Doc("Where it stands with its payment.")]
    fulfillment_status: Annotated[OrderFulfillmentStatus, Doc("Where it stands with its delivery.")]
    token: Annotated[str, Doc("A handle of 32 hexadecimal digits that finds it without its id.")]
    payment_method_id: Annotated[
        str | None, Doc("The id of the payment method chosen."), References("payment_methods")
    ] = None
    payment_source_id: Annotated[
        str | None,
        Doc("The id of the payment that is to pay it."),
        References("klarna_payments", enforced=False),
    ] = None
    billing_address_id: Annotated[
        str | None,
        Doc("The id of the billing address."),
        References("addresses", enforced=False),
    ] = None
    shipping_address_id: Annotated[
        str | None,
        Doc("The id of the shipping address."),
        References("addresses", enforced=False),
    ] = None
    placed_at: Annotated[Instant | None, Doc("When it was placed; null before that.")] = None
    approved_at: Annotated[Instant | None, Doc("When the shop approved it.")] = None
    cancelled_at: Annotated[Instant | None, Doc("When it was cancelled.")] = None
    payment_updated_at: Annotated[Instant | None, Doc("When `paymentStatus` last changed.")] = None


orders = derive(
    "orders",
    Order,
    Index(None, "token", unique=True),
    Index(None, "mode", "reference"),
    Index(None, "mode", "created_at", "id"),
    Index(None, "mode", "updated_at", "id"),
    Index(None, "mode", "status", "created_at", "id"),
    Index(None, "mode", "number"),
    Index(None, "payment_method_id"),
    traits=Traits(owner="id"),
)

orders_by_id = Lookup(Order, orders.c.id)
orders_by_token = Lookup(Order, orders.c.token)
orders_by_payment_method = Lookup(Order, orders.c.payment_method_id)
orders_by_reference = Lookup(Order, orders.c.reference, order_by=(orders.c.created_at, orders.c.id))
