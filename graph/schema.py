"""The schema: every question, every change and every subscription, in one place."""

import strawberry.federation
from strawberry.schema.config import StrawberryConfig

from graph.applications import ApplicationChanges, ApplicationQuestions
from graph.audit import AuditQuestions
from graph.errors import RefusedHandler
from graph.federation import ANY, with_router_questions
from graph.fields.permissions import enforce
from graph.fields.scalars import SCALARS
from graph.gateways import GatewayChanges, GatewayQuestions
from graph.klarna_orders import KlarnaOrderQuestions
from graph.movements import MovementChanges
from graph.nodes import NodeQuestions
from graph.operations import OperationChanges, OperationQuestions
from graph.orders import OrderChanges, OrderQuestions
from graph.payment_methods import PaymentMethodChanges, PaymentMethodQuestions
from graph.payments import PaymentChanges, PaymentQuestions
from graph.sdl import plain_sdl, subgraph_sdl
from graph.subscriptions import Subscriptions
from graph.transactions import Authorization, Capture, Refund, TransactionQuestions, Void


@strawberry.type(description="What can be asked. A checkout's token sees its own order only.")
class Query(
    PaymentQuestions,
    GatewayQuestions,
    OrderQuestions,
    PaymentMethodQuestions,
    TransactionQuestions,
    OperationQuestions,
    KlarnaOrderQuestions,
    AuditQuestions,
    ApplicationQuestions,
    NodeQuestions,
):
    """Every question."""


@strawberry.type(
    description="What can be done. Each answer is the resource, or a `Refusal` that says why not."
)
class Mutation(
    PaymentChanges,
    GatewayChanges,
    PaymentMethodChanges,
    OrderChanges,
    MovementChanges,
    OperationChanges,
    ApplicationChanges,
):
    """Every change."""


@strawberry.type(
    description="What can be followed, over `graphql-transport-ws` or as `text/event-stream`."
)
class Subscription(Subscriptions):
    """Everything that is pushed."""


schema = strawberry.federation.Schema(
    query=with_router_questions(Query),
    mutation=Mutation,
    subscription=Subscription,
    types=[Authorization, Capture, Void, Refund],  # whatever only an interface leads to
    config=StrawberryConfig(scalar_map=SCALARS),
    scalar_overrides=ANY,
    federation_version="2.3",
    exception_handlers=[RefusedHandler()],
)

enforce(schema._schema)  # noqa: SLF001  (Strawberry shows its own only)


def printed() -> str:
    """Return the schema as `graph/schema.graphql` holds it."""
    return plain_sdl(schema)


def federated() -> str:
    """Return the schema as a federation composes it, and as `_service` answers it."""
    return subgraph_sdl(schema)
