"""Redaction: prose that may go to the log, without the secrets and the people in it.

No line is meant to hold any: this is for what exceptions and libraries say in words of their own.
"""

import re
from typing import Any

REDACTED = "[redacted]"
LONGEST = 1_000
"""How many characters of a text are logged."""

_SECRETS = re.compile(
    r"eyJ[\w-]+(?:\.[\w=-]*){0,2}"  # JSON Web Tokens: callers', and Klarna's client tokens
    r"|\bklarna_(?:test|live)_\w+"  # Klarna's API secrets
    r"|\b(?:Bearer|Basic|Digest)\s+[^\s,'\"]+"
    r"|[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"  # addresses of people
    r"|(?<=/authorizations/)[^/\s'\"]+"
    r"|(?<=/sessions/)[^/\s'\"]+"
    r"|(?<=/klarna/callbacks/)[^\s'\"]+"
    r"|(?<=/klarna/notifications/)[^\s'\"]+",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Return a text without what looks like a secret or a person, and not too long."""
    return bounded(_SECRETS.sub(REDACTED, text[: 10 * LONGEST]))


def bounded(text: str) -> str:
    """Return a text, cut where it is too long for a line."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def redact_exceptions(stack: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Redact what exceptions say, in the form that structlog gives them, and those in groups."""
    return [
        exception
        | {
            "exc_value": redacted(exception["exc_value"]),
            "exc_notes": [redacted(one) for one in exception["exc_notes"]],
            "exceptions": [redact_exceptions(group) for group in exception["exceptions"]],
        }
        for exception in stack
    ]
