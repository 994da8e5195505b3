"""Which handler answers which method and path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from resolvers.klarna.sandbox.errors import KlarnaError

HandlerT = TypeVar("HandlerT")


@dataclass(frozen=True, slots=True)
class Route(Generic[HandlerT]):
    """One operation: `Route("GET", "orders/{order_id}", "get_order", handler)`."""

    method: str
    pattern: str
    operation: str
    handler: HandlerT

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the ids in a path of this pattern by their names, or None for any other path."""
        steps = self.pattern.split("/")
        if len(steps) != len(segments):
            return None
        parts = {}
        for step, segment in zip(steps, segments, strict=True):
            if step.startswith("{") and segment:
                parts[step.strip("{}")] = segment
            elif step != segment:
                return None
        return parts


class Routes(Generic[HandlerT]):
    """All operations of one face."""

    def __init__(self, routes: Sequence[Route[HandlerT]]) -> None:
        self._routes = tuple(routes)

    @property
    def operations(self) -> list[str]:
        """The operations' names, in the order of their routes."""
        return [route.operation for route in self._routes]

    def find(self, method: str, segments: Sequence[str]) -> tuple[Route[HandlerT], dict[str, str]]:
        """Return the route of a request and the ids in its path.

        Raises KlarnaError for an unknown path or method; what Klarna says then is inferred.
        """
        matches = [
            (route, parts) for route in self._routes if (parts := route.match(segments)) is not None
        ]
        for route, parts in matches:
            if route.method == method:
                return route, parts
        if not matches:
            raise KlarnaError(404, "NOT_FOUND", "Not found")
        error = KlarnaError(405, "METHOD_NOT_ALLOWED", "Method not allowed")
        error.headers = {"Allow": ", ".join(route.method for route, _ in matches)}
        raise error
