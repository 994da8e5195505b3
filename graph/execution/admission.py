"""Letting an operation in: its document is read, and its caller pays for it."""

import time
from collections.abc import Callable
from typing import Any

from graphql import GraphQLSchema

from graph.execution.answer import Answer, not_begun
from graph.execution.limits import Limits, exceeded
from graph.execution.rates import Buckets, Standing
from graph.execution.reading import Prepared, Shelf, too_large
from graph.logs.asked import describe
from resolvers.errors import BadInput
from resolvers.identity.callers import Caller, CallerKind

READING = 10
"""What a document costs its caller that nobody has sent before, besides its own cost."""


class Admission:
    """Lets operations in, within the limits and their callers' rates."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        closed: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._shelf = Shelf(schema, limits, closed=closed)
        seconds = limits.rate_burst
        others = Buckets("integration", rate=limits.rate, seconds=seconds, now=now)
        checkouts = Buckets("checkout", rate=limits.checkout_rate, seconds=seconds, now=now)
        self._buckets = {
            kind: checkouts if kind is CallerKind.sales_channel else others for kind in CallerKind
        }

    def prepare(
        self, query: str, name: str | None, caller: Caller | None = None
    ) -> Prepared | Answer:
        """Return the operation of a document, or what is wrong with the document.

        A caller that is named pays for a document that is new.
        """
        prepared = self._prepare(query, name, caller)
        describe(query, None if isinstance(prepared, Answer) else prepared.operation)
        return prepared

    def _prepare(self, query: str, name: str | None, caller: Caller | None) -> Prepared | Answer:
        document = self._shelf.known(query)
        standing = None
        if document is None:
            if caller is not None:
                standing = self._take(caller, READING)
                if standing and (no := standing.refusal()):
                    return not_begun([no], executed=True, standing=standing)
            document = self._shelf.read(query)
        if document.problems:
            return not_begun(document.problems, executed=False, standing=standing)
        try:
            return document.operation(name)
        except BadInput as no:
            return not_begun([no], executed=True, standing=standing)

    def known(self, query: str, name: str | None) -> Prepared | None:
        """Return an operation whose document was good before, if that is still kept."""
        document = self._shelf.known(query)
        if document is None or document.problems:
            return None
        try:
            return document.operation(name)
        except BadInput:
            return None

    def fits(self, variables: dict[str, Any]) -> bool:
        """Whether variables are few and flat enough to be looked at."""
        return too_large(variables, self._limits) is None

    def admit(
        self, caller: Caller, prepared: Prepared, variables: dict[str, Any]
    ) -> tuple[int, Standing | None] | Answer:
        """Return what an operation costs and what that leaves its caller, or why it may not be."""
        if no := too_large(variables, self._limits):
            return not_begun([no], executed=True)
        return self.charge(caller, prepared, variables)

    def charge(
        self, caller: Caller, prepared: Prepared, variables: dict[str, Any]
    ) -> tuple[int, Standing | None] | Answer:
        """Do the same for variables that fit."""
        most = self._limits.max_cost
        cost = prepared.cost.of(variables)
        if cost > most:
            return not_begun([exceeded("cost", most, cost)], executed=True)
        standing = self._take(caller, cost)
        if standing and (no := standing.refusal()):
            return not_begun([no], executed=True, standing=standing)
        return cost, standing

    def _take(self, caller: Caller, cost: int) -> Standing | None:
        return self._buckets[caller.kind].take(caller.counted_as, cost)
