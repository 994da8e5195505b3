"""What an operation raises instead of an answer.

    Problem
    |-- Refused           a no that a typed client handles: an answer of the mutation's union
    `-- Fault             an error: the `errors` of GraphQL, with this code in `extensions`
        |-- NotFound          NOT_FOUND: unknown, or another's
        |-- Forbidden         FORBIDDEN: this kind of caller may not
        |-- Unauthenticated   UNAUTHENTICATED: no token, or not a good one
        |-- BadInput          BAD_USER_INPUT: an argument that cannot be
        |-- LimitExceeded     LIMIT_EXCEEDED: more than one operation may ask for
        |-- RateLimited       RATE_LIMITED: more than a token may ask for in a time
        |-- TimedOut          TIMEOUT: the answer took too long
        `-- Unavailable       UNAVAILABLE: Klarna or the store did not answer; try again

Everything else that is raised is a bug, which the faces mask and log.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from resolvers.codes import ErrorCode, RefusalCode

__all__ = [
    "BadInput",
    "ErrorCode",
    "Fault",
    "Forbidden",
    "LimitExceeded",
    "NotFound",
    "Problem",
    "RateLimited",
    "RefusalCode",
    "Refused",
    "TimedOut",
    "Unauthenticated",
    "Unavailable",
]


class Problem(Exception):
    """An operation that ends without its answer."""

    message: str


@dataclass(eq=False)
class Refused(Problem):
    """A no that the caller should be made to handle."""

    code: RefusalCode
    message: str
    """One sentence for a developer; it holds no secret."""
    path: Sequence[str] | None = None
    """The field it is about, from the outside in, in the store's names: `("line_items", "0")`."""
    retryable: bool = False
    """Whether the same request may be accepted later, nothing else having changed."""
    hint: str | None = None
    """What to do instead, naming the mutation that helps."""
    klarna_code: str | None = None
    """Klarna's own code, as it came."""
    correlation_id: str | None = None
    """Klarna's id for its answer, to quote to its support."""

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class Fault(Problem):
    """An operation that cannot be answered: it becomes an error with a code."""

    message: str
    code: ClassVar[ErrorCode]
    details: dict[str, object] = field(default_factory=dict)
    """More to say in the error's extensions; it holds no secret."""

    def __str__(self) -> str:
        return self.message


class NotFound(Fault):
    """There is no such thing, or it is not the caller's: both are answered alike."""

    code = ErrorCode.NOT_FOUND


class Forbidden(Fault):
    """A caller of this kind may not do this."""

    code = ErrorCode.FORBIDDEN


class Unauthenticated(Fault):
    """There is no token, or it is not a good one."""

    code = ErrorCode.UNAUTHENTICATED


class BadInput(Fault):
    """An argument that no caller could mean."""

    code = ErrorCode.BAD_USER_INPUT


class LimitExceeded(Fault):
    """An operation that asks for more than it may; nothing of it was begun."""

    code = ErrorCode.LIMIT_EXCEEDED


class RateLimited(Fault):
    """An operation that comes too soon after others; nothing of it was begun."""

    code = ErrorCode.RATE_LIMITED


class TimedOut(Fault):
    """An operation that took too long: a question ends with it, a change goes on to its end."""

    code = ErrorCode.TIMEOUT


class Unavailable(Fault):
    """Klarna or the store did not answer. The same request may be sent again."""

    code = ErrorCode.UNAVAILABLE
