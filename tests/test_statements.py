"""What a question costs: SQL statements, the same number however long the list."""

import re

from store.sqlite import SqliteDatabase
from tests import documents, orders
from tests.gateway import Gateway
from tests.keys.asking import SAVE

EVERYTHING = """
query ($first: Int!) {
  klarnaPayments(first: $first) {
    nodes {
      id status mismatchedAmounts authorizePayload
      order {
        number
        lineItems { name versions { nodes { event } } }
        billingAddress { city } shippingAddress { city }
        paymentMethod { name paymentGateway { name } }
        paymentSource { id }
        klarnaPayments { nodes { id } totalCount }
        authorizations { nodes { amountCents captureBalanceCents } }
        versions { nodes { event } } eventStores { nodes { event } }
      }
      paymentGateway { name paymentMethods { nodes { name } } }
      versions { nodes { event changes resource { id } } }
      eventStores { nodes { event payload } totalCount }
    }
  }
}
"""


async def cost(plain: Gateway, first: int) -> tuple[int, int]:
    """How many payments were listed, and by how many statements."""
    before = plain.services.database.questions
    listed = (await plain.ask(EVERYTHING, first=first))["klarnaPayments"]["nodes"]
    return len(listed), plain.services.database.questions - before


async def test_a_nested_question_costs_the_same_for_one_payment_and_for_a_hundred(
    plain: Gateway,
) -> None:
    for number in range(100):
        await plain.open(await plain.put(orders.german(), reference=f"W{number}"))

    one, hundred = await cost(plain, 1), await cost(plain, 100)

    assert (one[0], hundred[0]) == (1, 100)
    assert one[1] == hundred[1]
    assert hundred[1] <= 24  # one for each relationship of the question


async def test_a_payment_by_its_id_costs_one_statement(plain: Gateway) -> None:
    payment = await plain.open()
    before = plain.services.database.questions

    await plain.ask("query ($id: ID!) { klarnaPayment(id: $id) { status } }", id=payment["id"])

    assert plain.services.database.questions - before == 1


async def test_reading_the_same_record_twice_in_a_question_costs_one_statement(
    plain: Gateway,
) -> None:
    payment = await plain.open()
    before = plain.services.database.questions

    await plain.ask(documents.PAYMENT, id=payment["id"])

    assert plain.services.database.questions - before == 3  # payment, order, addresses


async def test_a_change_under_a_key_is_two_looks_and_four_writes_in_one_commit(
    gateway: Gateway,
) -> None:
    payment = await gateway.open()
    given = {"id": payment["id"], "key": "first", "authToken": await gateway.authorize(payment)}
    database = gateway.services.database
    assert isinstance(database, SqliteDatabase)
    ran: list[str] = []

    await gateway.do(SAVE, **given)  # tidies old keys, too
    await database._writer._worker.hop(lambda writer: writer.set_trace_callback(ran.append))
    await gateway.do(SAVE, **given | {"key": "second", "authToken": "another"})

    tables = "requests|klarna_payments|versions|event_stores"
    told = [re.search(rf"^(\w+)(?:.*?\b({tables})\b(?!\.))?", one, re.DOTALL) for one in ran]
    assert [" ".join(filter(None, one.groups())) for one in told if one] == [
        "BEGIN",
        "SELECT requests",
        "SELECT klarna_payments",
        "UPDATE klarna_payments",
        "INSERT versions",
        "INSERT event_stores",
        "INSERT requests",
        "COMMIT",
    ]
