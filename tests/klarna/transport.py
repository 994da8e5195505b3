"""Requests to the sandbox without a socket in between."""

from urllib.parse import urlsplit

from multidict import CIMultiDict

from resolvers.klarna.errors import Silent, Unreachable
from resolvers.klarna.sandbox import messages
from resolvers.klarna.sandbox.sandbox import Sandbox
from resolvers.klarna.transport import Reply, Request

PATIENCE = 10.0
"""How many seconds the caller waits for an answer."""


class SandboxTransport:
    """Hands requests to a sandbox in this process, and obeys its faults."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.unplugged = False
        self.sent: list[Request] = []

    async def send(self, request: Request) -> Reply:
        """Return the answer. Raises Unreachable or Silent."""
        self.sent.append(request)
        if self.unplugged:
            raise Unreachable("Klarna could not be reached: the plug is out.")
        url = urlsplit(request.url)
        asked = messages.Request(request.method, url.path, request.headers, request.body or b"")
        reply = self.sandbox.handle(asked)
        if reply.close or reply.delay > PATIENCE:
            raise Silent("Klarna gave no whole answer: the connection was lost.")
        return Reply(reply.status, CIMultiDict(reply.headers), reply.body)
