"""Relationships: declared once beside a type, as the lookup and the key that lead to the other."""

from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from graph.context import Info
from graph.fields.permissions import open_to
from resolvers.identity.permissions import EVERYONE, Kinds
from store.lookups import Lookup


@dataclass(frozen=True, slots=True)
class Relationship:
    """How to come from a record to the one it belongs to, or to those that belong to it."""

    lookup: Lookup[Any]
    key: str
    """The record's own field whose value the lookup takes."""
    many: bool
    seen_by: Kinds
    """The callers that may follow it; others are told FORBIDDEN."""

    @property
    def metadata(self) -> dict[str, Any]:
        """What a field says of itself that follows it."""
        return {"relationship": self, **open_to(self.seen_by)}

    async def follow(self, record: object, info: Info) -> object:
        """Return what the record's key leads to."""
        context = info.context
        loaders = context.loaders_of(record)
        load = loaders.many if self.many else loaders.one
        return await load(self.lookup, getattr(record, self.key))


def one(
    lookup: Lookup[Any],
    key: str,
    description: str,
    *,
    seen_by: Kinds = EVERYONE,
) -> Any:
    """Declare the one record that this record's `key` leads to."""
    return _field(Relationship(lookup, key, many=False, seen_by=seen_by), description)


def many(
    lookup: Lookup[Any],
    key: str,
    description: str,
    *,
    seen_by: Kinds = EVERYONE,
) -> Any:
    """Declare the records that this record's `key` leads to, in the lookup's order."""
    return _field(Relationship(lookup, key, many=True, seen_by=seen_by), description)


def _field(relationship: Relationship, description: str) -> StrawberryField:
    async def resolve(root: Any, info: Info) -> object:
        return await relationship.follow(root, info)

    field: StrawberryField = strawberry.field(
        resolver=resolve, description=description, metadata=relationship.metadata
    )
    return field


def relationships_of(graph: type) -> dict[str, Relationship]:
    """Return the relationships of a type, by the names of their fields."""
    fields = graph.__strawberry_definition__.fields  # type: ignore[attr-defined]  # a graph type
    found = ((field.python_name, field.metadata.get("relationship")) for field in fields)
    return {name: relationship for name, relationship in found if relationship is not None}
