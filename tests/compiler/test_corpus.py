"""The corpus both ways, how much of it is covered, and what is not and why."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
from graphql import parse

import graph.compiler
from graph.compiler.cache import Entry
from graph.compiler.coverage import NotCovered
from graph.compiler.variables import Values
from graph.schema import schema
from resolvers.identity.callers import CallerKind
from store.scope import Reach
from tests.compiler.corpus import asked, corpus
from tests.compiler.ways import Ways, caller, covered
from tests.gateway import running_gateway

Json = dict[str, Any]
WHY = ("is introspection", "computed in Python")
"""Why parts of the corpus are not covered."""


def reason(text: str) -> str | None:
    """Why a document is not covered, for an integration or else for an operator."""
    document = parse(text)
    for kind in (CallerKind.integration, CallerKind.operator):
        plan = Entry(schema, document, asked(document), kind, Reach.mode).plan(Values({}))
        if not isinstance(plan, NotCovered):
            return None
        if "is not for callers" not in str(plan):
            break
    return str(plan)


def test_nine_tenths_of_the_corpus_are_covered() -> None:
    reasons = [reason(text) for text in corpus()]

    assert len(reasons) > 100
    assert reasons.count(None) >= len(reasons) * 0.9


def test_what_of_the_corpus_is_not_covered_is_listed() -> None:
    for text in corpus():
        found = reason(text)
        if found is not None:
            subject, _, why = found.partition(" is ")
            assert any(part in f"is {why}" for part in WHY), found
            assert f"`{subject}`" in graph.compiler.__doc__


class Shop:
    """Both ways over a gateway's store, with a payment that has a history."""

    def __init__(self, both: Ways, payment: str, order: str) -> None:
        self.both = both
        self.payment = payment
        self.order = order

    def variables(self, text: str) -> Json:
        """Whatever a document of the corpus may want: an id is that of its root's resource."""
        definitions = asked(parse(text)).variable_definitions or ()
        of_orders = "order(" in text.partition("{")[2][:40]
        known: Json = {
            "id": self.order if of_orders else self.payment,
            "ids": [self.order, self.payment],
            "first": 3,
            "representations": [{"__typename": "Order", "id": self.order}],
        }
        names = {definition.variable.name.value for definition in definitions}
        return {name: value for name, value in known.items() if name in names}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    async with running_gateway(tmp_path_factory.mktemp("corpus")) as gateway:
        payment = await gateway.authorized()
        found = await gateway.do(
            "query ($id: ID!) { klarnaPayment(id: $id) { order { id } } }", id=payment["id"]
        )
        both = Ways(gateway.services.database, gateway.services)  # type: ignore[arg-type]  # SQLite
        await both.either(caller(), "{ __typename }", {})  # it looks at the database first
        yield Shop(both, payment["id"], found["order"]["id"])


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", ["integration", "operator", "checkout"])
async def test_the_corpus_is_answered_alike(shop: Shop, kind: str) -> None:
    asks = {
        "integration": caller(),
        "operator": caller(CallerKind.operator),
        "checkout": caller(CallerKind.sales_channel, shop.order),
    }[kind]
    compiled = 0

    for text in corpus():
        variables = shop.variables(text)
        expected = await shop.both.ordinary(asks, text, variables)
        before = shop.both.questions
        found = await shop.both.either(asks, text, variables)

        if covered(found):
            compiled += 1
            assert shop.both.questions - before == 1
            assert orjson.dumps(found.body) == orjson.dumps(expected.body), text

    assert compiled > (10 if kind == "checkout" else 60)
