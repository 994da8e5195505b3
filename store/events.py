"""Event stores: everything that happened, in one order for the whole store."""

from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Index
from typing_extensions import Doc

from store.fields import Json, Mark
from store.instants import Instant
from store.lookups import Lookup
from store.scope import Mode
from store.tables import Traits, append_only, derive

SEQUENCES = 1_000_000
"""How many events one millisecond has room for."""


@dataclass(kw_only=True)
class EventStore:
    """Something that happened to a resource, in words, with the attributes it changed."""

    id: Annotated[
        str, Doc("`<milliseconds since 1970>-<sequence>`, growing with every event of the store.")
    ]
    mode: Annotated[Mode, Doc("The Klarna environment of its resource.")]
    resource_type: Annotated[str, Doc("The kind of resource, for example `klarna_payments`.")]
    resource_id: Annotated[str, Doc("The id of the resource.")]
    position: Annotated[int, Doc("The id as one number, to sort by."), Mark.INTERNAL]
    event: Annotated[
        str,
        Doc("What happened, in the past tense: `created`, `session_refreshed`, `authorized`, ..."),
    ]
    payload: Annotated[
        Json,
        Doc(
            'The changed attributes: `{"status": {"from": "draft", "to": "placed"}}`. Secrets and '
            "tokens read `[redacted]`."
        ),
    ]
    who: Annotated[Json, Doc("Who made it happen, as in the version.")]
    created_at: Annotated[Instant, Doc("When it happened.")]


event_stores = append_only(
    derive(
        "event_stores",
        EventStore,
        Index(None, "position", unique=True),
        traits=Traits(ties=("position",)),
        key=("resource_id", "position"),
        clustered=True,
    )
)

events_by_resource = Lookup(
    EventStore,
    event_stores.c.resource_id,
    order_by=(event_stores.c.resource_id, event_stores.c.position),
)
events_by_id = Lookup(EventStore, event_stores.c.id)


def event_id(position: int) -> str:
    """Write a place in the log as an event's id: `1755185525941-0`."""
    milliseconds, sequence = divmod(position, SEQUENCES)
    return f"{milliseconds}-{sequence}"


def position_after(last: int, milliseconds: int) -> int:
    """Return the place of the next event: after the last one, even if the clock went back."""
    return max(last + 1, milliseconds * SEQUENCES)
