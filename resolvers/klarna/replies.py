"""What a reply from Klarna means: an answer, or which of the problems.

Klarna's errors come in several shapes: with `error_messages` or `error_message`, with neither,
as a gateway's own 401, or as no JSON at all. The status and the code decide; texts never do.
"""

from collections.abc import Collection, Mapping
from typing import Any

import orjson

from resolvers.klarna.errors import (
    Busy,
    KlarnaProblem,
    Refused,
    Silent,
    Unauthorized,
    Unreachable,
)
from resolvers.klarna.transport import Reply

CORRELATION_ID = "Klarna-Correlation-Id"
RESET = "X-Ratelimit-Reset"


VEILED = "[redacted]"
SHORTEST = 8
"""A shorter text is no secret, and may stand in any message by chance."""


def judge(reply: Reply, secrets: Collection[str] = ()) -> Reply:
    """Return a reply that is an answer, and raise what any other one means.

    What it says is told to callers and kept in the history: whatever it repeats of the `secrets`
    that were sent is veiled.
    """
    if 200 <= reply.status < 300:  # noqa: PLR2004  (the successes of HTTP)
        return reply
    found = problem(reply)
    found.message = _veiled(found.message, secrets)
    if isinstance(found, Refused):
        found.messages = tuple(_veiled(message, secrets) for message in found.messages)
    raise found


def _veiled(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        if len(secret) >= SHORTEST:
            text = text.replace(secret, VEILED)
    return text


def json_value(reply: Reply) -> Any:
    """Return what an answer's body holds. Raises Silent for half an answer."""
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError as error:
        raise Silent(
            f"Klarna answered {reply.status} with a body that is cut off or not JSON.",
            reply.headers.get(CORRELATION_ID),
        ) from error


def problem(reply: Reply) -> KlarnaProblem:
    """Return what a reply that is no answer means."""
    body = _object(reply.body) or {}
    correlation_id = reply.headers.get(CORRELATION_ID) or _text(body.get("correlation_id"))
    code = _text(body.get("error_code"))
    messages = _messages(body)
    said = " ".join([f"Klarna answered {reply.status}", code or "", "; ".join(messages)])
    message = " ".join(said.split()) + "."
    if reply.status >= 500 or reply.status == 408:  # noqa: PLR2004  (statuses of HTTP)
        return Silent(message, correlation_id)
    if reply.status < 400:  # noqa: PLR2004  (likewise)
        return Unreachable(f"{message} Is this address Klarna's API?", correlation_id)
    if reply.status == 429:  # noqa: PLR2004  (likewise)
        return Busy(message, correlation_id, reset=_seconds(reply.headers.get(RESET)))
    if reply.status == 403 and not body:  # noqa: PLR2004  (likewise)
        # A refusal says why; this is Klarna's shield against floods, before its API
        return Busy(message, correlation_id)
    kind = Unauthorized if reply.status == 401 else Refused  # noqa: PLR2004  (likewise)
    return kind(message, correlation_id, status=reply.status, code=code, messages=messages)


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _messages(body: Mapping[str, Any]) -> tuple[str, ...]:
    messages = body.get("error_messages") or body.get("error_message") or []
    listed = messages if isinstance(messages, list) else [messages]
    return tuple(message for message in listed if isinstance(message, str))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _seconds(value: str | None) -> float | None:
    try:
        return float(value or "")
    except ValueError:
        return None
