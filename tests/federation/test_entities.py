"""`_entities`: what another subgraph knows only the keys of, gathered and one by one."""

from typing import Any

import pytest
from sqlalchemy import text

from store.database import Transaction
from store.scope import Mode
from store.statements import Statement
from store.transactions import TransactionKind
from tests import documents, orders
from tests.gateway import Gateway

Json = dict[str, Any]

ENTITIES = """
query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Resource { id }
    ... on KlarnaPayment { sessionId order { number } }
    ... on Transaction { amountCents }
  }
}
"""
IDS = """
query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Resource { id } }
}
"""
INLINE = """
query ($id: ID!) {
  _entities(representations: [{__typename: "Order", id: $id}]) { __typename ... on Node { id } }
}
"""
TRANSACTIONS = "query ($id: ID!) { order(id: $id) { authorizations { nodes { id } } } }"


def of(kind: str, **keys: object) -> Json:
    return {"__typename": kind, **keys}


async def found(gateway: Gateway, *given: object, token: str | None = None) -> list[str | None]:
    """The ids of what representations are of, none of which must fail."""
    entities = (await gateway.ask(IDS, token=token, representations=given))["_entities"]
    return [entity and entity["id"] for entity in entities]


async def failing(gateway: Gateway, *given: object, token: str | None = None) -> tuple[Any, Any]:
    """The ids of what representations are of, and the one error of them."""
    body = {"query": IDS, "variables": {"representations": given}}
    status, answer = await gateway.post(body, token=token)
    (error,) = answer["errors"]
    assert status == 294
    return [entity and entity["id"] for entity in answer["data"]["_entities"]], error


async def questions(gateway: Gateway, *given: object) -> int:
    """How many statements it costs to find what representations are of."""
    before = gateway.services.database.questions
    assert None not in await found(gateway, *given)
    return gateway.services.database.questions - before


async def placed(gateway: Gateway) -> tuple[str, Json, str]:
    """The ids of a placed order and of its authorization, and its payment between them."""
    order_id = await gateway.put()
    payment = await gateway.authorized(order_id)
    await gateway.do(documents.PLACE, id=order_id)
    (authorization,) = (await gateway.do(TRANSACTIONS, id=order_id))["authorizations"]["nodes"]
    return order_id, payment, authorization["id"]


async def test_an_entity_is_found_by_each_of_its_keys(gateway: Gateway) -> None:
    order_id, payment, authorization_id = await placed(gateway)
    keys = [
        of("Order", id=order_id),
        of("KlarnaPayment", id=payment["id"]),
        of("KlarnaPayment", sessionId=payment["sessionId"]),
        of("KlarnaGateway", id=gateway.gateways["EU"]),
        of("PaymentMethod", id=gateway.methods["EU"]),
        of("Authorization", id=authorization_id),
    ]

    entities = (await gateway.ask(ENTITIES, representations=keys))["_entities"]

    shown = {"id": payment["id"], "sessionId": payment["sessionId"], "order": {"number": "W1001"}}
    assert entities == [
        {"__typename": "Order", "id": order_id},
        {"__typename": "KlarnaPayment", **shown},
        {"__typename": "KlarnaPayment", **shown},
        {"__typename": "KlarnaGateway", "id": gateway.gateways["EU"]},
        {"__typename": "PaymentMethod", "id": gateway.methods["EU"]},
        {"__typename": "Authorization", "id": authorization_id, "amountCents": 163_60},
    ]


@pytest.mark.parametrize("kind", list(TransactionKind))
async def test_a_transaction_is_an_entity_of_its_own_kind_only(
    gateway: Gateway, kind: TransactionKind
) -> None:
    _, _, id = await placed(gateway)
    await rewrite(gateway, "UPDATE transactions SET kind = :kind", kind=str(kind))
    types = [f"{kind}".removesuffix("s").capitalize() for kind in TransactionKind]

    answered = await found(gateway, *(of(name, id=id) for name in types))

    own = list(TransactionKind).index(kind)
    assert answered == [id if place == own else None for place in range(len(types))]


async def rewrite(gateway: Gateway, sql: str, **parameters: object) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.run(Statement(text(sql)), **parameters)

    await gateway.services.database.write(work)


async def test_two_hundred_representations_of_a_type_and_key_cost_one_statement(
    plain: Gateway,
) -> None:
    ids = [await plain.put(orders.one_line(10_00, 0, 0.0)) for _ in range(200)]
    payments = [await plain.open(id) for id in ids[:3]]
    orders_given = [of("Order", id=id) for id in ids]
    by_id = [of("KlarnaPayment", id=payment["id"]) for payment in payments]
    by_session = [of("KlarnaPayment", sessionId=payment["sessionId"]) for payment in payments]

    assert await found(plain, *orders_given, *reversed(orders_given)) == [*ids, *reversed(ids)]
    assert await questions(plain, orders_given[0]) == 1
    assert await questions(plain, *orders_given) == 1
    assert await questions(plain, *by_id, *orders_given, *by_session) == 3


NOT_ONE: list[object] = [
    "Order",
    5,
    [],
    [of("Order", id="x")],
    {},
    {"id": "x"},
    {"__typename": None, "id": "x"},
    {"__typename": 5, "id": "x"},
    {"__typename": ["Order"], "id": "x"},
    of("Nothing", id="x"),
    of("order", id="x"),
    of("LineItem", id="x"),
    of("Transaction", id="x"),
    of("Query", id="x"),
    of("_Entity", id="x"),
    of("Order"),
    of("Order", ID="x"),
    of("Order", reference="x"),
    of("Order", sessionId="x"),
    of("KlarnaPayment", session_id="x"),
    of("Order", id=None),
    of("Order", id=5),
    of("Order", id=True),
    of("Order", id={"eq": "x"}),
    of("KlarnaPayment", sessionId=["x"]),
    of("KlarnaPayment", id=5, sessionId="x"),
]


@pytest.mark.parametrize("wrong", NOT_ONE, ids=str)
async def test_a_representation_that_is_none_fails_alone(gateway: Gateway, wrong: object) -> None:
    order_id = await gateway.put()
    right = of("Order", id=order_id)

    ids, error = await failing(gateway, right, right, right, wrong, right)

    assert ids == [order_id, order_id, order_id, None, order_id]
    assert error["path"] == ["_entities", 3]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "representations"}


async def test_the_first_key_that_is_given_counts_and_other_fields_do_not(
    gateway: Gateway,
) -> None:
    first = await gateway.open(await gateway.put())
    second = await gateway.open(await gateway.put(reference="W2", number="W2"))

    answered = await found(
        gateway,
        of("KlarnaPayment", sessionId=second["sessionId"], id=first["id"]),
        of("KlarnaPayment", sessionId=second["sessionId"], id="nothing"),
        of("KlarnaPayment", sessionId=second["sessionId"], warehouse={"id": [1]}, order=None),
    )

    assert answered == [first["id"], None, second["id"]]


async def test_what_is_not_there_is_null(gateway: Gateway) -> None:
    order_id, payment, authorization_id = await placed(gateway)

    answered = await found(
        gateway,
        *(of(kind, id="nothing") for kind in ("Order", "KlarnaPayment", "KlarnaGateway")),
        of("Order", id=payment["id"]),
        of("KlarnaPayment", id=order_id),
        of("KlarnaPayment", id=payment["sessionId"]),
        of("Capture", id=authorization_id),
        of("Order", id=""),
        of("Order", id="\0"),
    )

    assert answered == [None] * 9
    assert await found(gateway) == []


async def test_a_token_refers_to_its_own_mode_only(gateway: Gateway) -> None:
    order_id, payment, authorization_id = await placed(gateway)

    answered = await found(
        gateway,
        of("Order", id=order_id),
        of("KlarnaPayment", sessionId=payment["sessionId"]),
        of("KlarnaGateway", id=gateway.gateways["EU"]),
        of("Authorization", id=authorization_id),
        token=gateway.token(mode=Mode.live),
    )

    assert answered == [None] * 4


async def test_a_checkout_refers_to_its_own_order_only(gateway: Gateway) -> None:
    own, other = await gateway.put(), await gateway.put(reference="W2", number="W2")
    mine, theirs = await gateway.open(own), await gateway.open(other)

    answered = await found(
        gateway,
        of("Order", id=own),
        of("Order", id=other),
        of("KlarnaPayment", id=mine["id"]),
        of("KlarnaPayment", id=theirs["id"]),
        of("KlarnaPayment", sessionId=mine["sessionId"]),
        of("KlarnaPayment", sessionId=theirs["sessionId"]),
        token=gateway.token(own),
    )

    assert answered == [own, None, mine["id"], None, mine["id"], None]


@pytest.mark.parametrize(
    "kind", ["KlarnaGateway", "PaymentMethod", "Authorization", "Capture", "Void", "Refund"]
)
async def test_what_is_for_integrations_is_forbidden_to_a_checkout(
    gateway: Gateway, kind: str
) -> None:
    order_id = await gateway.put()

    ids, error = await failing(
        gateway, of("Order", id=order_id), of(kind, id="x"), token=gateway.token(order_id)
    )

    assert ids == [order_id, None]
    assert error["path"] == ["_entities", 1]
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_too_many_representations_are_refused_whole(gateway: Gateway) -> None:
    order_id = await gateway.put()
    right = of("Order", id=order_id)

    assert await found(gateway, *[right] * 1000) == [order_id] * 1000
    error = await gateway.fails(IDS, representations=[right] * 1001)

    assert error["path"] == ["_entities"]
    assert error["extensions"] == {
        "code": "BAD_USER_INPUT",
        "argument": "representations",
        "limit": 1000,
        "value": 1001,
    }


async def test_representations_may_stand_in_the_document(gateway: Gateway) -> None:
    order_id = await gateway.put()

    answered = await gateway.ask(INLINE, id=order_id)

    assert answered == {"_entities": [{"__typename": "Order", "id": order_id}]}


async def test_a_store_that_fails_is_told_of_once(gateway: Gateway) -> None:
    order_id = await gateway.put()
    await rewrite(gateway, "ALTER TABLE orders RENAME TO canary")

    error = await gateway.fails(IDS, representations=[of("Order", id=order_id)] * 3)

    assert error["path"] == ["_entities"]
    assert error["extensions"] == {"code": "UNAVAILABLE", "retryable": True}
    assert "table" not in error["message"]
