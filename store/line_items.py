"""Line items: what an order is made of."""

from dataclasses import dataclass
from typing import Annotated

from typing_extensions import Doc

from store.fields import Cents, References
from store.lookups import Lookup
from store.resources import Referable, Resource
from store.tables import Traits, derive
from store.words import Word


class ItemType(Word):
    """What a line stands for. Klarna's own line types follow from it and from the sign."""

    skus = "skus", "An article."
    bundles = "bundles", "Several articles sold as one."
    gift_cards = "gift_cards", "A gift card: bought if positive, paid with if negative."
    shipments = "shipments", "Shipping."
    payment_methods = "payment_methods", "The payment method's price."
    adjustments = "adjustments", "A charge, or a credit if negative."
    discount_engine_items = "discount_engine_items", "A discount made by an external engine."
    percentage_discount_promotions = "percentage_discount_promotions", "A percentage off."
    free_shipping_promotions = "free_shipping_promotions", "Free shipping."
    buy_x_pay_y_promotions = "buy_x_pay_y_promotions", "Several for the price of fewer."
    free_gift_promotions = "free_gift_promotions", "A gift."
    fixed_price_promotions = "fixed_price_promotions", "A special price."
    external_promotions = "external_promotions", "A promotion made elsewhere."
    fixed_amount_promotions = "fixed_amount_promotions", "A fixed amount off."
    flex_promotions = "flex_promotions", "A promotion with rules of its own."


@dataclass(kw_only=True)
class LineItemContent(Referable):
    """What the shop says of a line."""

    item_type: Annotated[ItemType, Doc("What the line stands for.")] = ItemType.skus
    sku_code: Annotated[str | None, Doc("The article's number in the shop.")] = None
    name: Annotated[str, Doc("What the shopper reads, up to 255 characters.")]
    quantity: Annotated[int, Doc("How many, a whole number.")] = 1
    unit_amount_cents: Annotated[
        Cents, Doc("The price of one, in minor units; negative on discounts.")
    ]
    discount_cents: Annotated[
        Cents, Doc("The discount on the whole line, in minor units and negative.")
    ] = 0
    total_amount_cents: Annotated[
        Cents, Doc("Quantity times price, less the line's own discount, in minor units.")
    ]
    tax_amount_cents: Annotated[
        Cents,
        Doc("The tax on the whole line, in minor units; part of the total if `taxIncluded`."),
    ] = 0
    tax_rate: Annotated[
        float | None, Doc("The tax rate as a fraction: 0.25 is 25 %. Null where there is none.")
    ] = None
    image_url: Annotated[str | None, Doc("A picture of it, shown by Klarna.")] = None
    product_url: Annotated[str | None, Doc("The article's page in the shop.")] = None


@dataclass(kw_only=True)
class LineItem(LineItemContent, Resource):
    """One line of an order: goods, shipping, a discount or a charge."""

    order_id: Annotated[str, Doc("The id of its order."), References("orders")]
    currency_code: Annotated[str, Doc("The order's currency, ISO 4217.")]
    position: Annotated[int, Doc("Its place in the order, from 0.")]


line_items = derive(
    "line_items",
    LineItem,
    traits=Traits(owner="order_id"),
    key=("order_id", "position", "id"),
    clustered=True,
)

line_items_by_id = Lookup(LineItem, line_items.c.id)
line_items_by_order = Lookup(
    LineItem, line_items.c.order_id, order_by=(line_items.c.order_id, line_items.c.position)
)
