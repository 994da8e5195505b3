"""GraphiQL in front of the whole gateway: the example tabs, one after another, with no network."""

from pathlib import Path
from typing import Any

from playwright.async_api import Browser, expect

from tests import documents
from tests.gateway import Gateway
from tests.pages.visits import Visit

Json = dict[str, Any]


async def ran(visit: Visit, tab: int) -> Json:
    """Run a tab's document and read the only field of its data."""
    await visit.choose(tab)
    await visit.run()
    data = (await visit.answer())["data"]
    assert isinstance(data, dict)
    (value,) = data.values()
    found: Json = value
    return found


async def test_the_tabs_take_an_order_from_its_session_to_placed(
    gateway: Gateway, browser: Browser, assets: Path
) -> None:
    del assets
    order_id = await gateway.put()
    visit = await Visit.begin(browser, f"{gateway.url}/graphiql")
    known = f"#token={gateway.token()}&order={order_id}"

    await visit.follow(known)
    payment = await ran(visit, 1)
    token = await gateway.authorize(payment)
    await visit.follow(f"{known}&payment={payment['id']}&authToken={token}")
    saved = await ran(visit, 2)
    refreshed = await ran(visit, 3)
    placed = await ran(visit, 4)
    history = await ran(visit, 5)

    assert saved["status"] == refreshed["status"] == "AUTHORIZED"
    assert placed["status"] == "placed"
    assert [event["event"] for event in history["eventStores"]["nodes"]] == [
        "session_opened",
        "authorized",
        "placing",
        "placed",
    ]
    assert visit.elsewhere == []
    assert visit.complaints == []
    await visit.page.close()


async def test_a_tab_follows_the_payment_as_it_changes(
    gateway: Gateway, browser: Browser, assets: Path
) -> None:
    del assets
    payment = await gateway.open()
    visit = await Visit.begin(browser, f"{gateway.url}/graphiql")
    shown = visit.page.locator(".result-window")

    await visit.follow(f"#token={gateway.token()}&payment={payment['id']}")
    await visit.choose(6)
    await visit.run()
    await expect(shown).to_contain_text('"OPEN"')
    token = await gateway.authorize(payment)
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken=token)

    await expect(shown).to_contain_text('"AUTHORIZED"')
    assert visit.elsewhere == []
    assert visit.complaints == []
    await visit.page.close()
