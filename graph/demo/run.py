"""Running the demo: a temporary database, the sandbox next door, tokens at hand."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from graph.app import serving
from graph.demo.sandbox import LOGIN, sandbox
from graph.demo.shop import fill
from graph.settings import throwaway_settings
from resolvers.context import Context
from resolvers.identity.callers import Caller, CallerKind
from resolvers.identity.tokens import Tokens
from resolvers.klarna.sandbox.app import Served
from store.instants import SystemClock
from store.scope import Mode

LIFE = timedelta(hours=8)
TRY = '{"query":"{ orders(first: 3) { nodes { id number status formattedTotalAmount } } }"}'


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that runs, and how to talk to it."""

    url: str
    sandbox: Served
    checkout_token: str
    """Sees the first order only."""
    integration_token: str
    order_ids: list[str]

    def as_json(self) -> dict[str, Any]:
        """Return what a script needs to know."""
        return {
            "graphql": f"{self.url}/graphql",
            "graphiql": f"{self.url}/graphiql",
            "sandbox": self.sandbox.as_json(),
            "checkout_token": self.checkout_token,
            "integration_token": self.integration_token,
            "order_ids": self.order_ids,
        }

    def as_text(self) -> str:
        """Return what a person needs to know, in a few lines."""
        order = self.order_ids[0]
        return f"""\
klarna-graph runs here, with Klarna's sandbox and a shop of {len(self.order_ids)} orders.

GraphiQL, with example tabs that take an order from its session to placed:
  {self.url}/graphiql#token={self.integration_token}&order={order}
Checkout token, for the order {order} only:
  {self.checkout_token}
Integration token, for everything:
  {self.integration_token}
Try it:
  curl -s {self.url}/graphql -H 'Authorization: Bearer {self.integration_token}' \
-H 'Content-Type: application/json' -d '{TRY}'
The sandbox authorizes in the shopper's place:
  curl -s -X POST {self.sandbox.control}/sessions/<sessionId>/authorize
Nothing is kept and nobody is called. Ctrl-C stops it."""


@asynccontextmanager
async def demo(port: int) -> AsyncIterator[Demo]:
    """Run the demo until the context ends; port 0 picks a free one."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="klarna-graph-") as folder:
        async with sandbox("127.0.0.1", 0) as klarna:
            settings = throwaway_settings(
                database=Path(folder) / "demo.sqlite",
                port=port,
                klarna_test_urls=klarna.base_urls,
            )
            async with serving(settings, clock) as (url, services):
                until = clock.now() + LIFE
                caller = Caller(CallerKind.integration, Mode.test, "demo", until)
                order_ids = await fill(Context(services, caller), LOGIN.username, LOGIN.password)
                tokens = Tokens(settings.token_secret.get_secret_value(), clock)
                kind = CallerKind.sales_channel
                yield Demo(
                    url,
                    klarna,
                    tokens.issue(
                        kind, Mode.test, application_id="demo", life=LIFE, order_id=order_ids[0]
                    ),
                    tokens.issue(
                        CallerKind.integration, Mode.test, application_id="demo", life=LIFE
                    ),
                    order_ids,
                )
