"""Requests as a client would send them, with a token and otherwise as the test says."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from tests.gateway import Gateway

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's status, headers and JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> Any:
        """The code of the one error in it."""
        (error,) = self.body["errors"]
        return error["extensions"]["code"]


async def send(
    gateway: Gateway, body: bytes | None = None, *, method: str = "POST", **headers: str
) -> Answer:
    """Send a body to the endpoint; a header is named `content_type`."""
    return await _asked(
        gateway, method, f"{gateway.url}/graphql", headers, data=body and BytesIO(body)
    )


async def look(gateway: Gateway, *, method: str = "GET", **parameters: str) -> Answer:
    """Ask by the address."""
    return await _asked(gateway, method, f"{gateway.url}/graphql", {}, params=parameters)


async def _asked(
    gateway: Gateway, method: str, url: str, headers: Mapping[str, str], **sent: Any
) -> Answer:
    given = {"Authorization": f"Bearer {gateway.token()}"}
    if method == "POST":
        given["Content-Type"] = JSON
    given |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    async with gateway.http.request(method, url, headers=given, **sent) as reply:
        body = None if method == "HEAD" or reply.status == 204 else await reply.json()
        return Answer(reply.status, reply.headers, body)
