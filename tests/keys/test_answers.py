"""Answers: what was asked for under a key is answered again as it was."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from graphql import GraphQLObjectType, build_schema

from graph.schema import printed
from resolvers.identity.callers import CallerKind
from store.gateways import GatewayRegion, KlarnaGateway
from store.instants import Instant
from store.rows import rows_of
from store.scope import Mode
from tests import documents, orders
from tests.gateway import Gateway, running_gateway
from tests.keys.asking import CREATE, GATEWAY, NEW, PLACE, PUT, SAVE, Json, counts, unreferenced


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
        order_id = await gateway.order_of(payment)
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
