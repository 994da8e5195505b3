"""The past: loaders that answer as everything was at one time, and what differs between two.

A record of the past knows its time, so that whatever is asked of it is answered as of then.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from resolvers.errors import BadInput
from resolvers.loaders import Loaders
from store.changes import differences
from store.conditions import ALWAYS, Condition, compare, every
from store.database import Reader
from store.history import deleted_ids, rebuild, records_at
from store.instants import Instant
from store.lookups import Lookup
from store.nodes import RESOURCES
from store.pages import Found, Page, joined
from store.resources import Resource
from store.scope import Scope
from store.versions import versions_by_id, versions_by_resource

R = TypeVar("R")

_NEVER_CHANGES = frozenset({"created_at", "id", "position", "revision"})
_TIME = "_as_of"
"""The attribute by which a record of the past knows its time; it is no field of it."""


def time_of(record: object) -> Instant | None:
    """Return the time that a record is of; None for the present."""
    found: Instant | None = getattr(record, _TIME, None)
    return found


def of_then(record: R, at: Instant) -> R:
    """Have a record know its time."""
    setattr(record, _TIME, at)
    return record


class Past(Loaders):
    """Loaders that answer as it was at one time."""

    def __init__(self, reader: Reader, scope: Scope, at: Instant) -> None:
        super().__init__(reader, scope)
        self._at = at

    async def _records(
        self, lookup: Lookup[Any], keys: Sequence[str], scope: Scope
    ) -> Sequence[Any]:
        """Return the records that had one of these keys."""
        ids = list(keys)
        if lookup.column.name != "id":
            now = await lookup(self._reader, keys, scope)
            gone = await deleted_ids(self._reader, lookup, keys, self._at, scope)
            ids = [record.id for record in now] + gone
        then = await self._then(lookup, ids, scope)
        order = [column.name for column in lookup.order_by]
        return sorted(then.values(), key=lambda record: [getattr(record, name) for name in order])

    async def _then(
        self, lookup: Lookup[Any], ids: Sequence[str], scope: Scope
    ) -> Mapping[str, Any]:
        found = await records_at(self._reader, lookup.record, ids, self._at, scope)
        return {key: of_then(record, self._at) for key, record in found.items()}

    async def page(self, lookup: Lookup[Any], wanted: Page, key: str) -> Found:
        """Return a page of what was there, as it was.

        Raises BadInput for what only the present can be asked: a filter, or an order by what
        changes.
        """
        if wanted.condition != ALWAYS:
            raise _of_the_present("filter")
        if any(one.column not in _NEVER_CHANGES for one in wanted.order):
            raise _of_the_present("orderBy")
        found = await super().page(lookup, replace(wanted, condition=self._until()), key)
        if not issubclass(lookup.record, Resource):
            return replace(found, records=[of_then(one, self._at) for one in found.records])
        then = await asyncio.gather(*(self._one_then(lookup, one.id) for one in found.records))
        there = [one for one in then if one is not None]
        merged = joined(there, await self._gone(lookup, key), wanted)
        return replace(merged, more=merged.more or found.more)

    async def _one_then(self, lookup: Lookup[Any], record_id: str) -> Any:
        async def load(ids: Sequence[str]) -> list[Any]:
            found = await self._then(lookup, ids, self._scope)
            return [found.get(one) for one in ids]

        return await self._load(("then", lookup), load, record_id)

    async def count(self, lookup: Lookup[Any], condition: Condition, key: str) -> int:
        """Return how many were there."""
        there = await super().count(lookup, every(condition, self._until()), key)
        if not issubclass(lookup.record, Resource):
            return there
        return there + len(await self._gone(lookup, key))

    async def _gone(self, lookup: Lookup[Any], key: str) -> list[Any]:
        """Return what was there and has been deleted since, as it was."""

        async def load(keys: Sequence[str]) -> list[list[Any]]:
            ids = await deleted_ids(self._reader, lookup, keys, self._at, self._scope)
            found: dict[str, list[Any]] = {key: [] for key in keys}
            for record in (await self._then(lookup, ids, self._scope)).values():
                found[lookup.key_of(record)].append(record)
            return [found[key] for key in keys]

        return await self._load(("gone", lookup), load, key)

    def _until(self) -> Condition:
        return compare("lte", "created_at", self._at)


def _of_the_present(argument: str) -> BadInput:
    return BadInput(
        f"The past is not asked by `{argument}`: leave it out, or ask of the present.",
        {"argument": argument},
    )


async def version_diff(
    reader: Reader, scope: Scope, from_id: str, to_id: str
) -> dict[str, Any] | None:
    """Return what differs after one version and after another: `{attribute: [old, new]}`.

    None if there is no such version. Raises BadInput for two that are not of one resource.
    """
    ends = [await versions_by_id.one(reader, key, scope) for key in (from_id, to_id)]
    first, last = ends
    if first is None or last is None:
        return None
    if first.resource_id != last.resource_id:
        raise BadInput("The two versions are of two resources.", {"argument": "to"})
    told = await versions_by_resource(reader, [first.resource_id], scope)
    record = RESOURCES[first.resource_type].record
    before, after = (
        rebuild(record, [version for version in told if version.revision <= end.revision])
        for end in (first, last)
    )
    return {name: list(both) for name, both in differences(before, after).items()}
