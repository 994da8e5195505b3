"""Klarna's own books of an order, read at this moment."""

from typing import Annotated, Any

import strawberry
from typing_extensions import Doc

from graph.context import Info
from graph.fields.permissions import open_to
from graph.fields.types import graph_type
from graph.mismatches import Mismatch
from resolvers.background.comparing import klarna_order
from resolvers.identity.permissions import doers_of


def _of_klarna(description: str) -> Any:
    """Declare what Klarna's own answer holds."""

    def read(self: Any, info: Info) -> Any:
        return getattr(self.klarna, info.python_name)

    return strawberry.field(resolver=read, description=description)


@graph_type
class KlarnaOrder:
    """An order in Klarna's books. Amounts are in minor units."""

    order_id: str = _of_klarna("Klarna's id for it.")
    status: str = _of_klarna(
        "`AUTHORIZED`, `PART_CAPTURED`, `CAPTURED`, `CANCELLED`, `EXPIRED` or `CLOSED`."
    )
    fraud_status: str | None = _of_klarna("`ACCEPTED`, `PENDING` or `REJECTED`.")
    order_amount: int = _of_klarna("What it is about, in minor units.")
    captured_amount: int = _of_klarna("What was taken, in minor units.")
    refunded_amount: int = _of_klarna("What was given back, in minor units.")
    remaining_authorized_amount: int = _of_klarna("What can still be taken, in minor units.")
    expires_at: str | None = _of_klarna("When Klarna's guarantee ends, as Klarna writes it.")

    @strawberry.field(graphql_type=list[Mismatch])
    def klarna_drift(self) -> Any:
        """Where Klarna's books differ from ours: `expected` is ours. Nothing, if all is well."""
        return self.drift  # type: ignore[attr-defined]  # what is compared has it


@graph_type
class KlarnaOrderQuestions:
    """What can be asked of Klarna's books."""

    @strawberry.field(graphql_type=KlarnaOrder | None, metadata=open_to(doers_of(klarna_order)))
    async def klarna_order(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The order's id, in this gateway.")]
    ) -> Any:
        """What Klarna has in its books of an order at this moment, and where ours differ.

        Klarna is called for it. Null before the order is placed. Not for checkouts.
        """
        return await klarna_order(info.context, id)
