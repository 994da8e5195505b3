"""What the sandbox remembers: every effect, every request."""

from tests.sandbox.shop import Shop, a_purchase, a_sandbox


def test_the_ledger_tells_every_effect_with_its_merchant_and_key(shop: Shop) -> None:
    order_id = shop.order()
    shop.capture(order_id, 40_00, key="parcel-1")

    entries = shop.control("GET", "ledger").json()["entries"]

    effects = [entry["effect"] for entry in entries]
    assert effects == ["session_created", "authorized", "order_placed", "captured"]
    assert entries[3] == {
        "number": 4,
        "effect": "captured",
        "at": "2026-03-02T10:30:00.000Z",
        "merchant": "K123456_abcdef",
        "region": "EU",
        "environment": "playground",
        "idempotency_key": "parcel-1",
        "correlation_id": entries[3]["correlation_id"],
        "order_id": order_id,
        "capture_id": shop.shown(order_id)["captures"][0]["capture_id"],
        "amount": 40_00,
    }


def test_the_ledger_can_be_read_from_where_one_stopped(shop: Shop) -> None:
    shop.order()

    later = shop.control("GET", "ledger?after=2").json()["entries"]

    assert [entry["number"] for entry in later] == [3]
    assert shop.control("GET", "ledger?after=-1").status == 400
    assert shop.control("GET", "ledger?after=9999999999").json() == {"entries": []}


def test_refused_calls_are_not_in_the_ledger(shop: Shop) -> None:
    order_id = shop.order()
    before = shop.effects()

    shop.capture(order_id, 100_01)
    shop.refund(order_id, 1)
    shop.manage("POST", order_id, "release-remaining-authorization")

    assert shop.effects() == before


def test_every_kind_of_effect_is_in_the_ledger(shop: Shop) -> None:
    session_id = shop.session()
    shop.update(session_id, {"merchant_reference1": "1"})
    shop.cancel_authorization(shop.token(session_id, "a@email.de"))
    order_id = shop.order()
    capture_id = shop.capture(order_id, 40_00).header("Capture-Id")
    parcel = {"shipping_info": [{"tracking_number": "1"}]}
    shop.refund(order_id, 1)
    shop.manage("POST", order_id, "extend-authorization-time")
    shop.manage("PATCH", order_id, "authorization", {"order_amount": 90_00})
    shop.manage("PATCH", order_id, "merchant-references", {"merchant_reference1": "1"})
    shop.manage("PATCH", order_id, "customer-details", {})
    shop.manage("POST", order_id, "shipping-info", parcel)
    shop.manage("POST", order_id, "acknowledge")
    shop.manage("POST", order_id, f"captures/{capture_id}/shipping-info", parcel)
    shop.manage("POST", order_id, f"captures/{capture_id}/trigger-send-out")
    days = {"number_of_days": 10}
    shop.manage("PATCH", order_id, f"captures/{capture_id}/extend-due-date", days)
    shop.manage("POST", order_id, "release-remaining-authorization")
    shop.control("POST", f"orders/{order_id}/close")
    shop.manage("POST", shop.order(), "cancel")
    shop.order()
    shop.wait(days=29)

    assert set(shop.effects()) == {
        "session_created",
        "session_updated",
        "session_merged",
        "authorized",
        "authorization_cancelled",
        "order_placed",
        "captured",
        "refunded",
        "extended",
        "authorization_updated",
        "references_updated",
        "customer_updated",
        "shipping_info_added",
        "acknowledged",
        "send_out_triggered",
        "due_date_extended",
        "released",
        "closed",
        "cancelled",
        "expired",
    }


def test_requests_are_remembered_without_the_secret(shop: Shop) -> None:
    shop.create(a_purchase(merchant_reference1="order 1"))

    (request,) = shop.control("GET", "requests").json()["requests"]

    assert request["operation"] == "create_session"
    assert (request["method"], request["path"]) == ("POST", "/eu/payments/v1/sessions")
    assert request["headers"] == {"Host": "localhost:8090"}
    assert '"order 1"' in request["body"]
    assert request["status"] == 200
    assert "klarna_test_api_secret" not in str(request)


def test_a_reset_forgets_everything_but_the_time() -> None:
    shop = Shop(a_sandbox(strict_tax=True))
    session_id = shop.session()
    shop.control("PATCH", "options", {"strict_tax": False})
    shop.control("POST", "faults", {"operation": "*", "status": 500})
    shop.wait(hours=1)

    reply = shop.control("POST", "reset")

    assert reply.status == 204
    assert shop.call("GET", f"payments/v1/sessions/{session_id}").status == 404
    assert shop.sandbox.options.strict_tax is True
    assert shop.sandbox.ledger == []
    assert shop.control("GET", "clock").json()["now"] == "2026-03-02T11:30:00.000Z"
