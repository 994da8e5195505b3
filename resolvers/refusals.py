"""What a caller is told when Klarna did not say yes."""

from resolvers.errors import Problem, RefusalCode, Refused, Unavailable
from resolvers.klarna import errors

DECLINED = "REJECTED"
NOT_FOUND = "NOT_FOUND"
SESSION_COMPLETED = "SESSION_COMPLETED"
"""Klarna's codes that mean more to a caller than that something was wrong."""


def refusal(problem: errors.KlarnaProblem) -> Problem:
    """Return what to raise for a call to Klarna that brought no answer."""
    if isinstance(problem, errors.Refused):
        code, hint = _reason(problem)
        return Refused(
            code,
            str(problem),
            hint=hint,
            klarna_code=problem.code,
            correlation_id=problem.correlation_id,
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
    if isinstance(no, errors.Unauthorized):
        return (
            RefusalCode.GATEWAY_UNAUTHORIZED,
            "Check the gateway's API key and secret, its region and its mode.",
        )
    if no.code == DECLINED:
        return RefusalCode.KLARNA_DECLINED, "Offer the shopper another way to pay."
    if no.code == SESSION_COMPLETED:
        return RefusalCode.SESSION_COMPLETED, "Look the order up before making a new payment."
    if no.code == NOT_FOUND:
        return RefusalCode.NOT_AUTHORIZED, "Authorize again, then call saveKlarnaAuthToken."
    return RefusalCode.KLARNA_REFUSED, "Correct what Klarna names, then try again."
