"""Moving an order's money: capturing, giving up, giving back, and having more time for it."""

from typing import Annotated

import strawberry
from typing_extensions import Doc

from graph.context import Info
from graph.fields.mutations import mutation
from graph.fields.types import graph_type
from graph.orders import OrderResult
from resolvers.moving.capturing import capture_order
from resolvers.moving.extending import extend_order_authorization
from resolvers.moving.refunding import refund_order
from resolvers.moving.voiding import void_order
from store.orders import Order

OrderId = Annotated[strawberry.ID, Doc("The order's id.")]


@graph_type
class MovementChanges:
    """What can be done with an order's money."""

    @mutation(OrderResult, capture_order)
    async def capture_order(
        self,
        info: Info,
        id: OrderId,
        amount_cents: Annotated[
            int | None, Doc("How much, in minor units; left out, it is all that is left.")
        ] = None,
        line_item_ids: Annotated[
            list[strawberry.ID] | None, Doc("The lines to capture, whole, instead of an amount.")
        ] = None,
    ) -> Order:
        """Take money that Klarna guarantees, all at once or in parts. For integrations only.

        The order is `approved` by that, and `paid` or `partially_paid`. Two calls are two captures:
        give each a `key`. While nobody knows what came of one, the same again goes on with it.
        """
        return await capture_order(info.context, id, amount_cents, line_item_ids)

    @mutation(OrderResult, void_order)
    async def void_order(self, info: Info, id: OrderId) -> Order:
        """Give up what Klarna guarantees. For integrations only.

        Without captures the order is `cancelled` and `voided`. After captures it is what they have
        left that is released, and the order is `partially_voided`; captured money is given back
        with refundOrder.
        """
        return await void_order(info.context, id)

    @mutation(OrderResult, refund_order)
    async def refund_order(
        self,
        info: Info,
        id: OrderId,
        capture_id: Annotated[
            strawberry.ID | None, Doc("The capture; it need not be named if it is the only one.")
        ] = None,
        amount_cents: Annotated[
            int | None, Doc("How much, in minor units; left out, it is all that is left of it.")
        ] = None,
    ) -> Order:
        """Give captured money back, all at once or in parts. For integrations only.

        The order is `refunded` and `cancelled`, or `partially_refunded`. Two calls are two refunds:
        give each a `key`. While nobody knows what came of one, the same again goes on with it.
        """
        return await refund_order(info.context, id, capture_id, amount_cents)

    @mutation(OrderResult, extend_order_authorization)
    async def extend_order_authorization(self, info: Info, id: OrderId) -> Order:
        """Have Klarna guarantee the order's money for longer. For integrations only.

        Klarna's guarantee ends after 28 days unless the merchant account says otherwise; each
        extension begins anew, up to 180 days after the order was placed.
        """
        return await extend_order_authorization(info.context, id)
