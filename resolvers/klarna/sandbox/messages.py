"""What arrives at the sandbox and what it answers, free of any HTTP library."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote

Json = dict[str, Any]
"""A JSON object. Its values are whatever JSON allows, hence `Any`."""

CORRELATION_ID = "Klarna-Correlation-Id"
IDEMPOTENCY_KEY = "Klarna-Idempotency-Key"

_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,255}")


@dataclass(frozen=True, slots=True)
class Request:
    """A call as it arrived: nothing decoded, nothing trusted."""

    method: str
    path: str
    """Path and query as they stood on the wire, percent-encoded."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return a header by its name in any case, or None."""
        wanted = name.lower()
        return next((text for key, text in self.headers.items() if key.lower() == wanted), None)

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, decoded: `/eu/payments/v1` is `("eu", "payments", "v1")`."""
        path = self.path.partition("?")[0].partition("#")[0]
        return tuple(unquote(part) for part in path.removeprefix("/").split("/"))

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one the last."""
        return dict(parse_qsl(self.path.partition("?")[2], max_num_fields=None))

    @property
    def origin(self) -> str:
        """The scheme, host and port that the caller knows the sandbox by."""
        host = self.header("Host") or ""
        return f"http://{host if _HOST.fullmatch(host) else 'sandbox.invalid'}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the sandbox answers, and how the transport is to carry it."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds the transport holds the reply back. What it tells has happened already."""
    close: bool = False
    """The transport closes the connection instead of sending the reply."""

    def json(self) -> Any:
        """Return the body parsed; whether it is an object depends on the call, hence `Any`."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """Return a header by its name in any case, or None."""
        wanted = name.lower()
        return next((text for key, text in self.headers.items() if key.lower() == wanted), None)

    def with_headers(self, headers: Mapping[str, str]) -> "Reply":
        """Return the same reply with more headers; those it has already stay."""
        return replace(self, headers={**headers, **self.headers})


def json_reply(status: int, value: object, headers: Mapping[str, str] | None = None) -> Reply:
    """Make a reply that carries JSON."""
    body = json.dumps(value).encode()
    return Reply(status, body, {"Content-Type": "application/json", **(headers or {})})


def parse(body: bytes) -> Any:
    """Parse strict JSON of any kind, hence `Any`. Raises ValueError for everything else."""
    try:
        return json.loads(body.decode(), parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")
