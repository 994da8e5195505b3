"""One gateway and its sandbox, as processes of their own, for all that is generated here."""

import gc
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import schemathesis
from schemathesis.specs.graphql.schemas import GraphQLSchema

from resolvers.identity.callers import CallerKind
from tests.commands.process import stop
from tests.commands.shop import Shop, shop
from tests.generated import books
from tests.generated.narrowing import PARTS, narrowed
from tests.generated.values import SCALARS
from tests.generated.worlds import World, populate, token

UNBOUNDED = {
    "KLARNA_GRAPH_RATE": "0",
    "KLARNA_GRAPH_CHECKOUT_RATE": "0",
    "KLARNA_GRAPH_KLARNA_ATTEMPTS": "1",
}
"""Nobody is asked to wait; all other limits are as they come."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ours(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """A shop whose gateway complains of nothing, whatever it is asked."""
    folder = tmp_path_factory.mktemp("generated")
    async with shop(folder, **UNBOUNDED) as opened:
        async with opened.serving() as gateway:
            yield opened
            assert await stop(gateway) == (0, "")
        assert opened.is_whole()
        books.agree(opened)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def standing(ours: Shop) -> World:
    """A shop's worth of everything, to be looked at."""
    return await populate(ours)


@pytest_asyncio.fixture(loop_scope="session")
async def world(ours: Shop) -> World:
    """A new shop's worth of everything, which nothing else was tried on."""
    return await populate(ours)


@pytest.fixture(scope="session")
def asked(ours: Shop) -> GraphQLSchema:
    """The schema, as the running gateway tells it."""
    for name, strategy in SCALARS.items():
        schemathesis.graphql.scalar(name, strategy)
    headers = {"Authorization": f"Bearer {token(CallerKind.integration)}"}
    return schemathesis.graphql.from_url(f"{ours.url}/graphql", headers=headers)


@pytest.fixture(scope="session")
def parts(asked: GraphQLSchema) -> list[GraphQLSchema]:
    """The same in parts, which are quicker to generate from."""
    whole = asked.raw_schema
    return [schemathesis.graphql.from_dict(narrowed(whole, part)) for part in range(PARTS)]


@pytest.fixture(autouse=True)
def unswept() -> Iterator[None]:
    """Let nothing be looked through for garbage in the meantime: that takes half of the time."""
    gc.disable()
    yield
    gc.enable()
