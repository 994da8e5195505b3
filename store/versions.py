"""Versions: what each change of a resource changed, in the order of its revisions."""

from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Index, text
from typing_extensions import Doc

from store.fields import Json, Mark
from store.instants import Instant
from store.lookups import Lookup
from store.scope import Mode
from store.tables import Traits, append_only, derive


@dataclass(kw_only=True)
class Version:
    """One change of one resource: which attributes, from what, to what."""

    id: Annotated[str, Doc("Letters, stable and opaque.")]
    mode: Annotated[Mode, Doc("The Klarna environment of its resource.")]
    resource_type: Annotated[str, Doc("The kind of resource, for example `klarna_payments`.")]
    resource_id: Annotated[str, Doc("The id of the resource.")]
    revision: Annotated[int, Doc("The resource's count of changes after this one."), Mark.INTERNAL]
    event: Annotated[str, Doc("What the change did to the row: `create`, `update` or `delete`.")]
    changes: Annotated[
        Json,
        Doc(
            'The changed attributes, each with its old and its new value: `{"status": ["draft", '
            '"placed"]}`. Secrets and tokens read `[redacted]`.'
        ),
    ]
    who: Annotated[
        Json,
        Doc(
            "Who made the change: the application, and the owner where there is one: "
            '`{"application": {"id": "...", "kind": "integration", "public": false}}`.'
        ),
    ]
    created_at: Annotated[Instant, Doc("When the change was made.")]


versions = append_only(
    derive(
        "versions",
        Version,
        Index(None, "mode", "created_at", "revision", "id"),
        traits=Traits(ties=("revision", "id")),
        key=("resource_id", "revision"),
    )
)
Index(
    "ix_versions_deleted",
    versions.c.resource_type,
    versions.c.created_at,
    sqlite_where=text("event = 'delete'"),
    postgresql_where=text("event = 'delete'"),
)

versions_by_resource = Lookup(
    Version, versions.c.resource_id, order_by=(versions.c.resource_id, versions.c.revision)
)
versions_by_id = Lookup(Version, versions.c.id)
