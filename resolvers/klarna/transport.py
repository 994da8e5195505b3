"""How requests travel to Klarna: HTTP, or whatever a simulation puts in its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp
from multidict import CIMultiDict

from resolvers.klarna.errors import Silent, Unreachable


@dataclass(frozen=True, slots=True)
class Request:
    """One request, whole. Its representation shows none of what may be secret: a path is, too."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, whole."""

    status: int
    headers: Mapping[str, str]
    """By any spelling of their names."""
    body: bytes = field(repr=False)


class Transport(Protocol):
    """Sends a request and brings the answer."""

    async def send(self, request: Request) -> Reply:
        """Return the answer. Raises Unreachable or Silent."""


class HttpTransport:
    """HTTP by aiohttp, over a session that somebody else owns and closes."""

    def __init__(self, session: aiohttp.ClientSession, timeout: aiohttp.ClientTimeout) -> None:
        self._session = session
        self._timeout = timeout

    async def send(self, request: Request) -> Reply:
        """Return the answer. Raises Unreachable or Silent."""
        try:
            async with self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                body = await response.read()
                return Reply(response.status, CIMultiDict(response.headers), body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(f"Klarna could not be reached: {type(error).__name__}.") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Silent(f"Klarna gave no whole answer: {type(error).__name__}.") from error
