"""The door: a request's access token, looked at once for every face."""

from collections.abc import Callable, Collection

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from graph.access import identify
from graph.errors import coded
from resolvers.access import Access
from resolvers.callers import Caller
from resolvers.errors import Unauthenticated, Unavailable

CALLER = web.RequestKey("caller", Caller)
RETRY_AFTER = "30"
"""When to ask again whose token it is, in seconds."""


def bearer(request: web.Request) -> str:
    """Return the token that a request brings. Raises Unauthenticated."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send an access token: `Authorization: Bearer <token>`.")
    return token.strip()


def guard(
    access: Access,
    public: Collection[str],
    refuse: Callable[[web.Request, Unauthenticated], web.Response],
) -> Middleware:
    """Return the middleware that lets nobody without a token pass, except to `public` routes."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if resource is None or resource.canonical not in public:
            try:
                request[CALLER] = await access.caller(bearer(request))
            except Unauthenticated as no:
                return refuse(request, no)
            except Unavailable as nobody_knows:
                return _unavailable(nobody_knows)
            identify(request[CALLER])
        return await handler(request)

    return check


def _unavailable(fault: Unavailable) -> web.Response:
    error = coded(fault.code, fault.message, fault.details)
    headers = {hdrs.RETRY_AFTER: RETRY_AFTER}
    return web.json_response({"errors": [error]}, status=503, headers=headers)
