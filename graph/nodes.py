"""Nodes: any resource by its id, whichever kind it is of."""

from typing import Annotated, Any

import strawberry
from typing_extensions import Doc

from graph.context import Info
from graph.fields.lookups import found_among
from graph.fields.permissions import open_to
from graph.fields.types import graph_interface, graph_type
from resolvers.errors import BadInput
from resolvers.identity.permissions import EVERYONE
from resolvers.nodes import nodes_by_id

MAX_NODES = 100


@graph_interface
class Node:
    """Anything with an id. No two things of any kind share one."""

    id: str = strawberry.field(graphql_type=strawberry.ID, description="Its id, stable and opaque.")


@graph_type
class NodeQuestions:
    """What can be asked of anything."""

    @strawberry.field(graphql_type=Node | None, metadata=open_to(EVERYONE) | found_among("id"))
    async def node(self, info: Info, id: Annotated[strawberry.ID, Doc("Its id.")]) -> Any:
        """Anything by its id, or null if the caller sees nothing of this id."""
        return (await nodes_by_id(info.context, [id]))[0]

    @strawberry.field(
        graphql_type=list[Node | None], metadata=open_to(EVERYONE) | found_among("ids")
    )
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], Doc("Their ids, at most 100.")]
    ) -> list[Any]:
        """Several things by their ids, in their order, with null for what the caller sees not."""
        if len(ids) > MAX_NODES:
            raise BadInput(
                f"`ids` has {len(ids)} ids; {MAX_NODES} is the most.",
                {"argument": "ids", "limit": MAX_NODES, "value": len(ids)},
            )
        return await nodes_by_id(info.context, ids)
