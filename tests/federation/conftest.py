"""What the tests of the federation share: a gateway behind a router, with a shop beside it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from graph.schema import federated
from tests.federation.apollo import Router, routing
from tests.gateway import Gateway


@pytest_asyncio.fixture
async def router(gateway: Gateway) -> AsyncIterator[Router]:
    """A router in front of the gateway and of a shop's own subgraph."""
    async with routing(gateway, federated()) as running:
        yield running
