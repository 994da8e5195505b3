"""Both ways of answering a document, over one store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import orjson

from graph.compiler.compiled import Compiler
from graph.execution.answer import Answer
from graph.execution.executor import Executor
from graph.execution.limits import Limits
from graph.schema import schema
from resolvers.context import Context, Services
from resolvers.cursors import Cursors
from resolvers.identity.callers import Caller, CallerKind
from store.ids import new_id
from store.scope import Mode
from store.sqlite import SqliteDatabase
from tests.store.records import MORNING, opened

MANY = 10**7
UNLIMITED = Limits(
    max_cost=MANY,
    max_aliases=MANY,
    max_depth=50,
    max_errors=MANY,
    max_selections=MANY,
    max_overlaps=MANY,
    operation_timeout=600,
    rate=0,
    checkout_rate=0,
)


@dataclass(frozen=True)
class Standing:
    """A clock that stands."""

    def now(self) -> datetime:
        return MORNING


def caller(kind: CallerKind = CallerKind.integration, order_id: str | None = None) -> Caller:
    """A caller of the test mode."""
    return Caller(kind, Mode.test, "tests", datetime.max.replace(tzinfo=UTC), order_id)


class Ways:
    """A store, and a compiler beside graphql-core."""

    def __init__(self, database: SqliteDatabase, services: Services | None = None) -> None:
        nobody = cast("Any", None)  # no question here asks Klarna
        self.database = database
        self.services = services or Services(
            database=database,
            clock=Standing(),
            new_id=new_id,
            accounts=nobody,
            keys=nobody,
            cursors=Cursors(b"tests"),
            access=nobody,
            public_url=None,
        )
        self.compiler = Compiler(schema, eager=True)
        self._ordinary = Executor(schema, UNLIMITED)
        self._either = Executor(schema, UNLIMITED, compiler=self.compiler)

    @property
    def questions(self) -> int:
        """How many statements were asked so far."""
        return self.services.database.questions

    async def ordinary(self, asks: Caller, document: str, variables: dict[str, Any]) -> Answer:
        """What graphql-core answers."""
        context = Context(self.services, asks)
        return await self._ordinary.answer(context, document, variables, None)

    async def either(self, asks: Caller, document: str, variables: dict[str, Any]) -> Answer:
        """What is answered where what is covered is compiled."""
        context = Context(self.services, asks)
        return await self._either.answer(context, document, variables, None)


def covered(found: Answer) -> bool:
    """Whether an answer was compiled."""
    return isinstance(found.body.get("data"), orjson.Fragment)


@contextmanager
def ways(folder: Path) -> Iterator[Ways]:
    """Both ways over a store of its own."""
    with opened(folder) as database:
        yield Ways(database)
