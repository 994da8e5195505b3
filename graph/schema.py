"""The schema: every question and every change, in one place."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from graph.audit import AuditQuestions
from graph.errors import RefusedHandler
from graph.gateways import GatewayChanges, GatewayQuestions
from graph.nodes import NodeQuestions
from graph.orders import OrderChanges, OrderQuestions
from graph.payment_methods import PaymentMethodChanges, PaymentMethodQuestions
from graph.payments import PaymentChanges, PaymentQuestions
from graph.scalars import SCALARS
from graph.transactions import Authorization, Capture, Refund, TransactionQuestions, Void


@strawberry.type(description="What can be asked. A checkout's token sees its own order only.")
class Query(
    PaymentQuestions,
    GatewayQuestions,
    OrderQuestions,
    PaymentMethodQuestions,
    TransactionQuestions,
    AuditQuestions,
    NodeQuestions,
):
    """Every question."""


@strawberry.type(
    description="What can be done. Each answer is the resource, or a `Refusal` that says why not."
)
class Mutation(PaymentChanges, GatewayChanges, PaymentMethodChanges, OrderChanges):
    """Every change."""


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    types=[Authorization, Capture, Void, Refund],  # whatever only an interface leads to
    config=StrawberryConfig(scalar_map=SCALARS),
    exception_handlers=[RefusedHandler()],
)


def printed() -> str:
    """Return the schema as `graph/schema.graphql` holds it."""
    return schema.as_str() + "\n"
