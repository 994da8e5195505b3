"""The log's line for each request, and for each operation of a socket."""

from time import perf_counter

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from graph.logs.asked import REQUEST_ID, Asked, asked, begin, request_id
from graph.logs.by_hand import digest, request_line
from graph.logs.output import OUTPUT

log = structlog.get_logger()

QUIET = frozenset({"/healthz", "/readyz"})
"""The routes that are asked all the time: their lines are for `debug`."""


def log_operation(took: float) -> None:
    """Log an operation of a socket with a line of its own when it is over; `took` in seconds."""
    this = asked()
    if this is not None:
        document = None if this.document is None else digest(this.document)
        log.info(
            "operation",
            ms=round(took * 1000, 2),
            document=document,
            codes=[code.value for code in this.codes],
        )


@web.middleware
async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give a request its id, in its answer too, and log it with one line when it is answered."""
    begun = perf_counter()
    resource = request.match_info.route.resource
    route = None if resource is None else resource.canonical
    this = Asked(request_id(request.headers.get(REQUEST_ID)), request.method, route)
    begin(this)
    response: web.StreamResponse | None = None
    try:
        response = await handler(request)
    except web.HTTPException as answered:
        response = answered
        raise
    finally:
        status = length = None
        if response is not None:
            status, length = response.status, response.content_length
            if not response.prepared:
                response.headers[REQUEST_ID] = this.id
        log_request(this, status, perf_counter() - begun, request.content.total_bytes, length)
    return response


def log_request(
    this: Asked, status: int | None, took: float, received: int, sent: int | None
) -> None:
    """Log a request: how long it took in seconds, and how many bytes its bodies had.

    One without a status was hung up on, or ended by the gateway's own end.
    """
    line = request_line(this, status, took, received, sent) if OUTPUT.plain else None
    if line is not None:
        OUTPUT.info(line)
        return
    quiet = this.route in QUIET and status == 200  # noqa: PLR2004  (HTTP's own number)
    (log.debug if quiet else log.info)(
        "request",
        about=this,
        method=this.method,
        status=status,
        ms=round(took * 1000, 2),
        document=None if this.document is None else digest(this.document),
        codes=[code.value for code in this.codes],
        bytes_in=received,
        bytes_out=sent,
    )
