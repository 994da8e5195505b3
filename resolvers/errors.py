"""What an operation raises instead of an answer.

    Problem
    |-- Refused           a no that a typed client handles: an answer of the mutation's union
    `-- Fault             an error: the `errors` of GraphQL, with this code in `extensions`
        |-- NotFound          NOT_FOUND: unknown, or another's
        |-- Forbidden         FORBIDDEN: this kind of caller may not
        |-- Unauthenticated   UNAUTHENTICATED: no token, or not a good one
        |-- BadInput          BAD_USER_INPUT: an argument that cannot be
        `-- Unavailable       UNAVAILABLE: Klarna or the store did not answer; try again

Everything else that is raised is a bug, which the faces mask and log.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from store.words import Word


class RefusalCode(Word):
    """Why a change was refused. The codes are stable: clients may decide on them."""

    FIELD_INVALID = "FIELD_INVALID", "A field holds what it must not: `path` says which."
    AMOUNT_OUT_OF_RANGE = (
        "AMOUNT_OUT_OF_RANGE",
        "An amount is larger than Klarna takes, or of the wrong sign.",
    )
    AMOUNTS_DIFFER = (
        "AMOUNTS_DIFFER",
        "Amounts do not add up: a line, a total or the tax is not what the others make it.",
    )
    RESOURCE_IN_USE = (
        "RESOURCE_IN_USE",
        "Other resources refer to it, so that it cannot be deleted or moved.",
    )
    KEY_REUSED = ("KEY_REUSED", "The idempotency key was used for another request before.")
    KEY_IN_USE = (
        "KEY_IN_USE",
        "A request with this idempotency key is being worked on at this moment.",
    )
    REFERENCE_AMBIGUOUS = (
        "REFERENCE_AMBIGUOUS",
        "Several orders have this reference: say which by its id.",
    )
    ORDER_NOT_EDITABLE = (
        "ORDER_NOT_EDITABLE",
        "The order is placed, being placed or cancelled, and cannot be changed any more.",
    )
    ORDER_NOT_PLACED = (
        "ORDER_NOT_PLACED",
        "Only a placed order can be approved, captured, voided or refunded.",
    )
    NOTHING_LEFT = ("NOTHING_LEFT", "Nothing is left to be captured, voided or refunded.")
    AMOUNT_EXCEEDED = ("AMOUNT_EXCEEDED", "The amount is more than what is left.")
    MOVEMENT_UNSETTLED = (
        "MOVEMENT_UNSETTLED",
        "Nobody knows yet what came of an earlier capture, void or refund of the order.",
    )
    ORDER_NOT_PENDING = (
        "ORDER_NOT_PENDING",
        "Only a pending order can be placed, and this one is not.",
    )
    ORDER_INCOMPLETE = (
        "ORDER_INCOMPLETE",
        "The order lacks something that paying it needs: `path` says what.",
    )
    PAYMENT_METHOD_UNUSABLE = (
        "PAYMENT_METHOD_UNUSABLE",
        "The order's payment method is missing, disabled or not for its currency.",
    )
    GATEWAY_DISABLED = "GATEWAY_DISABLED", "The gateway is disabled and takes no new payments."
    COUNTRY_UNSUPPORTED = (
        "COUNTRY_UNSUPPORTED",
        "Klarna does not sell to this country, or not through this gateway's region.",
    )
    CURRENCY_UNSUPPORTED = (
        "CURRENCY_UNSUPPORTED",
        "Klarna takes this country's own currency only.",
    )
    AMOUNTS_MISMATCHED = (
        "AMOUNTS_MISMATCHED",
        "The order changed after the session was opened: refresh the payment first.",
    )
    NOT_AUTHORIZED = (
        "NOT_AUTHORIZED",
        "The payment holds no authorization that is still good: the shopper must authorize.",
    )
    SESSION_EXPIRED = (
        "SESSION_EXPIRED",
        "The payment's session has ended: refresh the payment for a new one.",
    )
    SESSION_COMPLETED = (
        "SESSION_COMPLETED",
        "Klarna has placed an order from this session already.",
    )
    PAYMENT_STATE = (
        "PAYMENT_STATE",
        "The payment is in a state that does not allow this: it is being placed, placed or over.",
    )
    KLARNA_DECLINED = (
        "KLARNA_DECLINED",
        "Klarna declines the purchase and gives no reason: offer another way to pay.",
    )
    KLARNA_REFUSED = (
        "KLARNA_REFUSED",
        "Klarna refused the request: `klarnaCode` and the message say why.",
    )
    GATEWAY_UNAUTHORIZED = (
        "GATEWAY_UNAUTHORIZED",
        "Klarna does not accept the gateway's credentials: wrong, disabled or of another region.",
    )


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
    code: ClassVar[str]
    details: dict[str, object] = field(default_factory=dict)
    """More to say in the error's extensions; it holds no secret."""

    def __str__(self) -> str:
        return self.message


class NotFound(Fault):
    """There is no such thing, or it is not the caller's: both are answered alike."""

    code = "NOT_FOUND"


class Forbidden(Fault):
    """A caller of this kind may not do this."""

    code = "FORBIDDEN"


class Unauthenticated(Fault):
    """There is no token, or it is not a good one."""

    code = "UNAUTHENTICATED"


class BadInput(Fault):
    """An argument that no caller could mean."""

    code = "BAD_USER_INPUT"


class Unavailable(Fault):
    """Klarna or the store did not answer. The same request may be sent again."""

    code = "UNAVAILABLE"
