"""Event stores: everything that happened, in one order for the whole store."""

import re
from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Index, func, select
from typing_extensions import Doc

from store.database import Reader
from store.fields import Json, Mark
from store.instants import Instant
from store.lookups import Lookup
from store.pages import Found, Key, Page, page
from store.scope import Mode, Scope
from store.statements import Statement
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
    )
)

events_by_resource = Lookup(
    EventStore,
    event_stores.c.resource_id,
    order_by=(event_stores.c.resource_id, event_stores.c.position),
)
events_by_id = Lookup(EventStore, event_stores.c.id)

NEWEST_POSITION = Statement(select(func.coalesce(func.max(event_stores.c.position), 0)))
_ID = re.compile(r"([0-9]{1,13})-([0-9]{1,6})")


async def newest_position(reader: Reader) -> int:
    """Return the place of the last event of the store; 0 if there is none."""
    ((found,),) = await reader.rows(NEWEST_POSITION)
    return int(found)


async def events_after(reader: Reader, position: int, scope: Scope, size: int) -> Found:
    """Return the next events after a place in the log, as they happened."""
    wanted = Page(size, (Key("position"),), position=(position,))
    return await page(reader, EventStore, wanted, scope)


def event_id(position: int) -> str:
    """Write a place in the log as an event's id: `1755185525941-0`."""
    milliseconds, sequence = divmod(position, SEQUENCES)
    return f"{milliseconds}-{sequence}"


def position_of_event(written: str) -> int | None:
    """Read an event's id as its place in the log; None if it is no such id."""
    found = _ID.fullmatch(written)
    if found is None:
        return None
    milliseconds, sequence = map(int, found.groups())
    return milliseconds * SEQUENCES + sequence


def position_after(last: int, milliseconds: int) -> int:
    """Return the place of the next event: after the last one, even if the clock went back."""
    return max(last + 1, milliseconds * SEQUENCES)
