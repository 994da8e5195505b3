"""The client: one method for each endpoint."""

import re
from typing import Any

import pytest

from resolvers.klarna.client import base_url
from resolvers.klarna.errors import Refused
from tests.klarna.account import BODY, LINE, Account, key


@pytest.mark.parametrize(
    ("region", "live", "url"),
    [
        ("EU", True, "https://api.klarna.com"),
        ("US", True, "https://api-na.klarna.com"),
        ("OC", True, "https://api-oc.klarna.com"),
        ("EU", False, "https://api.playground.klarna.com"),
        ("US", False, "https://api-na.playground.klarna.com"),
        ("OC", False, "https://api-oc.playground.klarna.com"),
    ],
)
def test_each_region_and_environment_has_its_host(region: Any, live: bool, url: str) -> None:
    assert base_url(region, live=live) == url


async def test_a_session_is_created_read_and_updated(account: Account) -> None:
    created = await account.klarna.create_session(BODY, key=key())
    changed = BODY | {
        "order_amount": 200_00,
        "order_tax_amount": 40_00,
        "order_lines": [LINE, LINE],
    }
    await account.klarna.update_session(created.session_id, changed, key=key())

    read = await account.klarna.session(created.session_id)

    assert created.categories == read.categories
    assert created.client_token is not None
    assert read.client_token is not None
    assert (read.order_amount, read.complete, read.authorization_token) == (200_00, False, None)
    assert read.expires_at == "2026-03-04T09:00:00.000Z"


async def test_a_placed_order_is_captured_refunded_and_released(account: Account) -> None:
    order_id = await account.order()
    klarna = account.klarna

    capture_id = await klarna.capture(order_id, 60_00, reference="r", key=key())
    refund_id = await klarna.refund(order_id, 10_00, reference="r", key=key())
    await klarna.extend(order_id, key=key())
    await klarna.update_references(order_id, "W1", "", key=key())
    await klarna.release(order_id, key=key())

    order = await klarna.order(order_id)
    (capture,) = await klarna.captures(order_id)
    assert capture["capture_id"] == capture_id
    assert [refund["refund_id"] for refund in order.refunds] == [refund_id]
    assert (order.captured_amount, order.refunded_amount) == (60_00, 10_00)
    assert (order.status, order.remaining_authorized_amount) == ("CAPTURED", 0)


async def test_an_order_without_captures_is_cancelled(account: Account) -> None:
    order_id = await account.order()

    await account.klarna.cancel(order_id, key=key())

    assert (await account.klarna.order(order_id)).status == "CANCELLED"


async def test_an_authorization_is_given_up(account: Account) -> None:
    token = await account.token()

    await account.klarna.cancel_authorization(token, key=key())

    with pytest.raises(Refused) as no:
        await account.klarna.place_order(token, BODY, key=key())
    assert (no.value.status, no.value.code) == (404, "NOT_FOUND")


async def test_the_same_key_captures_once(account: Account) -> None:
    order_id = await account.order()
    once = key()

    first = await account.klarna.capture(order_id, 60_00, reference="r", key=once)
    second = await account.klarna.capture(order_id, 60_00, reference="r", key=once)

    assert first == second
    assert (await account.klarna.order(order_id)).captured_amount == 60_00


async def test_every_call_names_us_and_carries_its_key_and_no_more_than_that(
    account: Account,
) -> None:
    await account.klarna.create_session(BODY, key="6e0b0a5c-1111-4222-8333-444455556666")

    (request,) = account.transport.sent
    assert request.headers["Klarna-Idempotency-Key"] == "6e0b0a5c-1111-4222-8333-444455556666"
    assert re.fullmatch(r"klarna-graph/\d+\.\d+", request.headers["User-Agent"])
    assert "canary" not in repr(request)
    assert "Authorization" not in repr(request)


async def test_ids_are_quoted_into_paths(account: Account) -> None:
    with pytest.raises(Refused):
        await account.klarna.session("../orders/x?y=z")

    assert account.transport.sent[0].url.endswith("/sessions/..%2Forders%2Fx%3Fy%3Dz")
