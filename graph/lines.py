"""Lines of the log: JSON for machines, or text for a person; no value breaks a line."""

import json
import re
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import orjson
from structlog.tracebacks import ExceptionDictTransformer

from graph.access import asked
from graph.redaction import bounded, redact_exceptions, redacted

PROSE = ("message", "error", "reason")
"""Where a line holds prose, ours or another's; everything else is ids, words and numbers."""
# Without local variables: they hold credentials, tokens and shoppers' addresses
_exceptions = ExceptionDictTransformer(show_locals=False, max_frames=30)
_PLAIN = re.compile(r"[\w.:/{}+-]+", re.ASCII)

Event = MutableMapping[str, Any]


def json_line(_: object, level: str, event: Event) -> bytes:
    """Return an event as one line of JSON."""
    return _json(_said(level, event)) + b"\n"


def text_line(_: object, level: str, event: Event) -> bytes:
    """Return an event as a line to read, an exception's places below it."""
    said = _said(level, event)
    at, stack = said.pop("timestamp")[11:23], said.pop("exception", [])
    told = [f"{name}={_word(value)}" for name, value in said.items() if value not in (None, [])]
    lines = [" ".join([at, f"{level:<7}", *[part.removeprefix("event=") for part in told[1:]]])]
    for exception in stack:
        lines.append(f"    {exception['exc_type']}: {_json(exception['exc_value']).decode()}")
        lines += [
            f"        {frame['filename']}:{frame['lineno']} {frame['name']}"
            for frame in exception["frames"]
        ]
    return ("\n".join(lines) + "\n").encode(errors="replace")


def _said(level: str, event: Event) -> dict[str, Any]:
    """Return all that a line says, in its order, with every text bounded."""
    said: dict[str, Any] = {
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "event": event.pop("event"),
    }
    request = asked()
    if request is not None:
        said |= request.words()
    cause = event.pop("exc_info", None)
    said |= event
    for name in PROSE:
        if name in said:
            said[name] = redacted(str(said[name]))
    for name, value in said.items():
        if isinstance(value, str):
            said[name] = bounded(value)
    if cause:
        said["exception"] = _exception(cause)
    return said


def _exception(cause: Any) -> Any:
    if isinstance(cause, BaseException):
        cause = (type(cause), cause, cause.__traceback__)
    elif not isinstance(cause, tuple):
        cause = sys.exc_info()
    return redact_exceptions(_exceptions(cause)) if cause[0] is not None else None


def _json(value: object) -> bytes:
    try:
        return orjson.dumps(value, default=str)
    except TypeError:  # half a surrogate pair, or an integer beyond 64 bits
        return json.dumps(value, default=str).encode()


def _word(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else _json(value).decode(errors="replace")
