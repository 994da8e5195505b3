"""What is asked of the control API, and how it says that it makes no sense."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resolvers.klarna.sandbox.contract import Shape, ShapeError
from resolvers.klarna.sandbox.messages import Json, Reply, Request, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resolvers.klarna.sandbox.sandbox import Sandbox


class ControlError(Exception):
    """An inquiry that makes no sense."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One request to the control API of a sandbox."""

    sandbox: Sandbox
    request: Request
    parts: Mapping[str, str]
    """The ids in the path by their names."""

    def body(self) -> Json:
        """Return the JSON object that was sent; nothing sent is an empty one."""
        try:
            value = parse(self.request.body or b"{}")
        except ValueError:
            raise senseless("The body is not JSON.") from None
        if not isinstance(value, dict):
            raise senseless("The body is not a JSON object.")
        return value

    def shaped(self, shape: Shape) -> Json:
        """Return what was sent, in a shape."""
        try:
            return shape.read(self.body())
        except ShapeError as error:
            raise senseless(str(error)) from None


Action = Callable[[Inquiry], Reply]
"""Answers one operation, or raises ControlError or KlarnaError."""


def senseless(message: str) -> ControlError:
    """Make the error for an inquiry that cannot be understood."""
    return ControlError(400, "BAD_REQUEST", message)
