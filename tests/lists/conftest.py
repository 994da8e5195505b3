"""What tests of lists share."""

import pytest_asyncio

from tests.gateway import Gateway


@pytest_asyncio.fixture
async def shop(gateway: Gateway) -> Gateway:
    """Seven orders with the references a to g."""
    for name in "abcdefg":
        await gateway.put(reference=name, metadata={"tags": [name], "nested": {"of": name}})
    return gateway
