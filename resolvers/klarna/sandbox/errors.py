"""Klarna's refusals: a status, a code to decide on, and messages for people.

    KlarnaError       any documented error
      BadValue        400: a field, or several, that Klarna cannot accept

Source: Klarna's pages on error codes, for Payments and for Order Management.
"""

from collections.abc import Mapping, Sequence

from resolvers.klarna.sandbox.messages import CORRELATION_ID, Reply, json_reply


class KlarnaError(Exception):
    """An error as Klarna reports it; it carries the whole answer but its correlation id."""

    def __init__(self, status: int, code: str, *messages: str) -> None:
        super().__init__(code, *messages)
        self.status = status
        self.code = code
        self.messages = messages
        self.headers: Mapping[str, str] = {}

    def reply(self, correlation_id: str) -> Reply:
        """Return the error as an answer."""
        return error_reply(self.status, self.code, self.messages, correlation_id, self.headers)


class BadValue(KlarnaError):
    """Fields that are missing, malformed, or not what the others make them."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(400, "BAD_VALUE", *(f"Bad value: {path}" for path in paths))
        self.paths = tuple(paths)


def error_reply(
    status: int,
    code: str,
    messages: Sequence[str],
    correlation_id: str,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Write an error in Klarna's normal shape, its correlation id in the header as well."""
    body = {
        "correlation_id": correlation_id,
        "error_code": code,
        "error_messages": list(messages),
    }
    return json_reply(status, body, {CORRELATION_ID: correlation_id, **(headers or {})})


def gateway_reply(status: int, title: str, message: str, correlation_id: str) -> Reply:
    """Write an error as Klarna's API gateway does: without an `error_code`.

    The field names were seen in the wild; what `internal_message` says is inferred.
    """
    body = {
        "http_status_code": status,
        "http_status_message": title,
        "internal_message": message,
    }
    return json_reply(status, body, {CORRELATION_ID: correlation_id})


def malformed() -> KlarnaError:
    """Make the error for a body that is no JSON object. Code and message are inferred."""
    return KlarnaError(400, "BAD_REQUEST", "Malformed request body")


def unprocessable(paths: Sequence[str]) -> KlarnaError:
    """Make Order Management's error for fields beyond their limits; its messages are inferred."""
    return KlarnaError(422, "UNPROCESSABLE_ENTITY", *(f"Bad value: {path}" for path in paths))


def no_session() -> KlarnaError:
    """Make the error for a session that is unknown, expired or another merchant's."""
    return KlarnaError(404, "NOT_FOUND", "Invalid session id")


def no_authorization() -> KlarnaError:
    """Make the error for an authorization that is unknown, over 60 minutes old or replaced."""
    return KlarnaError(404, "NOT_FOUND", "Invalid authorization token")


def session_completed() -> KlarnaError:
    """Make the error for a session whose order exists already."""
    return KlarnaError(404, "SESSION_COMPLETED", "Session has already been completed")


def not_matching(fields: Sequence[str]) -> KlarnaError:
    """Make the error for an order that is not what the shopper authorized."""
    return KlarnaError(409, "BAD_VALUE", f"Not matching fields: [{', '.join(fields)}]")


def not_enabled(what: str) -> KlarnaError:
    """Make the error for what the merchant's agreement leaves out; its wording is inferred."""
    return KlarnaError(403, "INVALID_OPERATION", f"{what} is not enabled for the merchant")


def not_allowed(message: str = "Update not allowed.") -> KlarnaError:
    """Make Order Management's error for a change that the order's state forbids."""
    return KlarnaError(403, "NOT_ALLOWED", message)
