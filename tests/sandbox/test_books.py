"""Whatever is done to an order, its sums hold and the ledger agrees."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.klarna.sandbox.faults import Fault
from tests.sandbox.shop import Shop, a_british_purchase, a_sandbox

AMOUNTS = st.integers(0, 120_00)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["capture", "refund", "change"]), AMOUNTS),
    st.tuples(st.sampled_from(["cancel", "release", "extend", "lose", "fail"]), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 40 * 24)),
)
EMAILS = st.sampled_from(
    ["a@email.gb", "a+pend-accept-30@email.gb", "a+pend-reject-30@email.gb", "a+sbx-stopped@b.c"]
)


def take(shop: Shop, order_id: str, step: str, value: int) -> None:
    if step == "capture":
        shop.capture(order_id, value)
    elif step == "refund":
        shop.refund(order_id, value)
    elif step == "change":
        shop.manage("PATCH", order_id, "authorization", {"order_amount": value})
    elif step == "cancel":
        shop.manage("POST", order_id, "cancel")
    elif step == "release":
        shop.manage("POST", order_id, "release-remaining-authorization")
    elif step == "extend":
        shop.manage("POST", order_id, "extend-authorization-time")
    elif step == "lose":
        shop.sandbox.inject(Fault(operation="*", close="after"))
    elif step == "fail":
        shop.sandbox.inject(Fault(operation="*", status=500))
    else:
        shop.wait(hours=value)


@settings(max_examples=150, deadline=timedelta(seconds=5))
@given(email=EMAILS, steps=st.lists(STEPS, max_size=15))
def test_the_sums_of_an_order_always_hold(email: str, steps: list[tuple[str, int]]) -> None:
    shop = Shop(a_sandbox())
    order_id = shop.order(a_british_purchase(), email)

    for step, value in steps:
        take(shop, order_id, step, value)

    shop.sandbox.clear_faults()
    shown = shop.shown(order_id)
    captured, refunded, left = (
        shown["captured_amount"],
        shown["refunded_amount"],
        shown["remaining_authorized_amount"],
    )
    spent = [
        sum(e.details["amount"] for e in shop.sandbox.ledger if e.effect == effect)
        for effect in ("captured", "refunded")
    ]
    assert 0 <= refunded <= captured <= shown["order_amount"]
    assert [captured, refunded] == spent
    assert sum(capture["refunded_amount"] for capture in shown["captures"]) == refunded
    assert left in {0, shown["order_amount"] - captured}
    if shown["status"] in {"CANCELLED", "EXPIRED", "AUTHORIZED"}:
        assert captured == 0
    elif shown["status"] == "PART_CAPTURED":
        assert left == shown["order_amount"] - captured > 0
    else:
        assert left == 0
