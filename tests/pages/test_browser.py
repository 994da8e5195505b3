from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import strawberry
from aiohttp import web
from playwright.async_api import Browser, expect
from strawberry.aiohttp.views import GraphQLView

from graph.pages.graphiql import add_graphiql
from graph.pages.tabs import EXAMPLES
from tests.pages.conftest import Serve
from tests.pages.visits import TABS, Visit

STEPS = ["CreateSession", "SaveToken", "Refresh", "Place", "History", "Follow"]


@strawberry.type
class Query:
    @strawberry.field
    def greeting(self, info: strawberry.Info, name: str) -> str:
        return f"{name}, {info.context['request'].headers['Authorization']}"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def greetings(self, info: strawberry.Info) -> AsyncIterator[str]:
        yield info.context["connection_params"]["Authorization"]


SCHEMA = strawberry.Schema(Query, subscription=Subscription)

Begin = Callable[[Path], Awaitable[Visit]]


@pytest.fixture
async def begin(browser: Browser, serve: Serve, assets: Path) -> AsyncIterator[Begin]:
    visits: list[Visit] = []

    async def begin_with(examples: Path) -> Visit:
        app = web.Application()
        app.router.add_route("*", "/graphql", GraphQLView(SCHEMA, graphql_ide=None))
        add_graphiql(app, assets=assets, examples=examples)
        client = await serve(app)
        visits.append(await Visit.begin(browser, str(client.make_url("/graphiql"))))
        return visits[-1]

    yield begin_with
    for visit in visits:
        assert visit.elsewhere == []
        assert visit.complaints == []
        await visit.page.close()


@pytest.fixture
async def steps(begin: Begin) -> Visit:
    return await begin(EXAMPLES)


@pytest.fixture
async def greetings(begin: Begin, tmp_path: Path) -> Visit:
    files = {
        "1-greeting.graphql": "query Greeting($name: String!) { greeting(name: $name) }",
        "1-greeting.json": '{"name": "<order>"}',
        "2-greetings.graphql": "subscription Greetings { greetings }",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    return await begin(tmp_path)


async def test_the_examples_open_in_their_order(steps: Visit) -> None:
    await steps.follow("")

    assert await steps.tabs() == STEPS
    await expect(steps.page).to_have_title("klarna-graph")
    await expect(steps.page.locator(".graphiql-query-editor")).to_contain_text("# Step 1")


async def test_a_link_fills_its_order_into_the_examples(steps: Visit) -> None:
    await steps.follow("#token=abc&order=AbCdEfGhIj")

    assert await steps.variables() == {"orderId": "AbCdEfGhIj"}
    await steps.choose(4)
    assert await steps.variables() == {"orderId": "AbCdEfGhIj"}
    await steps.choose(5)
    assert await steps.variables() == {"id": "<payment>"}


async def test_a_query_is_sent_with_the_link_s_token(greetings: Visit) -> None:
    await greetings.follow("#token=abc&order=Ada")
    await greetings.run()

    assert await greetings.answer() == {"data": {"greeting": "Ada, Bearer abc"}}


async def test_a_subscription_opens_its_socket_with_the_link_s_token(greetings: Visit) -> None:
    await greetings.follow("#token=abc")
    await greetings.choose(2)
    await greetings.run()

    assert await greetings.answer() == {"data": {"greetings": "Bearer abc"}}


async def test_a_token_is_neither_shown_in_the_address_nor_stored(greetings: Visit) -> None:
    await greetings.follow("#token=abcdefgh&order=Ada")
    await greetings.run()
    await greetings.answer()
    await greetings.reload()

    assert greetings.page.url == greetings.address
    stored = await greetings.stored()
    assert "greeting(name" in stored
    assert "abcdefgh" not in stored


async def test_a_link_with_a_token_alone_keeps_the_tabs_as_they_were(greetings: Visit) -> None:
    await greetings.follow("#token=old&order=Ada")
    await greetings.page.get_by_label("New tab").click()
    await greetings.reload()
    await greetings.follow("#token=new")
    assert len(await greetings.tabs()) == 3
    await greetings.choose(1)
    await greetings.run()

    assert await greetings.answer() == {"data": {"greeting": "Ada, Bearer new"}}


async def test_a_link_with_an_order_opens_the_examples_again(steps: Visit) -> None:
    await steps.follow("#token=abc&order=first")
    await steps.choose(4)
    await steps.page.get_by_label("New tab").click()
    await steps.reload()
    await steps.follow("#token=abc&order=second")

    await expect(steps.page.locator(TABS)).to_have_count(6)
    assert await steps.variables() == {"orderId": "second"}


async def test_a_document_from_the_history_is_sent_with_today_s_token(greetings: Visit) -> None:
    await greetings.follow("#token=old&order=Ada")
    await greetings.run()
    await greetings.answer()
    await greetings.reload()
    await greetings.follow("#token=new")
    await greetings.page.get_by_label("Show History").click()
    await greetings.page.locator(".graphiql-history-item-label").first.click()
    await greetings.run()

    assert await greetings.answer() == {"data": {"greeting": "Ada, Bearer new"}}


async def test_dialogs_and_documentation_are_styled_under_the_page_s_policy(steps: Visit) -> None:
    await steps.follow("#token=abc")

    await steps.page.get_by_label("Show Documentation Explorer").click()
    await expect(steps.page.get_by_role("link", name="Subscription")).to_be_visible()
    await steps.page.get_by_label("Open settings dialog").click()
    await expect(steps.page.get_by_role("dialog")).to_be_visible()
    await steps.page.get_by_role("button", name="Dark").click()
    await expect(steps.page.locator("body")).to_have_class("graphiql-dark")
