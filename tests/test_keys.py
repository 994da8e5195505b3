"""Idempotency keys: the same request is done once and answered alike, whatever happens."""

import asyncio
import sqlite3
from collections.abc import Coroutine
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import GraphQLObjectType, build_schema

from graph.schema import printed
from resolvers.callers import CallerKind
from resolvers.context import Context
from resolvers.once import once
from resolvers.reconcile import reconcile
from store.changes import Change
from store.database import StoreUnavailable, Work
from store.gateways import GatewayRegion, KlarnaGateway
from store.instants import Instant
from store.rows import rows_of
from store.scope import Mode
from tests import documents, orders
from tests.gateway import Gateway, running_gateway

Json = dict[str, Any]
PUT = """
mutation ($input: OrderInput!, $key: String) {
  putOrder(input: $input, key: $key) {
    __typename ... on Order { id reference status } ... on Refusal { code message path hint }
  }
}
"""
CREATE = """
mutation ($input: CreateKlarnaPaymentInput!, $key: String) {
  createKlarnaPayment(input: $input, key: $key) {
    __typename ... on KlarnaPayment { id clientToken status } ... on Refusal { code retryable path }
  }
}
"""
PLACE = """
mutation ($id: ID!, $key: String) {
  placeOrder(id: $id, key: $key) {
    __typename ... on Order { id status placedAt } ... on Refusal { code retryable klarnaCode }
  }
}
"""
SAVE = """
mutation ($id: ID!, $authToken: String!, $key: String) {
  saveKlarnaAuthToken(id: $id, authToken: $authToken, key: $key) {
    __typename ... on KlarnaPayment { id } ... on Refusal { code message }
  }
}
"""
GATEWAY = """
mutation ($input: CreateKlarnaGatewayInput!, $key: String) {
  createKlarnaGateway(input: $input, key: $key) {
    __typename ... on KlarnaGateway { id name apiKey } ... on Refusal { code path }
  }
}
"""
NEW = {"name": "Another", "countryCode": "EU", "apiKey": "username-1", "apiSecret": "canary-1"}
COUNT = "{ orders { totalCount } klarnaPayments { totalCount } klarnaGateways { totalCount } }"


def unreferenced() -> Json:
    """An order that only its key tells from the next one."""
    return orders.one_line(10_00, 1_60, 0.19)


async def counts(gateway: Gateway) -> list[int]:
    return [one["totalCount"] for one in (await gateway.ask(COUNT)).values()]


def test_every_mutation_takes_a_key() -> None:
    mutation = build_schema(printed()).mutation_type
    assert isinstance(mutation, GraphQLObjectType)

    for name, field in mutation.fields.items():
        assert str(field.args["key"].type) == "String", name


async def test_the_same_request_under_a_key_is_done_once(gateway: Gateway) -> None:
    first = await gateway.do(PUT, input=unreferenced(), key="order-1")
    second = await gateway.do(PUT, input=unreferenced(), key="order-1")
    other = await gateway.do(PUT, input=unreferenced(), key="order-2")

    assert first == second
    assert other["id"] != first["id"]
    assert (await counts(gateway))[0] == 2


async def test_a_session_is_opened_once_under_a_key_and_its_token_is_answered_again(
    gateway: Gateway,
) -> None:
    order_id = await gateway.put()

    first = await gateway.do(CREATE, input={"orderId": order_id}, key="pay")
    second = await gateway.do(CREATE, input={"orderId": order_id}, key="pay")

    assert first == second
    assert first["clientToken"]
    assert len(gateway.effects("session_created")) == 1


async def test_the_answer_is_the_first_one_though_the_resource_has_changed(
    gateway: Gateway,
) -> None:
    first = await gateway.do(PUT, input=orders.german(), key="push")
    await gateway.do(documents.CANCEL, id=first["id"])

    again = await gateway.do(PUT, input=orders.german(), key="push")

    assert (first["status"], again) == ("pending", first)


async def test_a_refusal_is_answered_again_too(gateway: Gateway) -> None:
    wrong = orders.german() | {"totalAmountCents": 1}

    first = await gateway.do(PUT, input=wrong, key="push")
    second = await gateway.do(PUT, input=wrong, key="push")

    assert first == second
    assert first["code"] == "AMOUNTS_DIFFER"


@pytest.mark.parametrize("change", [{"number": "W2"}, {"metadata": {}}, {"reference": None}])
async def test_a_key_with_other_arguments_is_refused(gateway: Gateway, change: Json) -> None:
    given = orders.german() | {"metadata": {"a": 1}}
    await gateway.do(PUT, input=given, key="push")

    refusal = await gateway.do(PUT, input=given | change, key="push")

    assert (refusal["code"], refusal["path"]) == ("KEY_REUSED", ["key"])


async def test_a_key_of_another_mutation_is_refused(gateway: Gateway) -> None:
    order_id = await gateway.put()
    await gateway.do(CREATE, input={"orderId": order_id}, key="k")

    refusal = await gateway.do(PLACE, id=order_id, key="k")

    assert refusal["code"] == "KEY_REUSED"


async def test_an_argument_left_out_and_null_are_two_requests(gateway: Gateway) -> None:
    order_id = await gateway.put()
    payment = await gateway.open(order_id)
    document = """
    mutation ($id: ID!, $input: UpdateKlarnaPaymentInput!) {
      updateKlarnaPayment(id: $id, input: $input, key: "k") {
        __typename ... on Refusal { code }
      }
    }
    """
    await gateway.do(document, id=payment["id"], input={"reference": "a"})

    said = {"reference": "a", "referenceOrigin": None}
    refusal = await gateway.do(document, id=payment["id"], input=said)

    assert refusal == {"__typename": "Refusal", "code": "KEY_REUSED"}


async def test_two_at_once_under_a_key_are_one(gateway: Gateway) -> None:
    order_id = await gateway.put()
    gateway.fault("create_session", delay=0.3)

    answers = await asyncio.gather(
        *(gateway.do(CREATE, input={"orderId": order_id}, key="pay") for _ in range(5))
    )

    made = [one for one in answers if one["__typename"] == "KlarnaPayment"]
    told = [one for one in answers if one["__typename"] == "Refusal"]
    assert (len(made), len(told)) == (1, 4)
    assert (
        told
        == [{"__typename": "Refusal", "code": "KEY_IN_USE", "retryable": True, "path": ["key"]}] * 4
    )
    assert len(gateway.effects("session_created")) == 1
    assert await gateway.do(CREATE, input={"orderId": order_id}, key="pay") == made[0]


async def test_a_fault_leaves_the_key_good_for_another_attempt(gateway: Gateway) -> None:
    order_id = await gateway.put()
    gateway.fault("create_session", status=503)

    error = await gateway.fails(CREATE, input={"orderId": order_id}, key="pay")
    made = await gateway.do(CREATE, input={"orderId": order_id}, key="pay")

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert made["__typename"] == "KlarnaPayment"


async def test_an_order_placed_under_a_key_without_an_answer_is_placed_once(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()
    order_id = (await gateway.do(documents.PAYMENT, id=payment["id"]))["order"]["id"]
    gateway.fault("place_order", close="after")

    await gateway.fails(PLACE, id=order_id, key="place")
    placed = await gateway.do(PLACE, id=order_id, key="place")
    again = await gateway.do(PLACE, id=order_id, key="place")

    assert placed["status"] == "placed"
    assert again == placed
    assert len(gateway.effects("order_placed")) == 1


async def test_keys_are_kept_for_seven_days(gateway: Gateway) -> None:
    given: Json = {"input": unreferenced(), "key": "weekly"}
    first = await gateway.do(PUT, **given)

    gateway.clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert await gateway.do(PUT, **given) == first
    gateway.clock.advance(timedelta(seconds=1))
    assert await gateway.do(PUT, **given) != first


async def test_old_answers_go_though_the_first_to_look_for_them_changes_nothing(
    gateway: Gateway,
) -> None:
    async def keys() -> set[str]:
        with closing(sqlite3.connect(gateway.settings.database)) as connection:
            return {key for (key,) in connection.execute("SELECT key FROM requests")}

    await gateway.do(PUT, input=unreferenced(), key="old")
    gateway.clock.advance(timedelta(days=6))
    await gateway.do(PUT, input=unreferenced(), key="young")
    gateway.clock.advance(timedelta(days=2))

    await gateway.do(PUT, input=unreferenced(), key="young")  # is answered, and changes nothing
    kept = await keys()
    await gateway.do(PUT, input=unreferenced(), key="new")

    assert kept == {"old", "young"}
    assert await keys() == {"young", "new"}


async def test_a_claim_that_is_never_answered_is_taken_over_and_cannot_answer_any_more(
    tmp_path: Path,
) -> None:
    async with running_gateway(tmp_path, klarna_timeout=1.0) as gateway:
        order_id = await gateway.put()
        given = {"orderId": order_id}
        gateway.fault("create_session", delay=60)
        lost = asyncio.create_task(gateway.fails(CREATE, input=given, key="pay"))
        await asyncio.sleep(0.2)

        told = await gateway.do(CREATE, input=given, key="pay")
        gateway.clock.advance(timedelta(minutes=2))
        still = await gateway.do(CREATE, input=given, key="pay")
        gateway.services.claims.clear()  # as another process sees it, or the next one
        made = await gateway.do(CREATE, input=given, key="pay")

        assert (told["code"], still["code"]) == ("KEY_IN_USE", "KEY_IN_USE")
        assert (await lost)["extensions"]["code"] == "UNAVAILABLE"
        assert await gateway.do(CREATE, input=given, key="pay") == made
        assert (await counts(gateway))[1] == 1


async def test_a_callers_keys_are_its_own(gateway: Gateway) -> None:
    first, second = [await gateway.put(reference=name) for name in "ab"]
    tokens = [gateway.token(first), gateway.token(second), gateway.token()]

    made = [
        await gateway.do(CREATE, token=token, input={"orderId": order_id}, key="pay")
        for token, order_id in zip(tokens, (first, second, first), strict=True)
    ]

    assert len({one["id"] for one in made}) == 3


@pytest.mark.parametrize("guests", ["off", "order-id"])
async def test_a_checkout_is_not_answered_again_about_what_is_hidden_from_it_meanwhile(
    tmp_path: Path, guests: str
) -> None:
    async with running_gateway(tmp_path, guest_access=guests) as gateway:
        payment = await gateway.authorized()
        order_id = (await gateway.do(documents.PAYMENT, id=payment["id"]))["order"]["id"]
        order = None if guests == "order-id" else order_id
        token = gateway.token(order, kind=CallerKind.sales_channel)
        asked = [
            (PLACE, {"id": order_id, "key": "place"}),
            (SAVE, {"id": payment["id"], "authToken": "another", "key": "save"}),
        ]
        first = [await gateway.do(document, token=token, **given) for document, given in asked]
        before = [await gateway.do(document, token=token, **given) for document, given in asked]
        await gateway.do(documents.APPROVE, id=order_id)

        again = [await gateway.fails(document, token=token, **given) for document, given in asked]
        fresh = [
            await gateway.fails(document, token=token, **given | {"key": "new"})
            for document, given in asked
        ]

    assert [one["__typename"] for one in first] == ["Order", "Refusal"]
    assert before == first
    assert again == fresh
    assert [error["extensions"]["code"] for error in again] == ["NOT_FOUND"] * 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "\0"])
async def test_a_key_that_is_none_is_an_error(gateway: Gateway, key: str) -> None:
    error = await gateway.fails(PUT, input=unreferenced(), key=key)

    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "key"}


async def test_no_secret_of_a_kept_answer_is_in_the_file(gateway: Gateway) -> None:
    await gateway.do(GATEWAY, input=NEW, key="canary")
    order_id = await gateway.put()
    payment = await gateway.do(CREATE, input={"orderId": order_id}, key="pay")

    rows = gateway.settings.database.read_bytes()
    wal = gateway.settings.database.with_name(gateway.settings.database.name + "-wal")

    assert payment["clientToken"] not in _answers(gateway)
    assert b"canary-1" not in rows + wal.read_bytes()


def _answers(gateway: Gateway) -> str:
    with closing(sqlite3.connect(gateway.settings.database)) as database:
        return str(database.execute("SELECT answer FROM requests").fetchall())


async def test_two_mutations_of_one_document_have_each_its_own_key(gateway: Gateway) -> None:
    document = """
    mutation ($input: OrderInput!) {
      a: putOrder(input: $input, key: "a") { ... on Order { id } }
      b: putOrder(input: $input) { ... on Order { id } }
      c: putOrder(input: $input, key: "c") { ... on Order { id } }
    }
    """
    first = await gateway.ask(document, input=unreferenced())
    second = await gateway.ask(document, input=unreferenced())

    assert (first["a"], first["c"]) == (second["a"], second["c"])
    assert first["b"] != second["b"]
    assert len({one["id"] for one in (*first.values(), *second.values())}) == 4


async def test_a_key_whose_request_nobody_knows_the_outcome_of_takes_no_other(
    gateway: Gateway,
) -> None:
    first, second = [await gateway.put(reference=name) for name in "ab"]
    gateway.fault("create_session", close="after")
    await gateway.fails(CREATE, input={"orderId": first}, key="pay")

    other = await gateway.do(CREATE, input={"orderId": second}, key="pay")
    same = await gateway.do(CREATE, input={"orderId": first}, key="pay")

    assert (other["code"], same["__typename"]) == ("KEY_REUSED", "KlarnaPayment")


async def test_a_key_of_what_was_not_found_is_free_for_another(gateway: Gateway) -> None:
    await gateway.fails(CREATE, input={"orderId": "nothing"}, key="pay")

    made = await gateway.do(CREATE, input={"orderId": await gateway.put()}, key="pay")

    assert made["__typename"] == "KlarnaPayment"


async def test_a_caller_that_joins_another_is_answered_alike_and_rolls_nothing_back(
    gateway: Gateway,
) -> None:
    payment = await gateway.authorized()
    order_id = (await gateway.do(documents.PAYMENT, id=payment["id"]))["order"]["id"]
    gateway.fault("place_order", delay=0.5)
    first = asyncio.create_task(gateway.do(PLACE, id=order_id, key="place"))
    await asyncio.sleep(0.2)
    gateway.clock.advance(timedelta(minutes=2))
    gateway.services.claims.clear()  # another process takes the request over, and joins

    second = await gateway.do(PLACE, id=order_id, key="place")

    assert (await first)["status"] == second["status"] == "placed"
    assert await gateway.do(PLACE, id=order_id, key="place") == second
    assert len(gateway.effects("order_placed")) == 1


def test_an_answer_from_before_a_field_was_added_is_read() -> None:
    rows = rows_of(KlarnaGateway)
    gateway = KlarnaGateway(
        id="a",
        mode=Mode.test,
        created_at=Instant("2026-01-01T00:00:00.000Z"),
        updated_at=Instant("2026-01-01T00:00:00.000Z"),
        name="n",
        country_code=GatewayRegion.EU,
        credential_keys={"a": 1},
        credentials="c",
        metadata={"b": True},
    )
    kept = rows.values(gateway)

    assert rows.restore(kept) == gateway
    assert rows.restore(orjson.loads(orjson.dumps(rows.plain(gateway)))) == gateway
    del kept["force_payments"], kept["disabled_at"]
    assert rows.restore(kept | {"gone": 1}) == gateway


async def test_what_begins_with_its_change_is_claimed_changed_and_answered_in_one(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nobody can find the one without the others, whenever the process dies."""
    database = gateway.services.database
    writes: list[object] = []
    write = database.write
    payment = await gateway.open()
    token = await gateway.authorize(payment)
    save = {"id": payment["id"], "authToken": token, "key": "save"}

    def counted(work: Work[Any]) -> Coroutine[Any, Any, Any]:
        writes.append(work)
        return write(work)

    monkeypatch.setattr(database, "write", counted)
    first = await gateway.do(SAVE, **save)
    once = len(writes)
    again = await gateway.do(SAVE, **save)

    assert first["__typename"] == "KlarnaPayment", first
    assert (once, len(writes)) == (1, 2)
    assert first == again


async def test_a_change_that_could_not_be_written_leaves_no_claim_behind(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(Change, "save", full)
        error = await gateway.fails(PUT, input=orders.german(), key="push")
    other = await gateway.do(PUT, input=orders.german() | {"number": "W2"}, key="other")
    made = await gateway.do(PUT, input=orders.german(), key="push")

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert other["__typename"] == made["__typename"] == "Order"


async def test_changes_of_one_request_at_once_share_its_claim(gateway: Gateway) -> None:
    access = gateway.services.access
    context = Context(gateway.services, await access.caller(gateway.token()))
    made: list[str] = []

    async def change(change: Change) -> None:
        made.append(change.at)

    async def work() -> None:
        await asyncio.gather(context.change(change), context.change(change))

    await once(context, "both", {}, work, in_one=True)

    assert len(made) == 2


async def test_an_authorization_that_nobody_wants_is_given_up_though_the_process_dies(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = await gateway.open()
    token = await gateway.authorize(payment)
    order_id = (await gateway.do(documents.PAYMENT, id=payment["id"]))["order"]["id"]
    await gateway.do(documents.CANCEL, id=order_id)

    async def dies(*_: object) -> None:
        raise StoreUnavailable("The process dies here.")

    with monkeypatch.context() as dying:
        dying.setattr("resolvers.payments.release", dies)
        await gateway.fails(SAVE, id=payment["id"], authToken=token, key="late")
    gateway.clock.advance(timedelta(minutes=5))
    await reconcile(gateway.services)

    assert len(gateway.effects("authorization_cancelled")) == 1


async def test_changes_that_share_a_commit_share_nothing_of_what_becomes_of_them(
    gateway: Gateway,
) -> None:
    saved = await gateway.open(await gateway.put(reference="saved"))
    other = await gateway.open(await gateway.put(reference="other"))
    placed = await gateway.authorized(await gateway.put(reference="placed"))
    order = (await gateway.do(documents.PAYMENT, id=placed["id"]))["order"]
    await gateway.do(PLACE, id=order["id"], key="place")
    asked: list[Json] = [
        {"id": saved["id"], "authToken": "token-1", "key": "saved"},
        {"id": placed["id"], "authToken": "token-2", "key": "placed"},
        {"id": "nobodyhere", "authToken": "token-3", "key": "nobody"},
        {"id": saved["id"], "authToken": "token-1", "key": "saved"},
        {"id": other["id"], "authToken": "", "key": "empty"},
        {"id": other["id"], "authToken": "token-4", "key": "saved"},
        {"id": other["id"], "authToken": "token-5", "key": "other"},
    ]

    replies = await asyncio.gather(
        *(gateway.post({"query": SAVE, "variables": each}) for each in asked)
    )
    again = [(await gateway.post({"query": SAVE, "variables": each}))[1] for each in asked]

    told = [_said(body) for _, body in replies]
    assert told == [
        saved["id"],
        "PAYMENT_STATE",
        "NOT_FOUND",
        saved["id"],
        "FIELD_INVALID",
        "KEY_REUSED",
        other["id"],
    ]
    assert [_said(body) for body in again] == told
    for payment in (saved, other):
        assert await gateway.history("klarnaPayment", payment["id"]) == [
            "session_opened",
            "authorized",
        ]


def _said(body: Json) -> str:
    """The id that an answer holds, or the code of a refusal or an error."""
    if "errors" in body:
        return str(body["errors"][0]["extensions"]["code"])
    found = body["data"]["saveKlarnaAuthToken"]
    return str(found.get("id") or found["code"])
