"""Payment methods: the type and its changes."""

from typing import TYPE_CHECKING, Annotated

import strawberry
from typing_extensions import Doc

from graph.context import Info
from graph.errors import Refusal
from graph.federation import entity
from graph.fields.connections import connection_of, listed
from graph.fields.filters import filter_of
from graph.fields.inputs import changes, content, graph_input, graph_patch
from graph.fields.lookups import found_by
from graph.fields.mutations import mutation
from graph.fields.permissions import open_to
from graph.fields.relationships import one
from graph.fields.resources import Resource
from graph.fields.sorting import order_of
from graph.fields.types import graph_type
from resolvers import payment_methods, switching
from resolvers.identity.permissions import READERS
from store import payment_methods as store
from store.gateways import gateways_by_id
from store.payment_methods import PaymentMethodSettings, payment_methods_by_id

if TYPE_CHECKING:
    from graph.gateways import KlarnaGateway

HERE = "graph.payment_methods"


@entity(payment_methods_by_id, seen_by=READERS)
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

    payment_gateway_id: strawberry.ID = strawberry.field(
        description="The id of the gateway that its payments go through. It stays with that one."
    )


@graph_patch
class UpdatePaymentMethodInput(PaymentMethodSettings):
    """What is to change of a payment method; what is left out stays as it is."""


@graph_type
class PaymentMethodQuestions:
    """What can be asked of payment methods."""

    @strawberry.field(
        graphql_type=PaymentMethod | None,
        metadata=open_to(READERS) | found_by(id=payment_methods_by_id),
    )
    async def payment_method(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The payment method's id.")]
    ) -> store.PaymentMethod | None:
        """One payment method, or null if there is none of this id. Not for checkouts."""
        return await info.context.loaders.one(payment_methods_by_id, id)

    payment_methods = listed("PaymentMethod", HERE, "All payment methods. Not for checkouts.")


@graph_type
class PaymentMethodChanges:
    """What can be done with payment methods."""

    @mutation(PaymentMethodResult, payment_methods.create_payment_method)
    async def create_payment_method(
        self, info: Info, input: Annotated[CreatePaymentMethodInput, Doc("The new method.")]
    ) -> store.PaymentMethod:
        """Make a payment method that goes through a gateway. For integrations only."""
        settings = content(PaymentMethodSettings, input)
        gateway_id = input.payment_gateway_id
        return await payment_methods.create_payment_method(info.context, gateway_id, settings)

    @mutation(PaymentMethodResult, payment_methods.update_payment_method)
    async def update_payment_method(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The payment method's id.")],
        input: Annotated[UpdatePaymentMethodInput, Doc("What is to change.")],
    ) -> store.PaymentMethod:
        """Change a payment method. `metadata` is replaced as a whole. For integrations only."""
        said = changes(PaymentMethodSettings, input)
        return await payment_methods.update_payment_method(info.context, id, said)

    @mutation(PaymentMethodResult, switching.enable_payment_method, in_one=True)
    async def enable_payment_method(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The payment method's id.")]
    ) -> store.PaymentMethod:
        """Let orders be paid this way again. For integrations only."""
        return await switching.enable_payment_method(info.context, id)

    @mutation(PaymentMethodResult, switching.disable_payment_method, in_one=True)
    async def disable_payment_method(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The payment method's id.")]
    ) -> store.PaymentMethod:
        """Have no new payment made this way; those there are go on. For integrations only."""
        return await switching.disable_payment_method(info.context, id)

    @mutation(PaymentMethodResult, payment_methods.delete_payment_method)
    async def delete_payment_method(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The payment method's id.")]
    ) -> store.PaymentMethod:
        """Delete a payment method that no order chose, and answer it as it was.

        For integrations only.
        """
        return await payment_methods.delete_payment_method(info.context, id)
