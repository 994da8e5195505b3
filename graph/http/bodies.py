"""A request's body: read within its limits of length and time, and decoded."""

import asyncio
import zlib
from functools import lru_cache

from aiohttp import hdrs, web

from graph.http.faults import (
    BodyTooLarge,
    LengthRequired,
    RequestFault,
    TooSlow,
    Unreadable,
    UnsupportedMediaType,
)

MAX_BODY = 256 * 1024
"""The largest request body, in bytes, as it is sent and also once it is decoded."""
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""How zlib is told to read each encoding that is taken."""


async def body_of(request: web.Request, seconds: float) -> bytes:
    """Return the body of a request, decoded; it has so many seconds to arrive.

    Raises LengthRequired, BodyTooLarge, TooSlow, UnsupportedMediaType for an encoding that is
    not known, Unreadable for a body that breaks off, and RequestFault for one that is not encoded
    as it says.
    """
    content, headers = request.content, request.headers
    if hdrs.CONTENT_LENGTH in headers:
        if int(headers[hdrs.CONTENT_LENGTH]) > MAX_BODY:
            raise _too_large()
    elif hdrs.TRANSFER_ENCODING not in headers:
        raise LengthRequired("Say how long the body is, by `Content-Length`.")
    if content.is_eof() and content.exception() is None:
        body = content.read_nowait(-1)  # it came along with the head
    else:
        body = await _arriving(request, seconds)
    if len(body) > MAX_BODY:
        raise _too_large()
    encoding = headers.get(hdrs.CONTENT_ENCODING)
    return body if encoding is None else _decoded(body, encoding.strip().lower())


async def _arriving(request: web.Request, seconds: float) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while chunk := await request.content.readany():
                body += chunk
                if len(body) > MAX_BODY:
                    raise _too_large()
    except TimeoutError:
        raise TooSlow(
            f"The body did not arrive within {seconds:g} seconds.", {"limit": seconds}
        ) from None
    except web.RequestPayloadError:
        raise Unreadable("The body does not end as its head says.") from None
    return bytes(body)


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding == "identity":
        return body
    if encoding not in _WINDOWS:
        raise UnsupportedMediaType(
            "Send the body as it is, or by `gzip` or `deflate`.", {"header": "Content-Encoding"}
        )
    reader = zlib.decompressobj(_WINDOWS[encoding])
    try:
        decoded = reader.decompress(body, MAX_BODY + 1)
    except zlib.error:
        raise _not_encoded() from None
    if len(decoded) > MAX_BODY:
        raise _too_large()
    if not reader.eof or reader.unused_data:
        raise _not_encoded()
    return decoded


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"The body is longer than {MAX_BODY} bytes.", {"limit": MAX_BODY})


def _not_encoded() -> RequestFault:
    return RequestFault("The body is not encoded as its Content-Encoding says.")


@lru_cache(maxsize=256)
def is_json(content_type: str | None) -> bool:
    """Return whether a `Content-Type` is JSON in UTF-8, which it is where it names no charset."""
    kind, *parameters = (part.strip().lower() for part in (content_type or "").split(";"))
    given = dict(parameter.partition("=")[::2] for parameter in parameters)
    charset = given.get("charset", "utf-8").strip('"')
    return kind == "application/json" and charset in ("utf-8", "utf8")
