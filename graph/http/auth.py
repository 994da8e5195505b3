"""The door: a request's access token, looked at once for every face."""

from collections.abc import Callable, Collection

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from graph.errors import coded
from graph.http.addresses import client_of
from graph.logs.asked import identify
from resolvers.errors import Unauthenticated, Unavailable
from resolvers.identity.access import Access
from resolvers.identity.callers import Caller

CALLER = web.RequestKey("caller", Caller)
RETRY_AFTER = "30"
"""When to ask again whose token it is, in seconds."""


def bearer(request: web.Request) -> str:
    """Return the token that a request brings. Raises Unauthenticated, for two of them as well.

    A proxy may have looked at the other one.
    """
    brought = request.headers.getall(hdrs.AUTHORIZATION, ())
    return token_in(brought[0] if len(brought) == 1 else None)


def token_in(authorization: str | None) -> str:
    """Return the token of an Authorization header's value. Raises Unauthenticated."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send an access token: `Authorization: Bearer <token>`.")
    return token.strip()


def guard(
    access: Access,
    public: Collection[str],
    refuse: Callable[[web.Request, Unauthenticated], web.Response],
    later: Callable[[web.Request], bool],
) -> Middleware:
    """Return the middleware that lets nobody without a token pass, except to `public` routes.

    `later` says which requests bring their token only after they are let in. A browser sends the
    token's header to another origin only if that one has said it may, so this is all that keeps
    other origins' pages from asking; a route that needs no token has to see to that itself.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if (resource is None or resource.canonical not in public) and not later(request):
            try:
                caller = await access.caller(bearer(request))
            except Unauthenticated as no:
                return refuse(request, no)
            except Unavailable as nobody_knows:
                return _unavailable(nobody_knows)
            request[CALLER] = caller.at(client_of(request)) if caller.guest else caller
            identify(caller)
        return await handler(request)

    return check


def _unavailable(fault: Unavailable) -> web.Response:
    error = coded(fault.code, fault.message, fault.details)
    headers = {hdrs.RETRY_AFTER: RETRY_AFTER}
    return web.json_response({"errors": [error]}, status=503, headers=headers)
