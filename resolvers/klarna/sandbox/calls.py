"""A merchant's call once it is known who calls, what for and when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from resolvers.klarna.sandbox.contract import Shape, ShapeError
from resolvers.klarna.sandbox.errors import BadValue, malformed, unprocessable
from resolvers.klarna.sandbox.merchants import Account
from resolvers.klarna.sandbox.messages import Json, Reply, parse


@dataclass(frozen=True, slots=True)
class Call:
    """One call to one operation, authenticated."""

    account: Account
    at: datetime
    correlation_id: str
    origin: str
    """The sandbox as the caller knows it: `http://localhost:8080`."""
    prefix: str
    """The path prefix of the account's region: `/eu`."""
    parts: Mapping[str, str]
    """The ids in the path by their names: `order_id`."""
    content: bytes
    key: str | None
    """The idempotency key."""

    def payments_body(self, shape: Shape) -> Json:
        """Read the body as Payments does: 400 for whatever it cannot be."""
        try:
            return shape.read(self._parsed())
        except ShapeError as error:
            raise (BadValue(error.paths) if error.paths else malformed()) from None

    def order_body(self, shape: Shape) -> Json:
        """Read the body as Order Management does: 422 for a field beyond its limits."""
        try:
            return shape.read(self._parsed())
        except ShapeError as error:
            raise (unprocessable(error.paths) if error.paths else malformed()) from None

    def _parsed(self) -> object:
        try:
            return parse(self.content)
        except ValueError:
            raise malformed() from None


Handler = Callable[[Call], Reply]
"""Answers one operation, or raises KlarnaError and leaves everything as it was."""
