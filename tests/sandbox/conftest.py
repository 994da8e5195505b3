"""A sandbox at a fixed moment, a shop in front of it, and both over HTTP."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from resolvers.klarna.sandbox.app import Served, running
from resolvers.klarna.sandbox.sandbox import Sandbox
from tests.sandbox.merchant import Merchant, opened
from tests.sandbox.shop import CREDENTIAL, Shop, a_sandbox, login


@pytest.fixture
def sandbox() -> Sandbox:
    return a_sandbox()


@pytest.fixture
def shop(sandbox: Sandbox) -> Shop:
    return Shop(sandbox)


@pytest.fixture
async def served(sandbox: Sandbox) -> AsyncIterator[Served]:
    async with running(sandbox) as served:
        yield served


@pytest.fixture
async def client(served: Served) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": login(CREDENTIAL)}
    async with aiohttp.ClientSession(f"{served.base_urls['EU']}/", headers=headers) as client:
        yield client


@pytest.fixture
async def merchant() -> AsyncIterator[Merchant]:
    async with opened() as merchant:
        yield merchant
