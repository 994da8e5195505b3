"""What merchants asked and what they were answered, kept for whoever looks for a mistake."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from resolvers.klarna.sandbox.clock import instant
from resolvers.klarna.sandbox.merchants import Account
from resolvers.klarna.sandbox.messages import Json, Reply, Request

KEPT = 10_000
"""How many exchanges are remembered; older ones are forgotten."""


@dataclass(slots=True)
class Visit:
    """A request on its way, with what is found out about it step by step."""

    request: Request
    at: datetime
    correlation_id: str
    account: Account | None = None
    operation: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """What the answer will carry whatever it is."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    visit: Visit
    reply: Reply

    def as_json(self) -> Json:
        """Return the exchange as the control API shows it, without the caller's secret."""
        visit, request = self.visit, self.visit.request
        return {
            "at": instant(visit.at),
            "correlation_id": visit.correlation_id,
            "merchant": visit.account.merchant if visit.account else None,
            "operation": visit.operation,
            "method": request.method,
            "path": request.path,
            "headers": {
                name: text
                for name, text in request.headers.items()
                if name.lower() != "authorization"
            },
            "body": request.body.decode("utf-8", "replace"),
            "status": self.reply.status,
            "answer": self.reply.body.decode("utf-8", "replace"),
            "delay": self.reply.delay,
            "closed": self.reply.close,
        }


def exchanges() -> deque[Exchange]:
    """Return an empty list that forgets its oldest entries."""
    return deque(maxlen=KEPT)
