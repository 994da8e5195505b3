"""What is kept compiled: for each operation and kind of caller, plans by what is skipped of it."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType
from graphql.execution.values import VariableValues
from strawberry import Schema

from graph.compiler.changes import Change, change
from graph.compiler.coverage import NotCovered
from graph.compiler.plan import Plan
from graph.compiler.roots import roots
from graph.compiler.selections import Selecting
from graph.compiler.variables import Used, Values, Variables
from resolvers.identity.callers import CallerKind
from store.scope import Reach

ENTRIES = 500
"""How many operations are kept, each for one kind of caller."""
CHARACTERS = 8_000_000
"""How long all their documents and statements may be together."""
BRANCHES = 8
"""How many plans of one operation are kept: its `@skip` and `@include` make one for each choice."""


class Entry:
    """An operation, for callers of one kind and reach.

    The kind says which fields they may ask for, and the reach which rows they are shown.
    """

    def __init__(
        self,
        schema: Schema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        kind: CallerKind,
        reach: Reach,
    ) -> None:
        self._schema = schema
        self._document = document
        self._operation = operation
        self._kind = kind
        self._reach = reach
        used = Used(document)
        self._deciding = used.deciding
        self.variables = Variables(schema._schema, operation, used)  # noqa: SLF001  (Strawberry shows its own only)
        self.plans: OrderedDict[Hashable, Plan | Change | NotCovered] = OrderedDict()

    @property
    def size(self) -> int:
        """How long its document and its statements are together."""
        plans = sum(plan.size for plan in self.plans.values() if isinstance(plan, Plan))
        return len(_text(self._operation)) + plans

    def branch(self, values: Values) -> Hashable:
        """Return what decides which plan a request takes."""
        return tuple([values.coerced.get(name) for name in self._deciding])

    def plan(self, values: Values) -> Plan | Change | NotCovered:
        """Compile the operation as these values decide it, or say why it is not covered."""
        if self._operation.operation is OperationType.SUBSCRIPTION:
            return NotCovered("It is a subscription.")
        known = values.full or VariableValues({}, dict(values.coerced))
        selecting = Selecting(self._schema, self._document, self._operation, self._kind, known)
        try:
            if self._operation.operation is OperationType.MUTATION:
                return change(selecting)
            return Plan(roots(selecting), selecting.questions, self._reach)
        except NotCovered as no:
            return no
        except GraphQLError:  # whose words repeat the document, and what secrets stand in it
            return NotCovered("A directive is given what it does not take.")

    def keep(self, branch: Hashable, plan: Plan | Change | NotCovered) -> None:
        """Keep a plan, or why there is none."""
        self.plans[branch] = plan
        if len(self.plans) > BRANCHES:
            self.plans.popitem(last=False)


class Kept:
    """The entries of a process; those that were not asked for longest are forgotten first."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()

    def entry(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        kind: CallerKind,
        reach: Reach,
    ) -> Entry:
        """Return the entry of an operation."""
        name = operation.name.value if operation.name else None
        key: tuple[Any, ...] = (_text(operation), name, kind, reach)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(self._schema, document, operation, kind, reach)
            self.trim()
        else:
            self._entries.move_to_end(key)
        return entry

    def trim(self) -> None:
        """Forget what is too much; the last entry stays."""
        size = sum(entry.size for entry in self._entries.values())
        while len(self._entries) > ENTRIES or (size > CHARACTERS and len(self._entries) > 1):
            _, forgotten = self._entries.popitem(last=False)
            size -= forgotten.size


def _text(operation: OperationDefinitionNode) -> str:
    assert operation.loc is not None  # noqa: S101  (every document was parsed from a text)
    return operation.loc.source.body
