"""Every subscription, begun in ways that nobody thought of."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest
from graphql import DocumentNode, GraphQLSchema
from hypothesis_graphql import strategies as graphql_strategies
from schemathesis.specs.graphql.schemas import GraphQLSchema as Asked

from resolvers.identity.callers import CallerKind
from tests import documents
from tests.commands.shop import Json, Shop
from tests.generated.answers import check
from tests.generated.generating import generated
from tests.generated.shaping import Shaping
from tests.generated.values import SCALARS
from tests.generated.worlds import World
from tests.live.talk import PROTOCOL, Talk

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT_ONCE = 20
"""How many operations a socket takes at once."""


@pytest.mark.parametrize("name", ["klarnaPaymentChanged", "orderChanged", "eventStores"])
async def test_no_subscription_is_answered_with_a_fault_of_ours(
    ours: Shop, world: World, asked: Asked, name: str
) -> None:
    schema = asked.client_schema
    disguised = GraphQLSchema(query=schema.subscription_type)  # only these two are generated
    strategy = graphql_strategies.queries(
        disguised, fields=[name], custom_scalars=SCALARS, print_ast=_itself
    )
    begun = []
    for number, document in enumerate(generated(strategy)):
        shaping = Shaping(schema, world, Random(f"{name} {number}"))
        text = shaping.shaped(document, "subscription")
        sent = {"query": text, "variables": shaping.variables}
        if "\\ud800" not in json.dumps(sent):  # it is no JSON, which ends the socket
            begun.append(sent)

    told = []
    for kind, some in ((CallerKind.integration, begun), (CallerKind.sales_channel, begun[::5])):
        async with happening(ours), talking(ours, world.tokens[kind]) as talk:
            for first in range(0, len(some), AT_ONCE):
                told += await first_words(talk, some[first : first + AT_ONCE], f"{kind} {first}")

    assert told.count("next") >= len(begun) / 2, told


def _itself(document: DocumentNode) -> DocumentNode:
    return document


async def first_words(talk: Talk, begun: list[Json], prefix: str) -> list[str]:
    """Begin some subscriptions, and end each once it has said something: what that was."""
    waiting = {f"{prefix} {number}": sent for number, sent in enumerate(begun)}
    for id, sent in waiting.items():
        await talk.socket.send_str(json.dumps({"type": "subscribe", "id": id, "payload": sent}))
    told = []
    while waiting:
        message = await talk.hear()
        if message["id"] not in waiting:
            continue  # what it went on to say before it was ended
        sent = waiting.pop(message["id"])
        told.append(message["type"])
        if message["type"] == "complete":
            continue
        payload = message["payload"]
        answer = payload if message["type"] == "next" else {"errors": payload}
        try:
            check(200, json.dumps(answer, ensure_ascii=False))
        except AssertionError as error:
            error.add_note(f"{json.dumps(sent)}\n{message}")
            raise
        if message["type"] == "next":
            await talk.say("complete", message["id"])
    return told


@asynccontextmanager
async def talking(shop: Shop, token: str) -> AsyncIterator[Talk]:
    """A socket to the gateway, let in by a token."""
    async with shop.http.ws_connect(f"{shop.url}/graphql", protocols=(PROTOCOL,)) as socket:
        talk = Talk(socket)
        await talk.init(token)
        yield talk


@asynccontextmanager
async def happening(shop: Shop) -> AsyncIterator[None]:
    """Have something happen ten times a second, for those who wait for that."""

    async def change() -> None:
        while True:
            await shop.do(documents.SWITCH_METHOD % "enablePaymentMethod", id=shop.method_id)
            await shop.do(documents.SWITCH_METHOD % "disablePaymentMethod", id=shop.method_id)
            await asyncio.sleep(0.1)

    changing = asyncio.create_task(change())
    try:
        yield
    finally:
        changing.cancel()
        await asyncio.wait([changing])
