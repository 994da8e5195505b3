"""Resources: what everything that is stored shows, and how one of them is asked for."""

from typing import Annotated, Any

from typing_extensions import Doc

from graph.context import Info
from graph.fields.connections import connected
from graph.fields.types import graph_interface
from graph.nodes import Node
from resolvers.identity.permissions import READERS
from store import resources
from store.events import events_by_resource
from store.instants import Instant
from store.lookups import Lookup
from store.pages import Key, Order
from store.versions import versions_by_resource

HISTORY = "graph.audit"
REVISIONS: Order = (Key("revision"),)
EVENTS: Order = (Key("position"),)
"""History is told from the beginning; `last` tells the end of it."""


@graph_interface
class Resource(resources.Resource, Node):
    """Something that is stored: it has an id, the caller's own marks, and a history."""

    versions = connected(
        "Version",
        HISTORY,
        versions_by_resource,
        "id",
        "Its changes, oldest first. Not for checkouts.",
        order=REVISIONS,
        seen_by=READERS,
    )
    event_stores = connected(
        "EventStore",
        HISTORY,
        events_by_resource,
        "id",
        "What happened to it, oldest first. Not for checkouts.",
        order=EVENTS,
        seen_by=READERS,
    )


AsOf = Annotated[
    Instant | None,
    Doc(
        "Show it, and all that is asked of it, as it was at this time. Secrets are not kept in the "
        "history and read `[redacted]`. Not for checkouts."
    ),
]


async def asked_for(info: Info, lookup: Lookup[Any], key: str, as_of: Instant | None) -> Any:
    """Return a record by its id, now or as it was. Raises Forbidden and BadInput."""
    context = info.context
    if as_of is None:
        return await context.loaders.one(lookup, key)
    context.caller.must_be(*READERS)
    return await context.seen_at(lookup, key, as_of)
