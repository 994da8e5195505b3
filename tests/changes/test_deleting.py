"""Deleting payments: what is given up before, and what stays."""

import asyncio

from tests import documents
from tests.gateway import Gateway


async def test_a_deleted_payment_gives_its_authorization_up_and_leaves_its_history(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)

    deleted = await gateway.do(documents.DELETE_PAYMENT, id=payment["id"])
    order = await gateway.do(documents.ORDER, id=order_id)
    history = await gateway.do(
        """
        query ($id: String!) {
          versions(filter: {resourceId: {eq: $id}}, last: 1) { nodes { event resource { id } } }
        }
        """,
        id=payment["id"],
    )

    assert deleted["id"] == payment["id"]
    assert (order["paymentSource"], order["klarnaPayments"]["nodes"]) == (None, [])
    assert len(gateway.effects("authorization_cancelled")) == 1
    assert history["nodes"] == [{"event": "delete", "resource": None}]


async def test_a_payment_whose_authorization_cannot_be_given_up_stays(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    gateway.fault("cancel_authorization", status=503, times=5)

    error = await gateway.fails(documents.DELETE_PAYMENT, id=payment["id"])
    kept = await gateway.do(documents.PAYMENT, id=payment["id"])

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert kept["status"] in {"AUTHORIZED", "REAUTHORIZE"}


async def test_a_payment_whose_authorization_klarna_does_not_know_is_deleted_at_once(
    gateway: Gateway,
) -> None:
    payment = await gateway.open()
    await gateway.do(documents.SAVE_TOKEN, id=payment["id"], authToken="nobody-knows-this-one")

    deleted = await gateway.do(documents.DELETE_PAYMENT, id=payment["id"])

    assert (deleted["__typename"], deleted["id"]) == ("KlarnaPayment", payment["id"])


async def test_a_placed_payment_is_not_deleted(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    await gateway.do(documents.PLACE, id=await gateway.order_of(payment))

    refusal = await gateway.do(documents.DELETE_PAYMENT, id=payment["id"])

    assert refusal["code"] == "PAYMENT_STATE"


async def test_a_payment_with_a_failed_authorization_is_kept_for_the_books(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()
    gateway.fault("place_order", status=403, error_code="REJECTED")
    await gateway.do(documents.PLACE, id=await gateway.order_of(payment))

    refusal = await gateway.do(documents.DELETE_PAYMENT, id=payment["id"])

    assert refusal["code"] == "RESOURCE_IN_USE"


async def test_two_deletions_at_once_delete_once(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    body = {"query": documents.DELETE_PAYMENT, "variables": {"id": payment["id"]}}

    answers = await asyncio.gather(*(gateway.post(body) for _ in range(3)))

    codes = [one["errors"][0]["extensions"]["code"] for _, one in answers if "errors" in one]
    assert codes == ["NOT_FOUND", "NOT_FOUND"]


async def test_cancelling_and_refreshing_behind_a_deletion_are_no_bugs(gateway: Gateway) -> None:
    payment = await gateway.authorized()
    order_id = await gateway.order_of(payment)
    gateway.fault("cancel_authorization", delay=0.2)
    deleting = asyncio.create_task(gateway.do(documents.DELETE_PAYMENT, id=payment["id"]))
    await asyncio.sleep(0.1)

    refreshed, cancelled = await asyncio.gather(
        gateway.fails(documents.REFRESH, id=payment["id"]),
        gateway.do(documents.CANCEL, id=order_id),
    )

    assert (await deleting)["id"] == payment["id"]
    assert refreshed["extensions"]["code"] == "NOT_FOUND"
    assert cancelled["status"] == "cancelled"
