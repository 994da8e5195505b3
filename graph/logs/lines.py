"""Lines of the log: JSON for machines, or text for a person; no value breaks a line."""

import json
import re
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import orjson
from structlog.tracebacks import ExceptionDictTransformer

from graph.logs.asked import Asked, asked
from graph.logs.redaction import bounded, redact_exceptions, redacted

PROSE = ("message", "error", "reason")
"""Where a line holds prose, ours or another's; everything else is ids, words and numbers."""
# Without local variables: they hold credentials, tokens and shoppers' addresses
_exceptions = ExceptionDictTransformer(show_locals=False, max_frames=30)
USUAL = 2_000
"""A line up to so many bytes is not looked at for texts that are too long."""
_PLAIN = re.compile(r"[\w.,:/{}+-]+", re.ASCII)

Event = MutableMapping[str, Any]


def json_line(_: object, level: str, event: Event) -> bytes:
    """Return an event as one line of JSON."""
    said = _said(level, event)
    line = _json(said)
    return line if len(line) <= USUAL else _json(_cut(said))


def text_line(_: object, level: str, event: Event) -> bytes:
    """Return an event as a line to read, an exception's places below it."""
    said = _cut(_said(level, event))
    stack = said.pop("exception", None) or []
    begin = f"{said.pop('timestamp'):%H:%M:%S} {said.pop('level'):<8} {said.pop('event')}"
    told = [f"{name}={_word(value)}" for name, value in said.items() if value not in (None, [])]
    lines = [" ".join([begin, *told])]
    for exception in stack:
        lines.append(f"    {exception['exc_type']}: {_word(exception['exc_value'])}")
        lines += [
            f"        {frame['filename']}:{frame['lineno']} {frame['name']}"
            for frame in exception["frames"]
        ]
    return "\n".join(lines).encode()


def _said(level: str, event: Event) -> dict[str, Any]:
    """Return all that a line says, in its order."""
    said: dict[str, Any] = {
        "timestamp": datetime.now(UTC),
        "level": level,
        "event": event.pop("event"),
    }
    request: Asked | None = event.pop("about", None) or asked()
    if request is not None:
        said |= request.words()
    said |= event
    for name in PROSE:
        if said.get(name) is not None:
            said[name] = redacted(str(said[name]))
    cause = said.pop("exc_info", None)
    if cause:
        said["exception"] = _exception(cause)
    return said


def _cut(said: dict[str, Any]) -> dict[str, Any]:
    """Return what is said with no text too long; an exception's are cut already."""
    return {
        name: bounded(value) if isinstance(value, str) else value for name, value in said.items()
    }


def _exception(cause: Any) -> Any:
    if isinstance(cause, BaseException):
        cause = (type(cause), cause, cause.__traceback__)
    elif not isinstance(cause, tuple):
        cause = sys.exc_info()
    return redact_exceptions(_exceptions(cause)) if cause[0] is not None else None


def _json(value: object) -> bytes:
    """Return any value as JSON; what JSON cannot say is written as Python would."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)
    except TypeError:  # half a surrogate pair, an integer beyond 64 bits, a key that is no text
        if isinstance(value, dict):
            return orjson.dumps(
                {
                    ascii(name).strip("'"): orjson.Fragment(_json(part))
                    for name, part in value.items()
                }
            )
        if isinstance(value, list):
            return orjson.dumps([orjson.Fragment(_json(part)) for part in value])
        return orjson.dumps(ascii(value))


def _word(value: object) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
