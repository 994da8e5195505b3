"""What a caller is told when Klarna did not say yes."""

from resolvers.errors import Problem, RefusalCode, Refused, Unavailable
from resolvers.klarna import errors

SESSION_COMPLETED = "SESSION_COMPLETED"
"""Klarna's code for a session from which an order was placed."""
_REASONS: dict[str | None, tuple[RefusalCode, str]] = {
    "REJECTED": (
        RefusalCode.KLARNA_DECLINED,
        "Offer the shopper another way to pay, and call setOrderPaymentMethod.",
    ),
    SESSION_COMPLETED: (
        RefusalCode.SESSION_COMPLETED,
        "Look the order up at Klarna and call recordKlarnaOrder before making a new payment.",
    ),
    "NOT_FOUND": (
        RefusalCode.NOT_AUTHORIZED,
        "Have the shopper authorize again, then call saveKlarnaAuthToken.",
    ),
    "CAPTURE_NOT_ALLOWED": (
        RefusalCode.KLARNA_REFUSED,
        "Read klarnaOrder for what Klarna has left, and call captureOrder for so much.",
    ),
    "CANCEL_NOT_ALLOWED": (
        RefusalCode.KLARNA_REFUSED,
        "Read klarnaOrder: what Klarna has captured is given back by refundOrder.",
    ),
    "REFUND_NOT_ALLOWED": (
        RefusalCode.KLARNA_REFUSED,
        "Read klarnaOrder for what Klarna has captured, and call refundOrder for what is left.",
    ),
    "NOT_ALLOWED": (
        RefusalCode.KLARNA_REFUSED,
        "Read klarnaOrder: captureOrder, voidOrder or refundOrder may be what is left to do.",
    ),
    "NO_SUCH_ORDER": (
        RefusalCode.KLARNA_REFUSED,
        "Call rotateKlarnaCredentials with the credentials of the account that placed the order.",
    ),
}
"""What Klarna's codes mean to a caller, and what to do. Source: Klarna's tables of errors."""
_OTHERWISE = (
    RefusalCode.KLARNA_REFUSED,
    "Correct what Klarna names, of the order with putOrder, and call this again.",
)
_LOGIN = (
    RefusalCode.GATEWAY_UNAUTHORIZED,
    "Check the API key and secret, their region and mode, and call rotateKlarnaCredentials.",
)


def refusal(problem: errors.KlarnaProblem) -> Problem:
    """Return what to raise for a call to Klarna that brought no answer."""
    if isinstance(problem, errors.Refused):
        code, hint = _reason(problem)
        return Refused(
            code,
            str(problem),
            hint=hint,
            # An operator can mend the login, and then the same request is a good one
            retryable=isinstance(problem, errors.Unauthorized),
            klarna_code=problem.code,
            correlation_id=problem.correlation_id,
        )
    if isinstance(problem, errors.LockedOut):
        return Refused(
            RefusalCode.GATEWAY_UNREADABLE,
            f"{problem} Nothing was sent.",
            retryable=True,
            hint="The operator puts the missing sealing key back, which `klarna-graph keys list` "
            "names; or call rotateKlarnaCredentials with the API key and secret again.",
        )
    details: dict[str, object] = {"retryable": True}
    if problem.correlation_id:
        details["correlationId"] = problem.correlation_id
    if isinstance(problem, errors.Busy):
        if problem.reset is not None:
            details["retryAfter"] = problem.reset
        return Unavailable(f"{problem} Nothing was changed: try again in a moment.", details)
    if isinstance(problem, errors.Unreachable):
        return Unavailable(f"{problem} Nothing was changed: try again.", details)
    return Unavailable(
        f"{problem} It may have happened all the same: ask again, nothing is done twice.", details
    )


def _reason(no: errors.Refused) -> tuple[RefusalCode, str]:
    return _LOGIN if isinstance(no, errors.Unauthorized) else _REASONS.get(no.code, _OTHERWISE)
