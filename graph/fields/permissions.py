"""Who may ask for which field: declared beside the field, enforced here, and readable as data.

A field says so by `metadata=open_to(...)`, and relationships and connections by their `seen_by=`; a
mutation takes it from the change that it makes. What a field does not say, whoever sees the record
may ask. Which records a caller sees is not decided here, but by the scope of every statement.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema

from resolvers.identity.permissions import EVERYONE, Kinds

_RULES: dict[tuple[str, str], Kinds] = {}
_METADATA = "seen_by"


def open_to(kinds: Kinds) -> dict[str, Any]:
    """Return the metadata of a field that only callers of these kinds may ask for."""
    return {_METADATA: kinds}


def of(type_name: str, field_name: str) -> Kinds:
    """Return the kinds of callers that may ask for a field. Raises KeyError if there is none."""
    return _RULES[type_name, field_name]


def enforce(schema: GraphQLSchema) -> None:
    """Guard every field of a schema by its rule. Raises LookupError for a root that has none."""
    roots = {schema.query_type, schema.mutation_type, schema.subscription_type}
    for name, kind in schema.type_map.items():
        if not isinstance(kind, GraphQLObjectType) or name.startswith("__"):
            continue
        for field_name, field in kind.fields.items():
            declared = _declared(field)
            if declared is None and kind in roots:
                raise LookupError(f"{name}.{field_name} does not say who may ask for it.")
            _RULES[name, field_name] = kinds = EVERYONE if declared is None else declared
            if kinds != EVERYONE:
                _guard(field, kinds)


def _declared(field: GraphQLField) -> Kinds | None:
    definition = field.extensions.get("strawberry-definition")
    kinds: Kinds | None = None if definition is None else definition.metadata.get(_METADATA)
    return kinds


def _guard(field: GraphQLField, kinds: Kinds) -> None:
    """Have a field tell others FORBIDDEN before anything is done for it."""
    for part in ("resolve", "subscribe"):
        answer = getattr(field, part)
        if answer is not None:
            setattr(field, part, _guarded(answer, kinds))


def _guarded(answer: Callable[..., Any], kinds: Kinds) -> Callable[..., Any]:
    @wraps(answer)
    def guarded(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        info.context.caller.must_be(*kinds)
        return answer(source, info, **arguments)

    return guarded
