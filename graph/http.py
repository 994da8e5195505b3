"""GraphQL over HTTP: a request's body in, an answer's body out, JSON whatever happens."""

from typing import Any

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from graph.auth import CALLER
from graph.errors import coded, masked
from graph.execution import answer
from resolvers.context import Context, Services
from resolvers.errors import BadInput, Fault, Unauthenticated

MAX_BODY = 256 * 1024
"""The largest request body, in bytes."""


class GraphQLView:
    """Answers `POST /graphql`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def post(self, request: web.Request) -> web.Response:
        """Execute the operation of a request."""
        if request.content_type != "application/json":
            return refused(BadInput("Send the operation as `application/json`."), status=415)
        try:
            query, variables, name = _operation(await request.read())
        except BadInput as no:
            return refused(no, status=400)
        except web.RequestPayloadError:
            broken = BadInput("The body is not encoded as its Content-Encoding says.")
            return refused(broken, status=400)
        context = Context(self._services, request[CALLER])
        answered = await answer(context, query, variables, name)
        return _json(answered.body, status=200 if answered.begun else 400)


def _operation(body: bytes) -> tuple[str, dict[str, Any] | None, str | None]:
    """Return the query, the variables and the operation's name. Raises BadInput."""
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
    return query, variables, name


def refused(fault: Fault, *, status: int) -> web.Response:
    """Return the answer to a request that was not even begun."""
    error = coded(fault.code, fault.message, fault.details)
    return _json({"errors": [error]}, status=status)


def unauthenticated(no: Unauthenticated) -> web.Response:
    """Return the answer to a request without a good token."""
    response = refused(no, status=401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


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
