"""Every question and every change, asked in ways that nobody thought of.

Schemathesis makes the documents, by hypothesis-graphql. Some are asked as they are; the others
are shaped before, so that they are likelier to be carried out. Schemathesis' checks judge all of
them, and ours.
"""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
import requests
from graphql import parse
from schemathesis import Case, CheckContext, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.graphql.checks import GraphQLServerError
from schemathesis.specs.graphql.schemas import GraphQLSchema
from schemathesis.specs.openapi.checks import response_schema_conformance

from graph.fields import permissions
from graph.schema import schema
from resolvers.identity.callers import CallerKind
from tests.commands.shop import Json, Shop
from tests.generated import books
from tests.generated.answers import CODES, Tally, check, codes
from tests.generated.generating import generated
from tests.generated.narrowing import part_of
from tests.generated.shaping import Shaping
from tests.generated.worlds import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTIONS, CHANGES = (
    [f"{root}.{name}" for name in schema._schema.type_map[root].fields]  # type: ignore[attr-defined]  # an object
    for root in ("Query", "Mutation")
)
INTEGRATION = CallerKind.integration
OTHERS = {CallerKind.sales_channel: 5, CallerKind.operator: 20, INTEGRATION: 20}
"""Who else asks, and every how many documents."""
AS_IT_IS = 4
"""Every how many documents one is asked as Schemathesis made it."""
WANTED = 0.5
"""Which share of the shaped documents is carried out at the least."""
NEVER_DONE = {"Mutation.recordKlarnaOrder"}
"""What takes an order at Klarna that the gateway does not know of, which this shop has not."""


def no_bug(context: CheckContext, response: Response, case: Case[Any]) -> None:
    """What Schemathesis takes for the server's error is one, unless it has a code of ours."""
    try:
        not_a_server_error(context, response, case)
    except GraphQLServerError:
        if not codes(response.json()) <= CODES:
            raise


@dataclass
class Asking:
    """All that is asked about one operation, in a session of HTTP."""

    shop: Shop
    world: World
    schema: GraphQLSchema
    label: str
    http: requests.Session

    def as_it_is(self, case: Case[Any], kind: CallerKind) -> Json:
        """The answer to a document as it was generated."""
        return self._judged(case, kind, {"query": case.body})

    def shaped(self, case: Case[Any], number: int, kind: CallerKind) -> Json:
        """The answer to a document that was made likelier to be carried out."""
        root, _ = self.label.split(".")
        shaping = Shaping(self.schema.client_schema, self.world, Random(f"{self.label} {number}"))
        text = shaping.shaped(parse(str(case.body)), root.lower())
        return self._judged(case, kind, {"query": text, "variables": shaping.variables})

    def _judged(self, case: Case[Any], kind: CallerKind, sent: Json) -> Json:
        response = self.http.post(
            f"{self.shop.url}/graphql",
            json=sent,
            headers={
                "Accept": "application/graphql-response+json",
                "Authorization": f"Bearer {self.world.tokens[kind]}",
            },
            timeout=30,
        )
        try:
            case.validate_response(response, checks=[no_bug, response_schema_conformance])
            return check(response.status_code, response.text)
        except (AssertionError, FailureGroup) as error:
            error.add_note(f"{json.dumps(sent)}\n{response.status_code} {response.text}")
            raise


def everything_is_well(shop: Shop, world: World, parts: list[GraphQLSchema], label: str) -> None:
    """Ask about an operation in every way; most ways are carried out, and some succeed."""
    root, name = label.split(".")
    main = INTEGRATION if INTEGRATION in permissions.of(root, name) else CallerKind.operator
    narrow = parts[part_of(label)]
    examples = generated(narrow[root][name].as_strategy())
    tally = Tally()
    with requests.Session() as http:
        asking = Asking(shop, world, narrow, label, http)
        for number, case in enumerate(examples):
            if number % AS_IT_IS == 0:
                asking.as_it_is(case, main)
            else:
                tally.add(asking.shaped(case, number, main))
            for kind, every in OTHERS.items():
                if kind is not main and number % every == 0:
                    asking.shaped(case, number, kind)

    assert tally.carried_out >= WANTED, tally
    assert tally.outcomes["answered"] or label in NEVER_DONE, tally


@pytest.mark.parametrize("label", QUESTIONS)
async def test_no_question_is_answered_with_a_fault_of_ours(
    ours: Shop, standing: World, parts: list[GraphQLSchema], label: str
) -> None:
    everything_is_well(ours, standing, parts, label)


@pytest.mark.parametrize("label", CHANGES)
async def test_no_change_is_answered_with_a_fault_of_ours(
    ours: Shop, world: World, parts: list[GraphQLSchema], label: str
) -> None:
    everything_is_well(ours, world, parts, label)

    books.agree(ours)
