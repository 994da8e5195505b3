"""What can come of a call to Klarna instead of an answer.

KlarnaProblem
|-- Refused        Klarna said no: nothing happened, and asking again will not help
|   `-- Unauthorized   it does not know the credentials, or not in this region
|-- LockedOut      the login cannot be opened here: nothing was sent
|-- Busy           Klarna asked to wait: nothing happened, ask again later
|-- Unreachable    the request did not get there: nothing happened
`-- Silent         no answer, half an answer or an internal error: it may have happened
"""

from dataclasses import dataclass, field


@dataclass(eq=False)
class KlarnaProblem(Exception):
    """A call to Klarna that brought no answer to work with."""

    message: str
    """What happened, in words that may be logged: never a body, never a credential."""
    correlation_id: str | None = None
    """Klarna's id for the call, to quote to its support."""

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class Refused(KlarnaProblem):
    """Klarna refused the request. Decide on `status` and `code`, never on the texts."""

    status: int = 0
    code: str | None = None
    """Klarna's code, such as `BAD_VALUE`; None where the answer had none."""
    messages: tuple[str, ...] = field(default=())
    after_silence: bool = False
    """Whether an attempt before went unanswered, so that it may have happened all the same."""


@dataclass(eq=False)
class Unauthorized(Refused):
    """Klarna does not know these credentials here: wrong, disabled, or of another region."""


@dataclass(eq=False)
class LockedOut(KlarnaProblem):
    """The credentials are sealed with a key that is not on the ring, or were tampered with."""


@dataclass(eq=False)
class Busy(KlarnaProblem):
    """Too many requests."""

    reset: float | None = None
    """In how many seconds Klarna will listen again, where it said so."""


class Unreachable(KlarnaProblem):
    """The request never reached Klarna."""


class Silent(KlarnaProblem):
    """The request may have reached Klarna and may have had its effect."""
