"""No input whatever is a server error."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.klarna.sandbox.messages import Reply, Request
from tests.sandbox.shop import CREDENTIAL, Shop, a_purchase, a_sandbox, login

FEW = settings(
    max_examples=150, deadline=timedelta(seconds=2), suppress_health_check=list(HealthCheck)
)
METHODS = st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "HEAD", "\x00"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
BODIES = st.binary() | VALUES.map(lambda value: json.dumps(value).encode())


def acceptable(reply: Reply) -> bool:
    if reply.body and reply.header("Content-Type") == "application/json":
        reply.json()
    return 200 <= reply.status < 500


@FEW
@given(method=METHODS | st.text(), path=st.text(), body=st.binary(), host=st.text())
def test_random_requests_are_answered(method: str, path: str, body: bytes, host: str) -> None:
    headers = {"Authorization": login(CREDENTIAL), "Host": host}

    reply = a_sandbox().handle(Request(method, path, headers, body))

    assert acceptable(reply)


@pytest.fixture(scope="module")
def busy() -> tuple[Shop, str, str, str]:
    """Return a shop with a session, an authorization and an order to be disturbed."""
    shop = Shop(a_sandbox(sticky_placements=False))
    order_id = shop.order()
    shop.capture(order_id, 40_00)
    session_id = shop.session()
    return shop, session_id, shop.token(session_id), order_id


PLACES = [
    "/eu/payments/v1/sessions",
    "/eu/payments/v1/sessions/{session}",
    "/eu/payments/v1/authorizations/{token}/order",
    "/eu/payments/v1/authorizations/{token}",
    "/eu/ordermanagement/v1/orders/{order}",
    "/eu/ordermanagement/v1/orders/{order}/authorization",
    "/eu/ordermanagement/v1/orders/{order}/captures",
    "/eu/ordermanagement/v1/orders/{order}/refunds",
    "/eu/ordermanagement/v1/orders/{order}/customer-details",
    "/eu/ordermanagement/v1/orders/{order}/merchant-references",
    "/eu/ordermanagement/v1/orders/{order}/shipping-info",
    "/_sandbox/sessions/{session}/load",
    "/_sandbox/sessions/{session}/authorize",
    "/_sandbox/sessions/{session}/finalize",
    "/_sandbox/orders/{order}/close",
    "/_sandbox/clock",
    "/_sandbox/options",
    "/_sandbox/faults",
    "/_sandbox/ledger",
]


@FEW
@given(method=METHODS, place=st.sampled_from(PLACES), body=BODIES, query=st.text(max_size=9))
def test_random_bodies_are_answered_by_every_operation(
    busy: tuple[Shop, str, str, str], method: str, place: str, body: bytes, query: str
) -> None:
    shop, session_id, token, order_id = busy
    path = place.format(session=session_id, token=token, order=order_id)
    headers = {"Authorization": shop.login, "Klarna-Idempotency-Key": ""}

    reply = shop.sandbox.handle(Request(method, f"{path}?after={query}", headers, body))

    assert acceptable(reply)


def _spoiled(purchase: dict[str, Any], names: list[str], value: Any) -> dict[str, Any]:
    """Return a purchase with a random value at a random place."""
    target: Any = purchase
    for name in names[:-1]:
        target = target.setdefault(name, {}) if isinstance(target, dict) else target
    for place in (target, target.get("order_lines", [{}])[0] if target is purchase else target):
        if isinstance(place, dict):
            place[names[-1]] = value
    return purchase


FIELDS = st.sampled_from(
    [
        ["order_amount"],
        ["order_lines"],
        ["order_tax_amount"],
        ["purchase_country"],
        ["purchase_currency"],
        ["locale"],
        ["quantity"],
        ["unit_price"],
        ["tax_rate"],
        ["total_tax_amount"],
        ["total_discount_amount"],
        ["customer"],
        ["customer", "date_of_birth"],
        ["billing_address"],
        ["billing_address", "email"],
        ["billing_address", "phone"],
        ["billing_address", "given_name"],
        ["billing_address", "country"],
        ["merchant_urls", "authorization"],
        ["merchant_urls", "confirmation"],
        ["attachment"],
        ["attachment", "body"],
    ]
)


@FEW
@given(names=FIELDS, value=VALUES, big=st.booleans())
def test_a_purchase_with_a_random_value_is_answered(
    names: list[str], value: Any, *, big: bool
) -> None:
    shop = Shop(a_sandbox())
    spoiled = _spoiled(a_purchase(), names, 2**62 if big else value)
    session_id = shop.session()

    assert acceptable(shop.create(spoiled))
    assert acceptable(shop.update(session_id, spoiled))
    assert acceptable(shop.control("POST", f"sessions/{session_id}/authorize", {"data": spoiled}))
    assert acceptable(shop.place(shop.token(shop.session()), spoiled))
