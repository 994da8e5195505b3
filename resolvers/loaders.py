"""Loaders: the lookups of one request, gathered so that each level of a query is one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeVar, cast

from strawberry.dataloader import DataLoader

from store import pages
from store.conditions import Condition
from store.database import Reader
from store.lookups import Lookup
from store.pages import Found, Page
from store.scope import Scope

R = TypeVar("R")
T = TypeVar("T")


class Loaders:
    """One loader for each question, made when first asked and forgotten with the request."""

    def __init__(self, reader: Reader, scope: Scope) -> None:
        self._reader = reader
        self._scope = scope
        self._loaders: dict[Hashable, DataLoader[str, Any]] = {}

    async def many(self, lookup: Lookup[R], key: str) -> list[R]:
        """Return the records that have this key, in the lookup's order."""
        return await self._many(lookup, key, self._scope)

    async def find(self, lookup: Lookup[Any], keys: Sequence[str], scope: Scope) -> Sequence[Any]:
        """Return the records that have one of these keys: loaders stand in for a reader."""
        found = await asyncio.gather(*(self._many(lookup, key, scope) for key in keys))
        return [record for records in found for record in records]

    async def _many(self, lookup: Lookup[R], key: str, scope: Scope) -> list[R]:
        async def load(keys: Sequence[str]) -> list[list[R]]:
            found: dict[str, list[R]] = {key: [] for key in keys}
            for record in await self._records(lookup, keys, scope):
                found[lookup.key_of(record)].append(record)
            return [found[key] for key in keys]

        return await self._load((lookup, scope), load, key)

    async def _records(
        self, lookup: Lookup[Any], keys: Sequence[str], scope: Scope
    ) -> Sequence[Any]:
        return await lookup(self._reader, keys, scope)

    async def one(self, lookup: Lookup[R], key: str | None) -> R | None:
        """Return the record that has this key, or None."""
        if key is None:
            return None
        return next(iter(await self.many(lookup, key)), None)

    async def page(self, lookup: Lookup[Any], wanted: Page, key: str) -> Found:
        """Return a page of the records that have this key."""

        async def load(keys: Sequence[str]) -> list[Found]:
            return await pages.pages(self._reader, lookup, keys, wanted, self._scope)

        question = (lookup, wanted, tuple(wanted.condition.values))
        return await self._load(question, load, key)

    async def count(self, lookup: Lookup[Any], condition: Condition, key: str) -> int:
        """Return how many records have this key and meet a condition."""

        async def load(keys: Sequence[str]) -> list[int]:
            return await pages.counts(self._reader, lookup, keys, condition, self._scope)

        return await self._load((lookup, condition, tuple(condition.values)), load, key)

    def forget(self) -> None:
        """Read everything anew from here on, after a change."""
        self._loaders.clear()

    async def _load(
        self, question: Hashable, load: Callable[[Sequence[str]], Awaitable[list[T]]], key: str
    ) -> T:
        """Ask a question for one key, together with whoever asks it for others."""
        loader = self._loaders.get(question)
        if loader is None:
            loader = self._loaders[question] = DataLoader(load_fn=load)
        return cast("T", await loader.load(key))
