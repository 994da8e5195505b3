"""Heads parted: what a client says each time, and what is another with each request.

Each body has its own length, and proxies mark each request with an id, with what it is traced by,
and with whom they have it from. Heads that are alike but for these lines mean the same.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from aiohttp import hdrs

from graph.http.addresses import HANDED_ON
from graph.http.bodies import MAX_BODY
from graph.logs.asked import REQUEST_ID

LONGEST = 8_192
MOST_LINES = 100
"""How long a head may be to be parted, in bytes and in lines: aiohttp takes 128 of them."""
_LENGTH = hdrs.CONTENT_LENGTH.lower().encode()
_ID = REQUEST_ID.lower().encode()
_HANDED_ON = HANDED_ON.lower().encode()
VARYING = (
    _LENGTH,
    _ID,
    _HANDED_ON,
    b"b3",
    b"baggage",
    b"cf-connecting-ip",
    b"cf-ray",
    b"forwarded",
    b"sentry-trace",
    b"traceparent",
    b"tracestate",
    b"true-client-ip",
    b"x-amzn-trace-id",
    b"x-b3-parentspanid",
    b"x-b3-sampled",
    b"x-b3-spanid",
    b"x-b3-traceid",
    b"x-cloud-trace-context",
    b"x-correlation-id",
    b"x-datadog-parent-id",
    b"x-datadog-tags",
    b"x-datadog-trace-id",
    b"x-forwarded-port",
    b"x-real-ip",
)
"""The names of these lines. But for the first three nobody reads them on the lane."""
_FIRST = bytes({name[0] for name in VARYING})
_LINES = re.compile(
    # A look at the first letter spares most lines a comparison with every name. Whole lines only
    # are found: one that the next line goes on with stays where it is
    rb"\r\n(?=[%b])(%b):[ \t]*([!-~][ -~]{0,1000})(?=\r\n[^ \t])" % (_FIRST, b"|".join(VARYING)),
    re.IGNORECASE,
)


class Parted(NamedTuple):
    """A head in parts."""

    steady: bytes
    """The lines that are the same each time."""
    length: int
    """How long the body is that follows, in bytes."""
    request_id: str | None
    """The id that it brings."""
    handed_on: Sequence[str]
    """Whom proxies say that they have it from."""


def parted(head: bytes) -> Parted | None:
    """Return a head in parts; None if it is long, or does not say once how long its body is.

    One is not parted either that says more than a body may have, or that brings several ids.
    """
    if len(head) > LONGEST or head.count(b"\n") > MOST_LINES:
        return None
    pieces = _LINES.split(head)
    length = brought = None
    handed_on: list[str] = []
    for place in range(1, len(pieces), 3):
        name, value = pieces[place].lower(), pieces[place + 1]
        if name == _LENGTH:
            if length is not None or not value.isdigit():
                return None
            length = int(value)
        elif name == _ID:
            if brought is not None:
                return None
            brought = value.rstrip().decode()
        elif name == _HANDED_ON:
            handed_on.append(value.rstrip().decode())
    if length is None or length > MAX_BODY:
        return None
    return Parted(b"".join(pieces[::3]), length, brought, handed_on)
