"""What an operation is answered, before a face puts it into its own form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.errors import coded, formatted
from graph.execution.rates import Standing
from graph.execution.reading import Problem
from resolvers.errors import Fault


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation is answered."""

    body: dict[str, Any]
    """`data`, `errors` or both, as GraphQL's specification has them.

    `data` that was compiled is JSON already: a fragment, which orjson writes as it is.
    """
    begun: bool
    """Whether anything was executed; if not, the request was at fault and there is no `data`."""
    standing: Standing | None = None
    """What the caller may still ask for, where there is a limit to it."""
    event_id: str | None = None
    """The id of the event that it tells of, where a client can go on after that."""


def not_begun(
    errors: Sequence[Problem], *, executed: bool, standing: Standing | None = None
) -> Answer:
    """Return what to tell of an operation that was not even begun."""
    listed = [
        coded(error.code, error.message, error.details)
        if isinstance(error, Fault)
        else formatted(error, executed=executed)
        for error in errors
    ]
    return Answer({"errors": listed}, begun=False, standing=standing)
