"""Uses: what refers to a resource, and so keeps it from being deleted."""

from collections.abc import Mapping
from typing import Any

from resolvers.errors import RefusalCode, Refused
from store.database import Reader
from store.lookups import Lookup
from store.pages import leads_anywhere


async def must_be_unused(
    reader: Reader, resource_id: str, by: Mapping[str, Lookup[Any]], *, hint: str
) -> None:
    """Raise Refused if anything refers to a resource; `by` names what may, with its lookup."""
    for what, lookup in by.items():
        if await leads_anywhere(reader, lookup, resource_id):
            raise Refused(
                RefusalCode.RESOURCE_IN_USE,
                f"It cannot be done while {what} refer to it.",
                path=["id"],
                hint=hint,
            )
