"""Callbacks: what Klarna reports by itself. It is written down at once, and acted on after.

Nothing in a report is believed: it only says when to ask Klarna.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resolvers.background.acting import itself, run
from resolvers.background.errands import sealed
from resolvers.context import Services
from resolvers.errors import BadInput, NotFound
from resolvers.operations import ATTENDED, digest
from store import errands as log
from store.changes import Change
from store.errands import Errand, ErrandKind
from store.instants import after
from store.payments import payments_by_id
from store.scope import EVERYTHING

ROLE = "klarna"
LONGEST = 255
_NOBODY = "-" * 32


@dataclass(frozen=True, slots=True)
class Report:
    """A kind of report, and what it must say."""

    kind: ErrandKind
    event: str
    fields: tuple[str, ...]


REPORTS: Mapping[str, Report] = {
    "callbacks": Report(
        ErrandKind.authorization,
        "authorization_reported",
        ("authorization_token", "session_id"),
    ),
    "notifications": Report(ErrandKind.review, "review_reported", ("order_id", "event_type")),
}
"""The reports by the part of our address at which Klarna makes them."""


async def receive(
    services: Services, report: Report, payment_id: str, secret: str, body: object
) -> None:
    """Write a report down, and have it acted on once the answer is out.

    The same again changes nothing. Raises NotFound for whoever is not Klarna, and BadInput.
    """
    payment = await payments_by_id.one(services.database, payment_id, EVERYTHING)
    expected = _NOBODY if payment is None else payment.callback_secret
    right = hmac.compare_digest(expected.encode(), secret.encode())
    if payment is None or not right:
        raise NotFound("There is nothing here.")
    said = _said(report, body)
    context = itself(services, payment.mode, ROLE)

    async def write(change: Change) -> Errand | None:
        errand = Errand(
            id=change.new_id(),
            mode=payment.mode,
            kind=report.kind,
            payment_id=payment.id,
            name=digest(said),
            content=sealed(context, payment, said),
            created_at=change.at,
            next_attempt_at=after(change.at, ATTENDED),
        )
        if not await log.add(change.transaction, errand):
            return None
        await change.note(payment, report.event, {})
        return errand

    errand = await context.change(write)
    if errand is not None:
        services.turns.begin(run(context, errand))


def _said(report: Report, body: object) -> dict[str, str]:
    """Return what a report must say, and nothing else of it. Raises BadInput."""
    said: dict[str, Any] = body if isinstance(body, dict) else {}
    for name in report.fields:
        value = said.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= LONGEST:
            raise BadInput(f"`{name}` is missing or too long.", {"argument": name})
    return {name: said[name] for name in report.fields}
