"""Mutations: changes that answer the resource or a refusal, and happen once for each key."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import is_dataclass
from functools import wraps
from typing import Annotated, Any

import strawberry
from typing_extensions import Doc

from graph.context import Info
from graph.fields.permissions import open_to
from resolvers.errors import TimedOut
from resolvers.once import once
from resolvers.permissions import doers_of

Resolver = Callable[..., Awaitable[Any]]
Key = Annotated[
    str | None,
    Doc(
        "Your own name for this request, up to 255 characters: sent again with it, however often "
        "within seven days, it is done once and answered alike. Make one for each request, such as "
        "a UUID."
    ),
]
_KEY = inspect.Parameter("key", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Key)


def mutation(result: Any, makes: Callable[..., Any]) -> Callable[[Resolver], Any]:
    """Declare a mutation: null where it failed, and else a member of the union `result`.

    The change that it `makes` says who may ask for it. It takes a `key` beside its own arguments.
    """

    def declare(resolver: Resolver) -> Any:
        @wraps(resolver)
        async def change(self: Any, info: Info, *, key: str | None = None, **given: Any) -> Any:
            if info.context.given_up:
                raise TimedOut("The time was over before this one's turn came: nothing was begun.")
            asked = {"mutation": info.field_name, "arguments": _said(given)}
            return await once(info.context, key, asked, lambda: resolver(self, info, **given))

        signature = inspect.signature(resolver)
        parameters = [*signature.parameters.values(), _KEY]
        change.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # functions take any attribute
        return strawberry.mutation(
            change, graphql_type=result | None, metadata=open_to(doers_of(makes))
        )

    return declare


def _said(given: Any) -> Any:
    """Return what a caller said, as JSON; what was left out stays out."""
    if isinstance(given, list):
        return [_said(one) for one in given]
    if is_dataclass(given):
        given = vars(given)
    elif not isinstance(given, dict):
        return given
    return {name: _said(value) for name, value in given.items() if value is not strawberry.UNSET}
