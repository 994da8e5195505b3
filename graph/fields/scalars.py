"""The scalars that GraphQL has no name for: points in time and JSON."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry
from graphql import GraphQLError, Undefined
from strawberry.types.scalar import ScalarDefinition

from store.fields import Json
from store.instants import Instant, instant

MAX_DEPTH = 20
"""How deep metadata may be nested."""
_WHOLE = (-(2**63), 2**63 - 1)
"""The whole numbers that JSON is read back with unchanged."""


def _parse_instant(value: object) -> Instant:
    if not isinstance(value, str):
        raise GraphQLError("A time is written as text: `2026-01-31T09:30:00.000Z`.")
    try:
        moment = datetime.fromisoformat(value)
        written = instant(moment)
    except (ValueError, OverflowError):
        raise GraphQLError("This is no time such as `2026-01-31T09:30:00.000Z`.") from None
    if moment.tzinfo is None:
        raise GraphQLError("This time says no time zone: end it with `Z`.")
    return written


def _parse_object(value: object) -> Json:
    if not isinstance(value, dict):
        raise GraphQLError("This takes a JSON object.")
    _check(value, 1)
    given: Json = _given(value)
    return given


def _given(value: Any) -> Any:
    """Return JSON without the keys whose variables were not given."""
    if isinstance(value, dict):
        return {key: _given(inner) for key, inner in value.items() if inner is not Undefined}
    return [_given(inner) for inner in value] if isinstance(value, list) else value


def _check(value: object, depth: int) -> None:
    """Raise GraphQLError for what JSON cannot keep as it was given."""
    if depth > MAX_DEPTH:
        raise GraphQLError(f"This is nested deeper than {MAX_DEPTH} times.")
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else ()
        for inner in (*keys, *(value.values() if isinstance(value, dict) else value)):
            _check(inner, depth + 1)
            if inner is Undefined and isinstance(value, list):
                raise GraphQLError("A variable in this list was not given.")
    elif isinstance(value, str):
        if "\0" in value:
            raise GraphQLError("This holds a NUL character.")
    elif _altered(value):
        raise GraphQLError("This holds a number that is too large.")


def _altered(value: object) -> bool:
    """Whether a number would be read back as another one."""
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and not _WHOLE[0] <= value <= _WHOLE[1]


def _as_it_is(value: Any) -> Any:
    return value


SCALARS: Mapping[object, ScalarDefinition] = {
    Instant: strawberry.scalar(
        name="DateTime",
        description="A point in time: ISO 8601, UTC, milliseconds: `2026-01-31T09:30:00.000Z`.",
        serialize=_as_it_is,
        parse_value=_parse_instant,
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="A JSON object.",
        serialize=_as_it_is,
        parse_value=_parse_object,
    ),
}
"""What each of the store's types is called in GraphQL, and how it is read."""
