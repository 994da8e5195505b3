"""Failures on demand: the next calls of an operation go wrong in a chosen way."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from resolvers.klarna.sandbox.contract import Shape
from resolvers.klarna.sandbox.errors import error_reply
from resolvers.klarna.sandbox.messages import CORRELATION_ID, Json, Reply, json_reply

ANY = "*"
"""The operation of a fault that hits every operation."""

_ERRORS: dict[int, tuple[str, Sequence[str]]] = {
    400: ("BAD_REQUEST", ["Bad request"]),
    401: ("UNAUTHORIZED", ["Unauthorized"]),
    403: ("PERMISSION_DENIED", []),
    404: ("NOT_FOUND", ["Not found"]),
    409: ("CONFLICT", []),
    413: ("REQUEST_TOO_LARGE", ["Request too large"]),
    422: ("UNPROCESSABLE_ENTITY", []),
    429: ("TOO_MANY_REQUESTS", ["Too many requests"]),
    500: ("INTERNAL_SERVER_ERROR", ["Internal error"]),
    502: ("TEMPORARILY_UNAVAILABLE", ["Temporarily unavailable"]),
    503: ("TEMPORARILY_UNAVAILABLE", ["Temporarily unavailable"]),
    504: ("TEMPORARILY_UNAVAILABLE", ["Temporarily unavailable"]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is to go wrong, and how often.

    `Fault(operation="capture", status=503)` refuses the next capture, which then never happened;
    with `commit=True` it happened all the same. `Fault(operation="refund", close="after")`
    commits the next refund and loses its answer, `close="before"` loses the call itself.
    `Fault(operation="place_order", delay=3)` holds the answer back.
    """

    operation: str
    """An operation's name, or ANY."""
    times: int = 1
    """How many calls it hits."""
    skip: int = 0
    """How many calls it lets pass first."""
    status: int | None = None
    """Answer this instead of what the call deserves."""
    commit: bool = False
    """Let the call take effect before answering `status`."""
    error_code: str | None = None
    """Klarna's error code in the answer; None for the usual one of `status`."""
    error_messages: tuple[str, ...] | None = None
    body: Any = None
    """The answer's body instead of an error in Klarna's shape: text as it is, the rest as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """More headers for the answer."""
    delay: float = 0.0
    """Seconds to hold the answer back, after the call took effect."""
    close: Literal["before", "after"] | None = None
    """Close the connection before the call takes effect, or after it did."""

    def __post_init__(self) -> None:
        if self.status is None and self.close is None and not self.delay:
            raise ValueError("A fault needs a status, a delay or a close.")
        if self.status is not None and self.close is not None:
            raise ValueError("A closed connection has no status.")

    @property
    def takes_effect(self) -> bool:
        """Whether the call does what it asks for."""
        if self.close is not None:
            return self.close == "after"
        return self.commit or self.status is None

    def bend(self, reply: Reply | None, correlation_id: str) -> Reply:
        """Return what is answered instead of `reply`, which is None if nothing took effect."""
        bent = reply or Reply(503, headers={CORRELATION_ID: correlation_id})
        if self.status is not None:
            bent = self._answer(self.status, correlation_id)
        return replace(bent, delay=self.delay, close=self.close is not None)

    def as_json(self) -> Json:
        """Return the fault as the control API shows it."""
        return asdict(self)

    def _answer(self, status: int, correlation_id: str) -> Reply:
        headers = {CORRELATION_ID: correlation_id, **self.headers}
        if isinstance(self.body, str):
            return Reply(status, self.body.encode("utf-8", "replace"), headers)
        if self.body is not None:
            return json_reply(status, self.body, headers)
        if status not in _ERRORS and self.error_code is None:
            return Reply(status, headers=headers)
        code, messages = _ERRORS.get(status, ("", []))
        if self.error_messages is not None:
            messages = self.error_messages
        return error_reply(status, self.error_code or code, messages, correlation_id, self.headers)


class Faults:
    """The faults still to come. The oldest that fits a call hits it."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Have calls go wrong from now on."""
        self.waiting.append(fault)

    def take(self, operation: str) -> Fault | None:
        """Return what goes wrong with a call of this operation, or None."""
        for index, fault in enumerate(self.waiting):
            if fault.operation not in {operation, ANY}:
                continue
            if fault.skip:
                self.waiting[index] = replace(fault, skip=fault.skip - 1)
                continue
            self.waiting[index] = replace(fault, times=fault.times - 1)
            self.waiting = [fault for fault in self.waiting if fault.times > 0]
            return fault
        return None


def fault_of(wish: object, operations: Sequence[str]) -> Fault:
    """Read a fault from JSON. Raises ValueError for what is none."""
    fields = _shape(operations).read(wish)
    if fields.get("error_messages") is not None:
        fields["error_messages"] = tuple(fields["error_messages"])
    return Fault(**fields)


def _shape(operations: Sequence[str]) -> Shape:
    header = r"^(?!(?i:content-length|transfer-encoding|connection)\Z)[A-Za-z0-9-]{1,100}\Z"
    text = {"type": "string", "pattern": r"^[\x20-\x7e]*\Z", "maxLength": 1000}
    return Shape(
        {
            "type": "object",
            "required": ["operation"],
            "additionalProperties": False,
            "properties": {
                "operation": {"enum": [ANY, *operations]},
                "times": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
                "skip": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
                "status": {"type": "integer", "minimum": 200, "maximum": 599},
                "commit": {"type": "boolean"},
                "error_code": {"type": "string", "maxLength": 100},
                "error_messages": {"type": "array", "items": {"type": "string"}},
                "body": {},
                "headers": {
                    "type": "object",
                    "patternProperties": {header: text},
                    "additionalProperties": False,
                },
                "delay": {"type": "number", "minimum": 0, "maximum": 600},
                "close": {"enum": ["before", "after"]},
            },
        }
    )
