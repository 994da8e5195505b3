"""Reconciling: settling what a dead process or a silent Klarna has left open."""

from dataclasses import dataclass

import structlog
from structlog.contextvars import bound_contextvars

from resolvers.background.acting import itself, run
from resolvers.background.resuming import resume
from resolvers.context import Context, Services
from resolvers.operations import ATTENDED, about
from resolvers.secrets.rotating import finish_rotations
from store import errands
from store.instants import after, instant
from store.operations import UNSETTLED, Operation, attend, due, operations_by_id

log = structlog.get_logger()

ROLE = "reconciler"
BATCH = 50
"""How many operations are looked after in one round."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round brought."""

    settled: int = 0
    open: int = 0
    """How many are still open: nobody knows their outcome yet."""


async def reconcile(services: Services) -> Round:
    """Look after every operation and run every errand that is due, one after another.

    Each is claimed first, so that of several processes one does it.
    """
    settled = still_open = done = 0
    now = instant(services.clock.now())
    for operation in await due(services.database, now, BATCH):
        context = itself(services, operation.mode, ROLE)
        if not await _claimed(context, operation):
            continue
        with bound_contextvars(**context.caller.words, **about(operation)):
            try:
                await resume(context, operation)
            except Exception:  # one that cannot be settled must not keep the others from it
                log.exception("reconcile_failed")
        found = await operations_by_id.known(services.database, operation.id)
        settled += found.state not in UNSETTLED
        still_open += found.state in UNSETTLED
    for errand in await errands.due(services.database, now, BATCH):
        done += await run(itself(services, errand.mode, ROLE), errand)
    await finish_rotations(services)
    if settled or still_open or done:
        log.info("reconciled", settled=settled, open=still_open, errands=done)
    return Round(settled, still_open)


async def _claimed(context: Context, operation: Operation) -> bool:
    until = after(context.now(), ATTENDED)
    return await context.database.write(lambda change: attend(change, operation, until))
