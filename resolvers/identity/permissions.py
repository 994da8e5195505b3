"""Who may do what: declared by each change itself, so that it holds whichever face asks for it."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from resolvers.context import Context
from resolvers.identity.callers import CallerKind

P = ParamSpec("P")
T = TypeVar("T")

Kinds = frozenset[CallerKind]

EVERYONE: Kinds = frozenset(CallerKind)
READERS: Kinds = frozenset({CallerKind.integration, CallerKind.operator})
"""Those who see all of a mode."""
PAYERS: Kinds = frozenset({CallerKind.sales_channel, CallerKind.integration, CallerKind.gateway})
"""Those who take an order through its checkout; the gateway does so on Klarna's report."""
INTEGRATIONS: Kinds = frozenset({CallerKind.integration})
SWITCHERS: Kinds = frozenset({CallerKind.integration, CallerKind.operator})
"""Those who take a gateway out of use and back: an integration, and whoever is on duty."""
OPERATORS: Kinds = frozenset({CallerKind.operator})

_DOERS: dict[Callable[..., Any], Kinds] = {}


def done_by(
    kinds: Kinds,
) -> Callable[
    [Callable[Concatenate[Context, P], Awaitable[T]]],
    Callable[Concatenate[Context, P], Coroutine[Any, Any, T]],
]:
    """Let only callers of these kinds do something; for others it raises Forbidden."""

    def declare(
        work: Callable[Concatenate[Context, P], Awaitable[T]],
    ) -> Callable[Concatenate[Context, P], Coroutine[Any, Any, T]]:
        @wraps(work)
        async def checked(context: Context, /, *args: P.args, **kwargs: P.kwargs) -> T:
            context.caller.must_be(*kinds)
            return await work(context, *args, **kwargs)

        _DOERS[checked] = kinds
        return checked

    return declare


def doers_of(work: Callable[..., Any]) -> Kinds:
    """Return the kinds of callers that may do what was declared by `done_by`."""
    return _DOERS[work]
