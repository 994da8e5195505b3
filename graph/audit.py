"""Versions and event stores: the history that every change leaves behind."""

from typing import Annotated, Any

import strawberry
from typing_extensions import Doc

from graph.context import Info
from graph.fields.connections import connection_of, listed
from graph.fields.filters import filter_of
from graph.fields.lookups import kept_as
from graph.fields.permissions import open_to
from graph.fields.resources import EVENTS, HISTORY, Resource
from graph.fields.sorting import order_of
from graph.fields.types import graph_type
from graph.nodes import Node
from resolvers import history
from resolvers.identity.permissions import READERS
from store import events, versions
from store.fields import Json
from store.nodes import RESOURCES
from store.pages import Key, Order

VERSIONS: Order = (Key("created_at"),)


_KEPT_AS = kept_as(RESOURCES, "resource_type", "resource_id")


async def _resource(entry: versions.Version | events.EventStore, info: Info) -> Any:
    loaders = info.context.loaders_of(entry)
    return await loaders.one(RESOURCES[entry.resource_type], entry.resource_id)


@graph_type
class Version(versions.Version, Node):
    """What one change of a resource changed: its attributes' old and new values."""

    @strawberry.field(graphql_type=Resource | None, metadata=_KEPT_AS)
    async def resource(self, info: Info) -> Any:
        """The resource as it is now, or null if it was deleted."""
        return await _resource(self, info)


@graph_type
class EventStore(events.EventStore, Node):
    """Something that happened to a resource."""

    @strawberry.field(graphql_type=Resource | None, metadata=_KEPT_AS)
    async def resource(self, info: Info) -> Any:
        """The resource as it is now, or null if it was deleted."""
        return await _resource(self, info)


VersionFilter = filter_of(Version)
VersionOrder = order_of(Version)
VersionConnection = connection_of(Version)
EventStoreFilter = filter_of(EventStore)
EventStoreOrder = order_of(EventStore)
EventStoreConnection = connection_of(EventStore)


@graph_type
class AuditQuestions:
    """What can be asked of history."""

    versions = listed(
        "Version",
        HISTORY,
        "All changes, oldest first. Not for checkouts. What changed, who did it and when are "
        'filters: `{changes: {hasKey: "status"}, who: {contains: {application: {id: "x"}}}}`.',
        VERSIONS,
    )
    event_stores = listed(
        "EventStore", HISTORY, "All that happened, oldest first. Not for checkouts.", EVENTS
    )

    @strawberry.field(graphql_type=Json | None, metadata=open_to(READERS))
    async def version_diff(
        self,
        info: Info,
        from_: Annotated[
            strawberry.ID, strawberry.argument(name="from"), Doc("The earlier version's id.")
        ],
        to: Annotated[strawberry.ID, Doc("The later version's id, of the same resource.")],
    ) -> dict[str, Any] | None:
        """What differs between the resource after one version and after another.

        Each attribute with its two values, as in `changes`; null if there is no such version.
        Not for checkouts.
        """
        context = info.context
        return await history.version_diff(context.database, context.scope, from_, to)
