"""What the tests of the pages share: an application behind a port, and GraphiQL's own files."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Browser, async_playwright

from graph.pages.pinned import ASSETS, PACKAGES, are_complete
from tests.pages.needs import need
from tests.pages.visits import ARGUMENTS

Client = TestClient[web.Request, web.Application]
Serve = Callable[[web.Application], Awaitable[Client]]


@pytest.fixture
def assets() -> Path:
    need(are_complete(ASSETS, PACKAGES), "run `python -m graph.pages.build` to test GraphiQL")
    return ASSETS


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium")
    need(chromium, "Chromium is needed to test GraphiQL in a browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    clients: list[Client] = []

    async def start(app: web.Application) -> Client:
        client = TestClient(TestServer(app))
        clients.append(client)
        await client.start_server()
        return client

    yield start
    for client in clients:
        await client.close()
