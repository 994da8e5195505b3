"""GraphQL over HTTP: a request in, an answer out, as the specification of September 2026 has it."""

import orjson
from aiohttp import hdrs, web

from graph.execution.answer import Answer
from graph.execution.documents import Documents
from graph.execution.executor import Executor
from graph.execution.reading import Prepared
from graph.http.answers import refused
from graph.http.auth import CALLER
from graph.http.bodies import body_of, is_json
from graph.http.faults import (
    MethodNotAllowed,
    NotAcceptable,
    PersistedQueryNotFound,
    RequestFault,
    UnsupportedMediaType,
)
from graph.http.headers import SAFE
from graph.http.negotiation import EVENT_STREAM, GRAPHQL, JSON, OFFERED, SINGLE, preferred
from graph.http.requests import Request, request_of, request_of_address
from graph.http.strict_json import read_json
from graph.live.sockets import Sockets, asks_for_socket
from graph.live.sse import stream
from resolvers.context import Context, Services
from resolvers.errors import BadInput, LimitExceeded

METHODS = "GET, HEAD, POST"
PARTLY = 294
"""The status of an answer that has both data and errors, where the media type allows it."""
PARTIAL_SUCCESS = "Partial Success"
TOO_SOON = 429
_HEADERS = {
    media: SAFE | {hdrs.CONTENT_TYPE: f"{media}; charset=utf-8", hdrs.VARY: hdrs.ACCEPT}
    for media in SINGLE
}


class GraphQLView:
    """Answers `/graphql`."""

    def __init__(
        self,
        services: Services,
        executor: Executor,
        documents: Documents,
        sockets: Sockets,
        *,
        body_timeout: float,
    ) -> None:
        self._services = services
        self._executor = executor
        self._documents = documents
        self._sockets = sockets
        self._body_timeout = body_timeout

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Execute the operation of a request, or hold the conversation of a socket."""
        if asks_for_socket(request):
            return await self._sockets.serve(request)
        accept = request.headers.get(hdrs.ACCEPT)
        media = preferred(accept, OFFERED)
        if media is None:
            message = f"Answers are {GRAPHQL}, {JSON} or {EVENT_STREAM}: accept one of them."
            return refused(NotAcceptable(message), status=NotAcceptable.status)
        told_in = JSON if media == EVENT_STREAM else media
        try:
            return await self._answered(request, media)
        except PersistedQueryNotFound as no:
            # With `application/json` it is an answer like any other, as Apollo's clients expect
            return refused(no, status=200 if media == JSON else no.status, media=told_in)
        except RequestFault as no:
            return refused(no, status=no.status, media=told_in)
        except (BadInput, LimitExceeded) as no:
            status = 400 if isinstance(no, BadInput) else 503
            return refused(no, status=status, media=told_in)

    async def _answered(self, request: web.Request, media: str) -> web.StreamResponse:
        """Answer a request. Raises RequestFault, BadInput and LimitExceeded."""
        changing = request.method == hdrs.METH_POST
        asked = await self._posted(request) if changing else _in_address(request)
        context = Context(self._services, request[CALLER])
        text = self._documents.text_of(asked)
        prepared = self._executor.prepare(text, asked.operation_name, context.caller)
        if isinstance(prepared, Prepared):
            self._documents.keep(asked)
            if prepared.changes and not changing:
                raise MethodNotAllowed("Send changes by POST.", allow=hdrs.METH_POST)
            if prepared.lasts:
                media = _as_events(request)
        if media == EVENT_STREAM:
            if request.method == hdrs.METH_HEAD:
                raise MethodNotAllowed("An event stream has no end.", allow=METHODS)
            told = self._executor.answers(context, prepared, asked.variables, asked.extensions)
            return await stream(request, context, prepared, told)
        if isinstance(prepared, Answer):
            return _response(prepared, media)
        answer = await self._executor.executed(context, prepared, asked.variables, asked.extensions)
        return _response(answer, media)

    async def _posted(self, request: web.Request) -> Request:
        """Return the request that a body holds. Raises RequestFault and BadInput."""
        if not is_json(request.headers.get(hdrs.CONTENT_TYPE)):
            raise UnsupportedMediaType(
                "Send the operation as `application/json`, in UTF-8.", {"header": "Content-Type"}
            )
        return request_of(read_json(await body_of(request, self._body_timeout), "The body"))


def _as_events(request: web.Request) -> str:
    """Return the one media type of a subscription's answers. Raises NotAcceptable."""
    if preferred(request.headers.get(hdrs.ACCEPT), (EVENT_STREAM,)) is None:
        raise NotAcceptable(
            f"A subscription has many answers: accept {EVENT_STREAM}, or use graphql-transport-ws."
        )
    return EVENT_STREAM


def _in_address(request: web.Request) -> Request:
    """Return the request in an address. Raises RequestFault and BadInput."""
    if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
        raise MethodNotAllowed(f"Use {METHODS}.", allow=METHODS)
    return request_of_address(request.rel_url.raw_query_string)


def status_of(answer: Answer, media: str) -> int:
    """Return the status of an answer, which a media type decides with it."""
    if answer.standing and answer.standing.wait:
        return TOO_SOON
    if media == JSON:
        return 200
    if not answer.begun:
        return 400
    return PARTLY if "errors" in answer.body else 200


def _response(answer: Answer, media: str) -> web.Response:
    status = status_of(answer, media)
    reason = PARTIAL_SUCCESS if status == PARTLY else None
    headers = _HEADERS[media]
    if answer.standing:
        headers = headers | answer.standing.headers()
    return web.Response(
        body=orjson.dumps(answer.body), status=status, reason=reason, headers=headers
    )
