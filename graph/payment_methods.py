"""Payment methods: the type and its changes."""

from typing import TYPE_CHECKING, Annotated

import strawberry
from typing_extensions import Doc

from graph.connections import connection_of, listed
from graph.context import Info
from graph.errors import Refusal
from graph.filters import filter_of
from graph.inputs import content, graph_input
from graph.permissions import INTEGRATIONS
from graph.relationships import one
from graph.resources import Resource
from graph.sorting import order_of
from graph.types import graph_type
from resolvers import payment_methods
from store import payment_methods as store
from store.gateways import gateways_by_id
from store.payment_methods import PaymentMethodSettings, payment_methods_by_id

if TYPE_CHECKING:
    from graph.gateways import KlarnaGateway

HERE = "graph.payment_methods"


@graph_type
class PaymentMethod(store.PaymentMethod, Resource):
    """A way of paying that orders can choose, backed by a gateway."""

    payment_gateway: Annotated["KlarnaGateway", strawberry.lazy("graph.gateways")] | None = one(
        gateways_by_id, "payment_gateway_id", "The gateway that its payments go through."
    )


PaymentMethodFilter = filter_of(PaymentMethod)
PaymentMethodOrder = order_of(PaymentMethod)
PaymentMethodConnection = connection_of(PaymentMethod)
PaymentMethodResult = Annotated[
    PaymentMethod | Refusal,
    strawberry.union("PaymentMethodResult", description="The payment method, or why not."),
]


@graph_input
class CreatePaymentMethodInput(PaymentMethodSettings):
    """A new payment method."""


@graph_type
class PaymentMethodQuestions:
    """What can be asked of payment methods."""

    @strawberry.field(graphql_type=PaymentMethod | None)
    async def payment_method(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The payment method's id.")]
    ) -> store.PaymentMethod | None:
        """One payment method, or null if there is none of this id. For integrations only."""
        info.context.caller.must_be(*INTEGRATIONS)
        return await info.context.loaders.one(payment_methods_by_id, id)

    payment_methods = listed("PaymentMethod", HERE, "All payment methods. For integrations only.")


@graph_type
class PaymentMethodChanges:
    """What can be done with payment methods."""

    @strawberry.mutation(graphql_type=PaymentMethodResult | None)
    async def create_payment_method(
        self, info: Info, input: Annotated[CreatePaymentMethodInput, Doc("The new method.")]
    ) -> store.PaymentMethod:
        """Make a payment method that goes through a gateway. For integrations only."""
        settings = content(PaymentMethodSettings, input)
        return await payment_methods.create_payment_method(info.context, settings)
