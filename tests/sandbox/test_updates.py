"""Changing a session, and how it ends."""

from tests.sandbox.shop import Shop, a_line, a_purchase, error

COMPLETED = (404, "SESSION_COMPLETED", ["Session has already been completed"])
UNKNOWN = (404, "NOT_FOUND", ["Invalid session id"])


def test_an_update_answers_204_and_replaces_only_what_was_sent(shop: Shop) -> None:
    session_id = shop.session(a_purchase(merchant_reference1="order 1"))

    reply = shop.update(
        session_id,
        {"order_amount": 50_00, "order_tax_amount": 10_00, "order_lines": [a_line(50_00)]},
    )

    assert (reply.status, reply.body) == (204, b"")
    assert shop.read(session_id)["order_amount"] == 50_00
    assert shop.read(session_id)["merchant_reference1"] == "order 1"


def test_an_update_does_not_prolong_a_session(shop: Shop) -> None:
    session_id = shop.session()
    shop.wait(hours=1)

    shop.update(session_id, {"merchant_reference1": "order 1"})

    assert shop.read(session_id)["expires_at"] == "2026-03-04T10:30:00.000Z"


def test_an_update_must_leave_a_purchase_that_adds_up(shop: Shop) -> None:
    session_id = shop.session()

    reply = shop.update(session_id, {"order_amount": 99_99})

    assert error(reply) == (400, "BAD_VALUE", ["Bad value: order_amount"])
    assert shop.read(session_id)["order_amount"] == 100_00


def test_an_update_voids_the_authorization(shop: Shop) -> None:
    session_id = shop.session()
    token = shop.token(session_id)

    shop.update(session_id, {"merchant_reference1": "order 1"})

    assert "authorization_token" not in shop.read(session_id)
    assert error(shop.place(token)) == (404, "NOT_FOUND", ["Invalid authorization token"])


def test_a_refused_update_leaves_the_authorization_alone(shop: Shop) -> None:
    session_id = shop.session()
    token = shop.token(session_id)

    shop.update(session_id, {"order_amount": -1})

    assert shop.read(session_id)["authorization_token"] == token


def test_a_placed_order_completes_its_session(shop: Shop) -> None:
    session_id = shop.session()
    shop.place(shop.token(session_id))

    reply = shop.update(session_id, {"merchant_reference1": "late"})

    assert error(reply) == COMPLETED
    assert shop.read(session_id)["status"] == "complete"


def test_a_completed_session_cannot_be_authorized_again(shop: Shop) -> None:
    session_id = shop.session()
    shop.place(shop.token(session_id))

    reply = shop.control("POST", f"sessions/{session_id}/authorize")

    assert (reply.status, reply.json()["error"]) == (404, "SESSION_COMPLETED")


def test_a_session_ends_48_hours_after_it_was_opened(shop: Shop) -> None:
    session_id = shop.session()
    path = f"payments/v1/sessions/{session_id}"

    shop.wait(hours=48)
    at_the_end = shop.call("GET", path)
    shop.wait(seconds=1)

    assert at_the_end.status == 200
    assert error(shop.call("GET", path)) == UNKNOWN
    assert error(shop.update(session_id, {})) == UNKNOWN
    assert shop.control("POST", f"sessions/{session_id}/authorize").status == 404
