"""Federation: entities that other subgraphs refer to by their keys, and how a router asks for them.

A router asks two questions of every subgraph: `_service` for its schema, and `_entities` for what
another subgraph knows only the keys of.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.federation.schema import FederationAny
from strawberry.federation.schema_directives import Key, Shareable
from strawberry.federation.types import FieldSet
from strawberry.utils.str_converters import to_camel_case
from typing_extensions import Doc

from graph.context import Info
from graph.fields.permissions import open_to
from graph.fields.types import graph_type
from graph.sdl import subgraph_sdl
from resolvers.errors import BadInput, Fault
from resolvers.identity.permissions import EVERYONE, READERS, Kinds
from store.lookups import Lookup

T = TypeVar("T", bound=type)

MAX_REPRESENTATIONS = 1000

ANY: dict[object, Any] = {
    FederationAny: strawberry.scalar(
        name="_Any",
        description='An entity\'s type and one of its keys: `{"__typename": "Order", "id": "x"}`.',
    )
}


@dataclass(frozen=True, slots=True)
class Entity:
    """A type, and how its records are found by its keys."""

    graph: Any
    keys: Mapping[str, Lookup[Any]]
    """Where a record is found by each key, in the order in which they are tried."""
    seen_by: Kinds
    """The callers that may refer to it; others are told FORBIDDEN."""

    async def find(self, info: Info, representation: Mapping[str, Any]) -> Any:
        """Return the record that a representation is of, or None. Raises Forbidden and BadInput."""
        context = info.context
        context.caller.must_be(*self.seen_by)
        for name, lookup in self.keys.items():
            if name in representation:
                key = representation[name]
                if not isinstance(key, str):
                    raise _bad(f"`{name}` must be a text.")
                record = await context.loaders.one(lookup, key)
                # Transactions of all kinds are found alike, and only one kind is meant
                return record if self.graph.is_type_of(record, info) else None
        raise _bad(f"Give {' or '.join(f'`{name}`' for name in self.keys)}.")


_ENTITIES: dict[str, Entity] = {}
"""The entities by the names of their types."""


def entity(*lookups: Lookup[Any], seen_by: Kinds = EVERYONE) -> Callable[[T], T]:
    """Have other subgraphs refer to a type by the keys that these lookups find it by."""

    def declare(graph: T) -> T:
        keys = {to_camel_case(lookup.column.name): lookup for lookup in lookups}
        _direct(graph, *(Key(fields=FieldSet(name), resolvable=strawberry.UNSET) for name in keys))
        _ENTITIES[graph.__name__] = Entity(graph, keys, seen_by)
        return graph

    return declare


def shareable(graph: T) -> T:
    """Let other subgraphs have a type of this name with the same fields, or some of them."""
    _direct(graph, Shareable())
    return graph


def _direct(graph: Any, *directives: object) -> None:
    definition = graph.__strawberry_definition__
    definition.directives = [*definition.directives, *directives]


@strawberry.type(name="_Service", description="This gateway as a subgraph.")
class Service:
    """What a federation composes."""

    @strawberry.field(description="The schema, with its keys and what may be shared.")
    def sdl(self, info: Info) -> str:
        """Return it as text."""
        return subgraph_sdl(info.schema)


def with_router_questions(query: Any) -> Any:
    """Return a schema's questions together with those that a router asks of every subgraph."""
    described = query.__strawberry_definition__.description
    return strawberry.type(type("Query", (_questions(), query), {}), description=described)


def _questions() -> type:
    any_entity: Any = Annotated[
        reduce(or_, (entity.graph for entity in _ENTITIES.values())),
        strawberry.union("_Entity", description="What other subgraphs can refer to."),
    ]

    @graph_type
    class Questions:
        """What a router asks of every subgraph."""

        @strawberry.field(name="_service", metadata=open_to(READERS))
        def service(self) -> Service:
            """This gateway as a subgraph."""
            return Service()

        @strawberry.field(
            name="_entities",
            graphql_type=list[any_entity | None],
            metadata=open_to(EVERYONE) | {"entities": _ENTITIES},
        )
        async def entities(
            self,
            info: Info,
            representations: Annotated[
                list[FederationAny],
                Doc(f"Their types and keys, at most {MAX_REPRESENTATIONS:,}."),
            ],
        ) -> list[Any]:
            """Entities in the order of their representations, with null for what is not seen.

            What is wrong with one representation is an error at its place.
            """
            return await entities_of(info, representations)

    return Questions


async def entities_of(info: Info, representations: Sequence[object]) -> list[Any]:
    """Return the records that representations are of, in one statement for each type and key.

    In the place of one that is wrong or forbidden stands the reason. Raises BadInput.
    """
    if len(representations) > MAX_REPRESENTATIONS:
        raise BadInput(
            f"`representations` has {len(representations)} entities; "
            f"{MAX_REPRESENTATIONS} is the most.",
            {
                "argument": "representations",
                "limit": MAX_REPRESENTATIONS,
                "value": len(representations),
            },
        )
    return await asyncio.gather(*(_entity(info, one) for one in representations))


async def _entity(info: Info, representation: Any) -> Any:
    try:
        return await _type_of(representation).find(info, representation)
    except Fault as fault:
        return fault  # an exception in a list becomes the error of its place


def _type_of(representation: object) -> Entity:
    """Return what a representation says that it is of. Raises BadInput."""
    if not isinstance(representation, dict):
        raise _bad("It must be an object.")
    name = representation.get("__typename")
    if not isinstance(name, str):
        raise _bad("Its `__typename` must be given, as a text.")
    if name not in _ENTITIES:
        raise _bad(f"Its `__typename` must be one of {', '.join(sorted(_ENTITIES))}.")
    return _ENTITIES[name]


def _bad(why: str) -> BadInput:
    return BadInput(
        f"This is no representation of an entity. {why}", {"argument": "representations"}
    )
