"""Callbacks to merchants: when they are sent, and until when they are repeated."""

from datetime import timedelta

import pytest

from resolvers.klarna.sandbox.callbacks import Delivery, may_call
from tests.sandbox.shop import START, Shop, a_british_purchase, a_purchase, a_sandbox

URL = "http://127.0.0.1:9/authorized?session={session.id}"
NOTIFIED = a_british_purchase(merchant_urls={"notification": "http://127.0.0.1:9/notified"})


def authorized(shop: Shop, url: str = URL) -> tuple[str, str]:
    session_id = shop.session(a_purchase(merchant_urls={"authorization": url}))
    return session_id, shop.token(session_id)


def send_all(shop: Shop, status: int | None, *, for_at_most: timedelta) -> list[Delivery]:
    """Send what is due and let time pass until nothing is waiting any more."""
    sent = []
    while (due_at := shop.sandbox.next_due_at()) and due_at <= START + for_at_most:
        shop.sandbox.advance(max(due_at - shop.sandbox.clock(), timedelta()))
        for delivery in shop.sandbox.due():
            sent.append(delivery)
            shop.sandbox.settle(delivery, status)
    return sent


def test_an_authorization_is_announced_at_once(shop: Shop) -> None:
    session_id, token = authorized(shop)

    (delivery,) = shop.sandbox.due()

    assert delivery.url == f"http://127.0.0.1:9/authorized?session={session_id}"
    assert delivery.body == {"authorization_token": token, "session_id": session_id}
    assert shop.sandbox.next_due_at() == START


def test_every_new_authorization_is_announced(shop: Shop) -> None:
    session_id, _ = authorized(shop)

    shop.step(session_id, "reauthorize")

    assert len(shop.sandbox.due()) == 2


def test_nothing_is_announced_without_a_url_or_without_approval(shop: Shop) -> None:
    shop.token(shop.session())
    session_id = shop.session(a_purchase(merchant_urls={"authorization": URL}))
    shop.authorize(session_id, "customer+denied@email.de")

    assert shop.sandbox.due() == []


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_success_settles_an_announcement(shop: Shop, status: int) -> None:
    authorized(shop)

    shop.sandbox.settle(shop.sandbox.due()[0], status)

    assert shop.sandbox.deliveries[0].state == "delivered"
    assert shop.sandbox.next_due_at() is None


@pytest.mark.parametrize("status", [None, 302, 404, 409, 500])
def test_anything_else_is_retried_after_1_2_and_4_seconds(shop: Shop, status: int | None) -> None:
    authorized(shop)

    send_all(shop, status, for_at_most=timedelta(days=1))

    attempts = shop.sandbox.deliveries[0].attempts
    assert [(a.at - START).total_seconds() for a in attempts] == [0, 1, 3, 7]
    assert shop.sandbox.deliveries[0].state == "abandoned"


def test_a_retry_that_succeeds_is_the_last(shop: Shop) -> None:
    authorized(shop)
    shop.sandbox.settle(shop.sandbox.due()[0], None)
    shop.wait(seconds=1)

    shop.sandbox.settle(shop.sandbox.due()[0], 200)

    assert shop.sandbox.next_due_at() is None
    assert shop.control("GET", "callbacks").json()["callbacks"][0]["attempts"] == [
        {"at": "2026-03-02T10:30:00.000Z", "status": None},
        {"at": "2026-03-02T10:30:01.000Z", "status": 200},
    ]


def test_a_callback_stays_due_until_it_is_settled_and_is_settled_once(shop: Shop) -> None:
    authorized(shop)
    (delivery,) = shop.sandbox.due()

    assert shop.sandbox.due() == [delivery]
    shop.sandbox.settle(delivery, 500)
    shop.sandbox.settle(delivery, 200)

    assert shop.sandbox.deliveries[0].state == "waiting"


def test_a_notification_is_repeated_every_ten_minutes_for_24_hours(shop: Shop) -> None:
    shop.order(NOTIFIED, "customer+pend-accept-00@email.gb")

    sent = send_all(shop, 204, for_at_most=timedelta(days=2))

    (delivery,) = shop.sandbox.deliveries
    assert len(sent) == 24 * 6 + 1
    assert delivery.attempts[-1].at - delivery.attempts[0].at == timedelta(hours=24)
    assert delivery.state == "abandoned"


def test_only_200_settles_a_notification(shop: Shop) -> None:
    shop.order(NOTIFIED, "customer+pend-accept-00@email.gb")
    shop.sandbox.settle(shop.sandbox.due()[0], 201)
    shop.wait(minutes=10)

    shop.sandbox.settle(shop.sandbox.due()[0], 200)

    assert shop.sandbox.deliveries[0].state == "delivered"


def test_a_switch_sends_everything_twice() -> None:
    shop = Shop(a_sandbox(duplicate_callbacks=True))

    authorized(shop)

    first, second = shop.sandbox.due()
    assert first.body == second.body


def test_a_switch_loses_everything() -> None:
    shop = Shop(a_sandbox(drop_callbacks=True))

    session_id, token = authorized(shop)

    assert shop.sandbox.due() == []
    assert shop.sandbox.deliveries[0].state == "dropped"
    assert shop.read(session_id)["authorization_token"] == token


def test_only_loopback_and_configured_hosts_are_called() -> None:
    shop = Shop(a_sandbox(callback_hosts=("shop.example",)))

    authorized(shop, "https://shop.example/")
    authorized(shop, "https://elsewhere.example/")

    assert [delivery.state for delivery in shop.sandbox.deliveries] == ["waiting", "blocked"]
    assert [delivery.url for delivery in shop.sandbox.due()] == ["https://shop.example/"]


@pytest.mark.parametrize(
    ("url", "harmless"),
    [
        ("http://localhost:1/", True),
        ("http://shop.localhost/", True),
        ("http://127.8.8.8/", True),
        ("http://[::1]:1/", True),
        ("https://LOCALHOST/", True),
        ("http://0.0.0.0/", False),
        ("http://10.0.0.1/", False),
        ("http://169.254.169.254/", False),
        ("http://localhost.example/", False),
        ("http://user@example.com@127.0.0.1/", True),
        ("http://127.0.0.1@example.com/", False),
        ("http://localhost:99999/", False),
        ("file://localhost/etc/passwd", False),
        ("http://", False),
        ("", False),
    ],
)
def test_loopback_hosts_are_recognized(url: str, harmless: bool) -> None:
    assert may_call(url, ()) is harmless


def test_callbacks_of_before_a_reset_cannot_be_settled_after_it(shop: Shop) -> None:
    authorized(shop)
    (before,) = shop.sandbox.due()
    shop.sandbox.reset()
    authorized(shop)

    shop.sandbox.settle(before, 200)

    assert shop.sandbox.deliveries[0].state == "waiting"
