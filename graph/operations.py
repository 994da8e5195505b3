"""Operations: the log of calls to Klarna that have an effect, and going on with one of them."""

from typing import TYPE_CHECKING, Annotated

import strawberry
from typing_extensions import Doc

from graph.context import Info
from graph.errors import Refusal
from graph.fields.connections import connection_of, listed
from graph.fields.filters import filter_of
from graph.fields.lookups import found_by
from graph.fields.mutations import mutation
from graph.fields.permissions import open_to
from graph.fields.relationships import one
from graph.fields.sorting import order_of
from graph.fields.types import graph_type
from resolvers.background.resuming import retry_operation
from resolvers.identity.permissions import READERS
from store import operations as store
from store.gateways import gateways_by_id
from store.operations import operations_by_id
from store.orders import orders_by_id
from store.payments import payments_by_id

if TYPE_CHECKING:
    from graph.gateways import KlarnaGateway
    from graph.orders import Order
    from graph.payments import KlarnaPayment

HERE = "graph.operations"


@graph_type
class Operation(store.Operation):
    """One call to Klarna that has an effect, written down before it was sent."""

    order: Annotated["Order", strawberry.lazy("graph.orders")] | None = one(
        orders_by_id, "order_id", "The order it is about."
    )
    payment: Annotated["KlarnaPayment", strawberry.lazy("graph.payments")] | None = one(
        payments_by_id, "payment_id", "The payment it is about; null if it never came to be."
    )
    payment_gateway: Annotated["KlarnaGateway", strawberry.lazy("graph.gateways")] | None = one(
        gateways_by_id, "payment_gateway_id", "The gateway it went through."
    )


OperationFilter = filter_of(Operation)
OperationOrder = order_of(Operation)
OperationConnection = connection_of(Operation)
OperationResult = Annotated[
    Operation | Refusal,
    strawberry.union("OperationResult", description="The operation, or why not."),
]


@graph_type
class OperationQuestions:
    """What can be asked of operations."""

    @strawberry.field(
        graphql_type=Operation | None,
        metadata=open_to(READERS) | found_by(id=operations_by_id),
    )
    async def operation(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The operation's id.")]
    ) -> store.Operation | None:
        """One operation, or null if there is none of this id. Not for checkouts."""
        return await info.context.loaders.one(operations_by_id, id)

    operations = listed(
        "Operation",
        HERE,
        "All calls to Klarna that had an effect, or were meant to. Not for checkouts. Those "
        "whose outcome nobody knows: `{state: {in: [pending, unknown]}}`.",
    )


@graph_type
class OperationChanges:
    """What can be done with operations."""

    @mutation(OperationResult, retry_operation)
    async def retry_operation(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The operation's id.")]
    ) -> store.Operation:
        """Go on now with an operation whose outcome nobody knows. For integrations only.

        Klarna is asked what came of it before it is asked for it again, so that nothing is done
        twice. The gateway does so by itself, at `nextAttemptAt`. A settled one stays as it is.
        """
        return await retry_operation(info.context, id)
