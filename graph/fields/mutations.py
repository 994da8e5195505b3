"""Mutations: changes that answer the resource or a refusal, and happen once for each key."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, is_dataclass
from functools import wraps
from typing import Annotated, Any

import strawberry
from typing_extensions import Doc

from graph.context import Info
from graph.fields.permissions import open_to
from resolvers.errors import TimedOut
from resolvers.idempotency.once import once
from resolvers.idempotency.requests import Named
from resolvers.identity.callers import CallerKind
from resolvers.identity.permissions import doers_of
from store.lookups import Lookup

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a change: as the root of its operation, it is told and nothing is done."""

    result: Any = None
    raised: Exception | None = None

    def told(self) -> Any:
        """Return the result, or raise what the change raised."""
        if self.raised is not None:
            raise self.raised
        return self.result


def mutation(
    result: Any,
    makes: Callable[..., Any],
    *,
    about: Lookup[Any] | None = None,
    in_one: bool = False,
) -> Callable[[Resolver], Any]:
    """Declare a mutation: null where it failed, and else a member of the union `result`.

    The change that it `makes` says who may ask for it. It takes a `key` beside its own arguments.
    `about` finds what it is asked for by its id; one that checkouts may ask for has to have it, and
    raises LookupError otherwise. With `in_one` it begins with its change, and asks nothing of
    anybody before.
    """
    doers = doers_of(makes)
    if about is None and CallerKind.sales_channel in doers:
        raise LookupError(f"{makes.__name__} does not say what a checkout's key is about.")

    def declare(resolver: Resolver) -> Any:
        @wraps(resolver)
        async def change(self: Any, info: Info, *, key: str | None = None, **given: Any) -> Any:
            if isinstance(self, Outcome):
                return self.told()
            if info.context.given_up:
                raise TimedOut("The time was over before this one's turn came: nothing was begun.")
            asked = {"mutation": info.field_name, "arguments": _said(given)}
            named = None if about is None else Named(about, _id_in(given))
            return await once(
                info.context,
                key,
                asked,
                lambda: resolver(self, info, **given),
                about=named,
                in_one=in_one,
            )

        signature = inspect.signature(resolver)
        parameters = [*signature.parameters.values(), _KEY]
        change.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # functions take any attribute
        return strawberry.mutation(change, graphql_type=result | None, metadata=open_to(doers))

    return declare


def _id_in(given: Mapping[str, Any]) -> str:
    """Return the id of what a change is about, or of the order that it makes something for."""
    found: str = given["id"] if "id" in given else given["input"].order_id
    return found


def _said(given: Any) -> Any:
    """Return what a caller said, as JSON; what was left out stays out."""
    if isinstance(given, list):
        return [_said(one) for one in given]
    if is_dataclass(given):
        given = vars(given)
    elif not isinstance(given, dict):
        return given
    return {name: _said(value) for name, value in given.items() if value is not strawberry.UNSET}
