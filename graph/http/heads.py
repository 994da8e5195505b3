"""Heads of requests that are known byte by byte, and what each of them means.

A client says the same head again and again, but for the few lines that are another each time. One
that aiohttp has read and that asks for nothing unusual is remembered, so that it need not be read
another time. It says who is asking and how to answer; whether that one may ask is looked at for
each request.
"""

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from aiohttp import HttpVersion11, hdrs
from aiohttp.http_parser import RawRequestMessage
from multidict import CIMultiDict

from graph.http.addresses import HANDED_ON
from graph.http.auth import token_in
from graph.http.bodies import is_json
from graph.http.headers import SAFE, Cors
from graph.http.negotiation import OFFERED, SINGLE, preferred
from graph.http.parting import parted
from graph.logs.asked import REQUEST_ID
from resolvers.errors import Unauthenticated
from resolvers.identity.access import Access, digest_of

BEGINNING = b"POST /graphql HTTP/1.1\r\n"
"""How every head begins that can be remembered."""
END = b"\r\n\r\n"
KEPT = 1_000
"""How many heads are remembered."""
UNUSUAL = frozenset(
    {
        hdrs.CONTENT_ENCODING,
        hdrs.EXPECT,
        hdrs.TE,
        hdrs.TRAILER,
        hdrs.TRANSFER_ENCODING,
        hdrs.UPGRADE,
    }
)
"""What asks for another treatment."""
ONCE = (
    hdrs.ACCEPT,
    hdrs.AUTHORIZATION,
    hdrs.CONNECTION,
    hdrs.CONTENT_TYPE,
    hdrs.ORIGIN,
)
"""What is read of a head, and so must stand in it once at the most."""


class Head(NamedTuple):
    """What the head of a request means."""

    digest: bytes
    """What the access token is remembered by."""
    media: str
    """The media type of the answer."""
    opening: bytes
    """The headers of the answer that are the same each time."""


class Heads:
    """The heads that were read before, by the SHA-256 of what is steady: it holds a secret.

    The one longest unused is forgotten first.
    """

    def __init__(self, cors: Cors, access: Access) -> None:
        self._cors = cors
        self._access = access
        self._known: OrderedDict[bytes, Head] = OrderedDict()

    def known(self, steady: bytes) -> Head | None:
        """Return what a head means of which this is steady, if one was read before."""
        digest = _digest(steady)
        found = self._known.get(digest)
        if found is not None:
            self._known.move_to_end(digest)
        return found

    def learn(self, head: bytes, message: RawRequestMessage) -> None:
        """Remember what aiohttp has read of a head, unless it is unusual.

        Its token must have been found good by then: nobody else takes a place.
        """
        parts, headers = parted(head), message.headers
        if parts is None:
            return
        brought = [] if parts.request_id is None else [parts.request_id]
        found = headers.getall(REQUEST_ID, []), headers.getall(HANDED_ON, [])
        if found != (brought, parts.handed_on):
            return  # some of that stands where it is not looked for
        meant = self._meant(message)
        if meant is not None and self._access.known(meant.digest) is not None:
            self._known[_digest(parts.steady)] = meant
            if len(self._known) > KEPT:
                self._known.popitem(last=False)

    def _meant(self, message: RawRequestMessage) -> Head | None:
        headers = message.headers
        if (
            message.version != HttpVersion11
            or message.should_close
            or message.upgrade
            or message.chunked
            or any(name in headers for name in UNUSUAL)
            or any(len(headers.getall(name, ())) > 1 for name in ONCE)
        ):
            return None
        media = preferred(headers.get(hdrs.ACCEPT), OFFERED)
        if media not in SINGLE:
            return None
        if not is_json(headers.get(hdrs.CONTENT_TYPE)):
            return None
        try:
            token = token_in(headers.get(hdrs.AUTHORIZATION))
        except Unauthenticated:
            return None
        if not token.isascii():
            return None
        return Head(digest_of(token), media, self._opening(media, headers))

    def _opening(self, media: str, headers: Mapping[str, str]) -> bytes:
        answered: CIMultiDict[str] = CIMultiDict(SAFE)
        answered[hdrs.CONTENT_TYPE] = f"{media}; charset=utf-8"
        answered[hdrs.VARY] = hdrs.ACCEPT
        self._cors.mark(headers.get(hdrs.ORIGIN), answered)
        return "".join(f"{name}: {value}\r\n" for name, value in answered.items()).encode()


def _digest(steady: bytes) -> bytes:
    return sha256(steady).digest()
