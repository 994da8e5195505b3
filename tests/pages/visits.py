"""A page open in Chromium, with all that it asked of other hosts and all that it complained of."""

import json
from dataclasses import dataclass, field
from typing import Self

from playwright.async_api import Browser, ConsoleMessage, Page, Route, expect

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TABS = ".graphiql-tab-button"
A_MOMENT = 700  # milliseconds; GraphiQL stores its tabs after 500


@dataclass
class Visit:
    """GraphiQL as a person has it before them."""

    page: Page
    address: str
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    async def begin(cls, browser: Browser, address: str) -> Self:
        """Take a browser profile of its own, and let nothing out of the page's host."""
        visit = cls(await browser.new_page(), address)
        await visit.page.route("**/*", visit._guard)
        visit.page.on("console", visit._listen)
        visit.page.on("pageerror", lambda error: visit.complaints.append(error.message))
        return visit

    async def _guard(self, route: Route) -> None:
        if route.request.url.startswith(self.address.removesuffix("graphiql")):
            await route.continue_()
        else:
            self.elsewhere.append(route.request.url)
            await route.abort()

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location}")

    async def follow(self, fragment: str) -> None:
        """Follow a link to the page, from wherever one is."""
        await self.page.goto(self.address + fragment)
        await self.page.wait_for_url(self.address)
        await expect(self.page.locator(TABS).first).to_be_visible()

    async def reload(self) -> None:
        """Open the page again as it was left, once GraphiQL has stored its tabs."""
        await self.page.wait_for_timeout(A_MOMENT)
        await self.page.reload()
        await expect(self.page.locator(TABS).first).to_be_visible()

    async def run(self) -> None:
        """Press the button that executes the tab's document."""
        await self.page.locator("button.graphiql-execute-button").click()

    async def choose(self, tab: int) -> None:
        """Turn to a tab, counted from 1, and give GraphiQL the moment in which it reads it."""
        await self.page.locator(TABS).nth(tab - 1).click()
        await self.page.wait_for_timeout(A_MOMENT)

    async def tabs(self) -> list[str]:
        """Read the tabs' names."""
        return await self.page.locator(TABS).all_inner_texts()

    async def variables(self) -> dict[str, str]:
        """Read the tab's variables."""
        values: dict[str, str] = json.loads(await self._text("[aria-label=Variables]"))
        return values

    async def answer(self) -> dict[str, object]:
        """Read the answer once there is one."""
        await expect(self.page.locator(".result-window")).to_contain_text("data")
        answer: dict[str, object] = json.loads(await self._text(".result-window"))
        return answer

    async def _text(self, place: str) -> str:
        editor = self.page.locator(f"{place} .CodeMirror").first
        return str(await editor.evaluate("element => element.CodeMirror.getValue()"))

    async def stored(self) -> str:
        """Read everything that the browser would keep."""
        script = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        return str(await self.page.evaluate(script))
