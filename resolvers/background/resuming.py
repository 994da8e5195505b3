"""Resuming: going on with an operation that was not settled, by its kind."""

from collections.abc import Sequence

from resolvers.context import Context
from resolvers.errors import Problem
from resolvers.identity.permissions import INTEGRATIONS, done_by
from resolvers.moving.capturing import Capturing
from resolvers.moving.extending import Extending
from resolvers.moving.movements import Movement
from resolvers.moving.refunding import Refunding
from resolvers.moving.releasing import NothingHeld, Releasing
from resolvers.moving.voiding import Voiding
from resolvers.operations import Settled, abandon, perform
from resolvers.placing import Placing
from resolvers.refreshing import Refreshing
from resolvers.seeing import seen
from store.operations import UNSETTLED, Operation, OperationKind, operations_by_id
from store.payments import PaymentStatus, payments_by_id
from store.scope import EVERYTHING

_MOVEMENTS: Sequence[type[Movement]] = (Capturing, Voiding, Refunding, Extending)
_BY_KIND = {kind: movement for movement in _MOVEMENTS for kind in movement.kinds}


@done_by(INTEGRATIONS)
async def retry_operation(context: Context, operation_id: str) -> Operation:
    """Go on with an operation now, and return what is known of it then.

    Raises Forbidden and NotFound. What keeps it from being settled is in the operation.
    """
    operation = await seen(context, context.database, operations_by_id, operation_id)
    await resume(context, operation)
    return await operations_by_id.known(context.database, operation.id)


async def resume(context: Context, operation: Operation) -> None:
    """Bring an operation nearer to its end: ask Klarna what came of it, or once more for it.

    Whatever Klarna says is written down; nothing is raised for it.
    """

    async def conversation() -> None:
        found = await operations_by_id.known(context.database, operation.id)
        if found.state in UNSETTLED:
            await _go_on(context, found)

    try:
        await context.services.turns.take(operation.order_id, conversation)
    except (Problem, Settled):
        return


async def _go_on(context: Context, operation: Operation) -> None:
    movement = _BY_KIND.get(operation.kind)
    if movement is not None:
        await perform(context, movement(context, operation.order_id, operation))
    elif operation.kind is OperationKind.cancel_authorization:
        try:
            await perform(context, Releasing(operation.payment_id, resumed=operation))
        except NothingHeld:
            await abandon(context, operation)
    elif operation.kind is OperationKind.place_order:
        payment = await payments_by_id.one(context.database, operation.payment_id, EVERYTHING)
        if payment is not None and payment.status is PaymentStatus.PLACING:
            await perform(context, Placing(context, operation.order_id))
        else:
            await abandon(context, operation)
    elif operation.kind is OperationKind.update_session:
        await abandon(context, operation, Refreshing(operation.payment_id, operation))
    else:
        await abandon(context, operation)  # a session that nobody knows ends by itself
