"""Sockets: how a request becomes a conversation over `graphql-transport-ws`."""

from collections.abc import Callable
from functools import partial

from aiohttp import hdrs, web

from graph.execution.documents import Documents
from graph.execution.executor import Executor
from graph.execution.rates import Buckets
from graph.http.addresses import client_of
from graph.http.answers import refused
from graph.live.conversation import FAREWELL, Conversation
from graph.live.messages import PROTOCOL, Close
from graph.live.open_lines import LINES, Ending
from resolvers.context import Services
from resolvers.errors import Forbidden

MAX_MESSAGE = 128 * 1024
"""The largest message, in bytes; a larger one closes the socket with 1009."""
HEARTBEAT = 12.0
"""How long a connection may be silent, in seconds, before it is asked whether it is alive."""
_CODES = {
    Ending.STOPPING: Close.GOING_AWAY,
    Ending.CROWDED: Close.TRY_AGAIN_LATER,
    Ending.REVOKED: Close.FORBIDDEN,
}


def asks_for_socket(request: web.Request) -> bool:
    """Whether a request is to become a socket; it brings its token in the first message then."""
    return (
        request.method == hdrs.METH_GET
        and request.path == "/graphql"
        and request.headers.get(hdrs.UPGRADE, "").strip().lower() == "websocket"
    )


class Sockets:
    """Answers requests for a socket."""

    def __init__(
        self,
        services: Services,
        executor: Executor,
        documents: Documents,
        welcomes: Callable[[web.Request], bool],
        addresses: Buckets,
    ) -> None:
        self._services = services
        self._executor = executor
        self._documents = documents
        self._welcomes = welcomes
        """Whether the page that a request comes from may open a socket."""
        self._addresses = addresses

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one conversation, from the handshake to its end."""
        if not self._welcomes(request):
            no = Forbidden("Pages of this origin may not open a socket.")
            return refused(no, status=403)
        offered = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "").split(",")
        known = PROTOCOL in map(str.strip, offered)
        socket = web.WebSocketResponse(
            # Where ours is not offered theirs is taken, and closed at once: a browser that is
            # given none tells nobody why the handshake failed
            protocols=[PROTOCOL] if known else [one.strip() for one in offered if one.strip()][:1],
            heartbeat=HEARTBEAT,
            max_msg_size=MAX_MESSAGE,
            timeout=FAREWELL,
            compress=False,  # an opened compressor costs more memory than all else of a socket
        )
        address = client_of(request)
        conversation = Conversation(
            self._services,
            self._executor,
            self._documents,
            socket,
            abort=partial(_abort, request),
            authorization=request.headers.get(hdrs.AUTHORIZATION),
            address=address,
            addresses=self._addresses,
        )
        await socket.prepare(request)

        def hang_up(why: Ending) -> None:
            conversation.end(_CODES[why], why.value)

        try:
            with request.app[LINES].of_stranger(address, hang_up) as line:
                if not known:
                    conversation.end(Close.NOT_THIS_PROTOCOL, "Subprotocol not acceptable")
                await conversation.hold(line)
        finally:
            _abort(request, unless_sent=True)
        return socket


def _abort(request: web.Request, *, unless_sent: bool = False) -> None:
    """Give a connection up, with all that was still to be sent."""
    transport = request.transport
    if transport is not None and not (unless_sent and not transport.get_write_buffer_size()):
        transport.abort()
