"""Answers that say no: faults, and bugs, as JSON whatever happens."""

from collections.abc import Callable

import orjson
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from graph.errors import coded, masked
from graph.execution.rates import Buckets
from graph.http.addresses import client_of
from graph.http.faults import MethodNotAllowed, NothingHere, RequestFault
from graph.http.headers import SAFE
from graph.http.negotiation import JSON
from resolvers.errors import Fault, Unauthenticated


def refused(fault: Fault, *, status: int, media: str = JSON) -> web.Response:
    """Return the answer to a request that was not even begun."""
    error = coded(fault.code, fault.message, fault.details)
    response = as_json({"errors": [error]}, status=status, media=media)
    if isinstance(fault, MethodNotAllowed):
        response.headers[hdrs.ALLOW] = fault.allow
    if isinstance(fault, RequestFault) and fault.closes:
        response.force_close()
    return response


def instead(request: web.BaseRequest, error: Exception) -> web.Response:
    """Return what is answered in the place of an exception.

    Raises it again if it is a redirection, or says that nobody is there any more to be answered.
    """
    if isinstance(error, ConnectionError) and request.transport is None:
        raise error
    if isinstance(error, web.HTTPException):
        if error.status < 400:  # noqa: PLR2004  (HTTP's errors begin there)
            raise error
        return refused(_fault_of(error), status=error.status)
    if isinstance(error, RequestFault):
        return refused(error, status=error.status)
    return as_json({"errors": [masked(error)]}, status=500)


def _fault_of(error: web.HTTPException) -> Fault:
    """Return what aiohttp and the pages raise as a fault of ours."""
    if isinstance(error, web.HTTPNotFound):
        return NothingHere("There is nothing here.")
    if isinstance(error, web.HTTPMethodNotAllowed):
        allow = ", ".join(sorted(error.allowed_methods))
        return MethodNotAllowed(f"Use {allow}.", allow=allow)
    return RequestFault(f"{error.reason}.")


def turning_away(addresses: Buckets) -> Callable[[web.Request, Unauthenticated], web.Response]:
    """Return the answer to requests without a good token, of which an address may send so many.

    A good token passes in any case: others may share the address of whoever guesses.
    """

    def turn_away(request: web.Request, no: Unauthenticated) -> web.Response:
        standing = addresses.take(client_of(request), 1)
        too_soon = standing and standing.refusal()
        if standing and too_soon:
            response = refused(too_soon, status=429)
            response.headers.update(standing.headers())
            return response
        response = refused(no, status=401)
        response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
        return response

    return turn_away


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every refusal and every bug of the layers below in JSON."""
    try:
        return await handler(request)
    except Exception as error:  # noqa: BLE001  (the last one to catch it)
        return instead(request, error)


def as_json(body: object, *, status: int = 200, media: str = JSON) -> web.Response:
    """Return an answer in JSON."""
    return web.Response(
        body=orjson.dumps(body),
        status=status,
        headers=SAFE | {hdrs.CONTENT_TYPE: f"{media}; charset=utf-8"},
    )
