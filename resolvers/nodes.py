"""Nodes: any resources by their ids, in one statement for each kind."""

import asyncio
from collections.abc import Sequence
from typing import Any

from resolvers.context import Context
from store.nodes import kinds_by_id


async def nodes_by_id(context: Context, ids: Sequence[str]) -> list[Any]:
    """Return the records that have these ids, in their order; None for what is not seen."""
    kinds = await kinds_by_id(context.database, ids, context.scope)
    loaders = context.loaders
    return list(
        await asyncio.gather(
            *(loaders.one(kinds[key], key) if key in kinds else _nothing() for key in ids)
        )
    )


async def _nothing() -> None:
    return None
