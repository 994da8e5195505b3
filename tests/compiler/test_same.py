"""Whatever is asked, the compiled path answers as graphql-core does, or not at all."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.schema import schema
from resolvers.identity.callers import Caller, CallerKind
from tests.compiler.asking import Asking, computed_in_python
from tests.compiler.ways import Ways, caller, covered, ways
from tests.compiler.worlds import World, fill

EXAMPLES = int(os.environ.get("EXAMPLES", "500"))
"""How many documents are asked; more of them find rarer differences."""
GRAPH = schema._schema
PYTHON = computed_in_python(GRAPH)


class Asked:
    """A store that random documents were asked of, and what came of them."""

    def __init__(self, both: Ways, loop: asyncio.AbstractEventLoop) -> None:
        self.both = both
        self.loop = loop
        self.world = World(1)
        self.compiled = 0
        self.good = 0
        loop.run_until_complete(
            both.either(caller(), "{ __typename }", {})
        )  # it looks around first
        loop.run_until_complete(fill(both.services.database, self.world))  # type: ignore[arg-type]  # it is SQLite

    def caller(self, random: Random) -> Caller:
        """An integration mostly; sometimes an operator, a checkout of an order or a guest."""
        orders = self.world.ids["orders"]
        return random.choice(
            [
                *[caller()] * 6,
                caller(CallerKind.operator),
                caller(CallerKind.sales_channel, random.choice(orders)),
                caller(CallerKind.sales_channel),
            ]
        )


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder: Path = tmp_path_factory.mktemp("both")
    with ways(folder) as both, asyncio.Runner() as runner:
        yield Asked(both, runner.get_loop())


def test_random_documents_are_answered_alike_and_most_in_one_statement(asked: Asked) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(random=st.randoms(use_true_random=False))
    def ask_one(random: Random) -> None:
        asks = asked.caller(random)
        asking = Asking(GRAPH, random, asked.world.keys, PYTHON, asks.kind)
        document, variables = asking.document(), asking.variables
        asked.loop.run_until_complete(ask_both(asked, asks, document, variables))

    ask_one()

    assert asked.good > EXAMPLES / 4
    assert asked.compiled > asked.good * 0.75


async def ask_both(asked: Asked, asks: Caller, document: str, variables: dict[str, Any]) -> None:
    """Ask both ways, and compare what is answered byte for byte."""
    expected = await asked.both.ordinary(asks, document, variables)
    before = asked.both.questions
    found = await asked.both.either(asks, document, variables)
    if covered(found):
        assert orjson.dumps(found.body) == orjson.dumps(expected.body)
        assert asked.both.questions - before == 1
        asked.compiled += 1
    asked.good += expected.begun and "errors" not in expected.body
