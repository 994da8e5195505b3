"""GraphQL over HTTP: a request's body in, an answer's body out, JSON whatever happens."""

from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from graph.auth import CALLER
from graph.errors import coded, masked
from graph.execution import Executor
from graph.rates import Buckets
from resolvers.context import Context, Services
from resolvers.errors import BadInput, Fault, Unauthenticated

MAX_BODY = 256 * 1024
"""The largest request body, in bytes."""


class GraphQLView:
    """Answers `POST /graphql`."""

    def __init__(self, services: Services, executor: Executor) -> None:
        self._services = services
        self._executor = executor

    async def post(self, request: web.Request) -> web.Response:
        """Execute the operation of a request."""
        if request.content_type != "application/json":
            return refused(BadInput("Send the operation as `application/json`."), status=415)
        try:
            query, variables, name, extensions = _operation(await request.read())
        except BadInput as no:
            return refused(no, status=400)
        except web.RequestPayloadError:
            broken = BadInput("The body is not encoded as its Content-Encoding says.")
            return refused(broken, status=400)
        context = Context(self._services, request[CALLER])
        answered = await self._executor.answer(context, query, variables, name, extensions)
        standing = answered.standing
        refused_now = 429 if standing and standing.wait else 400
        response = _json(answered.body, status=200 if answered.begun else refused_now)
        if standing:
            response.headers.update(standing.headers())
        return response


def _operation(
    body: bytes,
) -> tuple[str, dict[str, Any] | None, str | None, dict[str, Any] | None]:
    """Return the query, the variables, the operation's name and the extensions. Raises BadInput."""
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"The body is not JSON: {error}.") from None
    if not isinstance(sent, dict):
        raise BadInput('The body must be an object: {"query": "...", "variables": {...}}.')
    query, variables, name = sent.get("query"), sent.get("variables"), sent.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadInput("`query` must be the text of a GraphQL document.", {"argument": "query"})
    if variables is not None and not isinstance(variables, dict):
        raise BadInput("`variables` must be an object.", {"argument": "variables"})
    if name is not None and not isinstance(name, str):
        raise BadInput("`operationName` must be a text.", {"argument": "operationName"})
    extensions = sent.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise BadInput("`extensions` must be an object.", {"argument": "extensions"})
    return query, variables, name, extensions


def refused(fault: Fault, *, status: int) -> web.Response:
    """Return the answer to a request that was not even begun."""
    error = coded(fault.code, fault.message, fault.details)
    return _json({"errors": [error]}, status=status)


def turning_away(addresses: Buckets) -> Callable[[web.Request, Unauthenticated], web.Response]:
    """Return the answer to requests without a good token, of which an address may send so many.

    A good token passes in any case: others may share the address of whoever guesses.
    """

    def turn_away(request: web.Request, no: Unauthenticated) -> web.Response:
        standing = addresses.take(request.remote or "", 1)
        if standing and (too_soon := standing.refusal()):
            response = refused(too_soon, status=429)
            response.headers.update(standing.headers())
        else:
            response = refused(no, status=401)
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    return turn_away


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every refusal and every bug of the layers below in JSON."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004  (HTTP's errors begin there)
            raise
        response = refused(BadInput(error.reason), status=error.status)
        if allowed := error.headers.get("Allow"):
            response.headers["Allow"] = allowed
        return response
    except Exception as bug:  # noqa: BLE001  (the last one to catch it)
        return _json({"errors": [masked(bug)]}, status=500)


def _json(body: dict[str, Any], *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
