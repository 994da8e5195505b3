"""A repeated key gets the first answer, whatever else is sent with it."""

from resolvers.klarna.sandbox.faults import Fault
from resolvers.klarna.sandbox.merchants import Credential
from tests.sandbox.shop import CREDENTIAL, Shop, a_sandbox, an_american_purchase, error


def test_a_repeated_key_captures_once_and_answers_alike(shop: Shop) -> None:
    order_id = shop.order()

    first = shop.capture(order_id, 40_00, key="parcel-1")
    second = shop.capture(order_id, 40_00, key="parcel-1")

    assert second == first
    assert shop.shown(order_id)["captured_amount"] == 40_00


def test_the_body_of_a_repetition_is_ignored(shop: Shop) -> None:
    order_id = shop.order()

    first = shop.capture(order_id, 40_00, key="order-1")
    second = shop.capture(order_id, 60_00, key="order-1")

    assert second.header("Capture-Id") == first.header("Capture-Id")
    assert shop.shown(order_id)["captured_amount"] == 40_00


def test_even_another_operation_with_the_key_gets_the_first_answer(shop: Shop) -> None:
    order_id = shop.order()

    shop.capture(order_id, 40_00, key="order-1")
    refund = shop.refund(order_id, 40_00, key="order-1")

    assert refund.header("Capture-Id")
    assert shop.shown(order_id)["refunded_amount"] == 0


def test_a_refusal_is_repeated_too(shop: Shop) -> None:
    order_id = shop.order()

    first = shop.refund(order_id, 1, key="refund-1")
    shop.capture(order_id, 100_00)
    second = shop.refund(order_id, 1, key="refund-1")

    assert first.status == 403
    assert second == first


def test_without_a_key_every_call_counts(shop: Shop) -> None:
    order_id = shop.order()

    shop.capture(order_id, 40_00)
    shop.capture(order_id, 40_00, key="")

    assert shop.shown(order_id)["captured_amount"] == 80_00


def test_a_key_lives_for_24_hours(shop: Shop) -> None:
    order_id = shop.order()
    first = shop.capture(order_id, 40_00, key="parcel-1")

    shop.wait(hours=24)
    in_time = shop.capture(order_id, 40_00, key="parcel-1")
    shop.wait(seconds=1)
    too_late = shop.capture(order_id, 40_00, key="parcel-1")

    assert in_time == first
    assert too_late.header("Capture-Id") != first.header("Capture-Id")
    assert shop.shown(order_id)["captured_amount"] == 80_00


def test_keys_belong_to_a_merchant_in_a_region() -> None:
    other = Credential("other", "secret")
    sandbox = a_sandbox(CREDENTIAL, other)
    shops = Shop(sandbox), Shop(sandbox, other), Shop(sandbox, region="us")
    purchases = None, None, an_american_purchase()
    orders = [shop.order(bought) for shop, bought in zip(shops, purchases, strict=True)]

    replies = [s.capture(o, 1_00, key="same") for s, o in zip(shops, orders, strict=True)]

    assert len({reply.header("Capture-Id") for reply in replies}) == 3


def test_reading_is_never_answered_from_memory(shop: Shop) -> None:
    order_id = shop.order()

    before = shop.manage("GET", order_id, key="same")
    shop.capture(order_id, 100_00)
    after = shop.manage("GET", order_id, key="same")

    assert before.json()["status"] == "AUTHORIZED"
    assert after.json()["status"] == "CAPTURED"


def test_payments_ignores_keys_unless_switched_on() -> None:
    ignoring, honouring = Shop(a_sandbox()), Shop(a_sandbox(payments_idempotency=True))
    session_path = "payments/v1/sessions"
    body = an_american_purchase()

    created = [
        [shop.call("POST", session_path, body, key="same") for _ in range(2)]
        for shop in (Shop(ignoring.sandbox, region="us"), Shop(honouring.sandbox, region="us"))
    ]

    assert created[0][0].body != created[0][1].body
    assert created[1][0] == created[1][1]


def test_a_repetition_while_the_first_is_on_its_way_conflicts(shop: Shop) -> None:
    order_id = shop.order()
    shop.sandbox.inject(Fault(operation="capture", delay=3))

    first = shop.capture(order_id, 40_00, key="parcel-1")
    meanwhile = shop.capture(order_id, 40_00, key="parcel-1")
    shop.wait(seconds=3)
    afterwards = shop.capture(order_id, 40_00, key="parcel-1")

    assert first.delay == 3
    assert error(meanwhile) == (409, "CONFLICT", [])
    assert afterwards.header("Capture-Id") == first.header("Capture-Id")
    assert shop.effects().count("captured") == 1


def test_an_answer_that_has_arrived_no_longer_conflicts(shop: Shop) -> None:
    order_id = shop.order()
    shop.sandbox.inject(Fault(operation="capture", delay=3))

    first = shop.capture(order_id, 40_00, key="parcel-1")
    shop.sandbox.arrived(first)

    assert shop.capture(order_id, 40_00, key="parcel-1").status == 201
