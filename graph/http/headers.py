"""The headers of every answer: what is safe, and which other origins' pages may read it."""

from collections.abc import Awaitable, Callable, Collection

from aiohttp import hdrs, web
from multidict import MutableMultiMapping

SAFE = {
    "Server": "klarna-graph",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""What an answer says unless it says otherwise; of the server no version, nor its libraries'."""
PREFLIGHT = {
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST",
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: (
        "Accept, Apollo-Require-Preflight, Authorization, Content-Type, "
        "GraphQL-Require-Preflight, Last-Event-ID, X-Apollo-Operation-Name, X-Request-ID"
    ),
    hdrs.ACCESS_CONTROL_MAX_AGE: "7200",
}
"""What a browser is told that asks before it sends; Chromium keeps it for two hours at most."""

EXPOSED = "RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
"""What else of an answer's headers a page may read."""


class Cors:
    """The origins whose pages may use this gateway; a token is no cookie, so none is sent along."""

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = frozenset(origins)

    def welcomes(self, request: web.BaseRequest) -> bool:
        """Whether a page may open a socket: a browser asks nobody whether it may."""
        origin, host = request.headers.get(hdrs.ORIGIN), request.host.lower()
        if origin is None or not self._origins or origin in self._origins:
            return True
        return origin.lower() in (f"https://{host}", f"http://{host}")

    def mark(self, origin: str | None, headers: MutableMultiMapping[str]) -> None:
        """Say in an answer's headers whether a page of an origin may read it."""
        if not self._origins:
            return
        headers.add(hdrs.VARY, hdrs.ORIGIN)
        if origin in self._origins:
            headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = EXPOSED

    def preflight(self, request: web.BaseRequest) -> web.Response | None:
        """Return the answer to a browser that asks whether a page may send; None for others."""
        if (
            not self._origins
            or request.method != hdrs.METH_OPTIONS
            or hdrs.ORIGIN not in request.headers
            or hdrs.ACCESS_CONTROL_REQUEST_METHOD not in request.headers
        ):
            return None
        response = web.Response(status=204, headers=SAFE)
        self.mark(request.headers.get(hdrs.ORIGIN), response.headers)
        if hdrs.ACCESS_CONTROL_ALLOW_ORIGIN in response.headers:
            response.headers.update(PREFLIGHT)
        return response


def dressing(cors: Cors) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Return what gives each answer of an application its headers just before it is sent."""

    async def dress(request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        headers[hdrs.SERVER] = SAFE[hdrs.SERVER]
        for name, value in SAFE.items():
            headers.setdefault(name, value)
        cors.mark(request.headers.get(hdrs.ORIGIN), headers)

    return dress
