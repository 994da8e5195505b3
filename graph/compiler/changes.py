"""Changes: one that asks for no more than its result holds is done without graphql-core.

    mutation ($id: ID!, $token: String!) {
      saveKlarnaAuthToken(id: $id, authToken: $token) { ... on KlarnaPayment { id status } }
    }

Its arguments are read as a question's are, the change is made, and what was selected is picked from
the record that it returned, or from the refusal. Whatever else came of it, graphql-core is told as
the `Outcome` of what is done already: it says what an error reads like, and does nothing again.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetailsList
from strawberry.types.field import StrawberryField

from graph.compiler.arguments import Arguments
from graph.compiler.coverage import NotCovered
from graph.compiler.picking import Pick, constant, picking
from graph.compiler.selections import Selecting, origin_of
from graph.compiler.variables import Values
from graph.errors import Refusal, refusal_of
from graph.fields.mutations import Outcome
from graph.fields.types import record_of
from resolvers.context import Context
from resolvers.errors import Refused
from store.tables import table_of, traits_of

PickFrom = Callable[["Asked", Any], Any]
"""Picks from a record what was selected of it. Raises Unusual for what does not fit."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a resolver reads of its `Info`."""

    context: Context
    field_name: str


class Doing(NamedTuple):
    """A change that one request asks for, its arguments read."""

    change: "Change"
    asked: Asked
    arguments: Mapping[str, Any]

    async def done(self) -> Outcome:
        """Make the change, and return what came of it."""
        try:
            return Outcome(await self.change.make(None, self.asked, **self.arguments))
        except Exception as error:  # noqa: BLE001  (whatever it is, graphql-core tells of it)
            return Outcome(raised=error)

    def data(self, outcome: Outcome) -> dict[str, Any] | None:
        """Return the answer's `data`, or None if graphql-core is to tell what came of it."""
        change = self.change
        result = outcome.result
        if isinstance(outcome.raised, Refused) and Refusal in change.picks:
            result = refusal_of(outcome.raised)
        elif outcome.raised is not None:
            return None
        if result is None:
            return {change.key: None}
        pick = change.picks.get(type(result))
        try:
            return None if pick is None else {change.key: pick(self.asked, result)}
        except Exception:  # noqa: BLE001  (it is done: one field that fails must not hide that)
            return None


@dataclass(frozen=True, slots=True)
class Change:
    """A compiled change."""

    key: str
    """What the caller calls it."""
    name: str
    make: Callable[..., Awaitable[Any]]
    """The field's resolver, which makes it."""
    arguments: Arguments
    picks: Mapping[type, PickFrom]
    """What is selected of each kind of result."""

    def asked(self, context: Context, values: Values) -> Doing:
        """Return what one request asks for. Raises Unusual."""
        return Doing(self, Asked(context, self.name), self.arguments.read(values))


def change(selecting: Selecting) -> Change:
    """Compile the one change that an operation asks for. Raises NotCovered."""
    root = selecting.graph.mutation_type
    assert root is not None  # noqa: S101  (there are changes)
    asked = selecting.root(root)
    if len(asked) != 1:
        raise NotCovered("It is several changes.")
    ((key, details),) = asked.items()
    name = details[0].node.name.value
    if name == "__typename":
        raise NotCovered("It changes nothing.")
    declared = selecting.allowed(root, name)
    assert declared.base_resolver is not None  # noqa: S101  (it is a mutation)
    kind: Any = get_named_type(root.fields[name].type)
    picks = dict(
        _picks(selecting, possible, details)
        for possible in selecting.graph.get_possible_types(kind)
    )
    make: Any = declared.base_resolver.wrapped_func
    return Change(key, name, make, selecting.arguments(root, details), picks)


def _picks(
    selecting: Selecting, kind: GraphQLObjectType, details: FieldDetailsList
) -> tuple[type, PickFrom]:
    """Return a kind of result, and what is selected of it."""
    origin = origin_of(kind)
    record = record_of(origin)
    if record is None:
        pick = selecting.picked(kind, details)
        return origin, lambda _, result: pick(result)
    if traits_of(table_of(record)).named_by is not None:
        raise NotCovered(f"{kind} shares its record with other types.")
    members = [
        (key, _member(selecting, kind, found))
        for key, found in selecting.below(kind, details).items()
    ]
    return record, lambda asked, result: {key: read(asked, result) for key, read in members}


def _member(selecting: Selecting, kind: GraphQLObjectType, details: FieldDetailsList) -> PickFrom:
    name = details[0].node.name.value
    if name == "__typename":
        named = constant(kind.name)
        return lambda _, result: named(result)
    declared = selecting.allowed(kind, name)
    pick = picking(kind.fields[name].type, lambda inner: selecting.picked(inner, details))
    return _read(declared, pick, f"{kind}.{name}")


def _read(declared: StrawberryField, pick: Pick, called: str) -> PickFrom:
    """Return what picks from a field, which must be an attribute or be computed at once."""
    resolver, attribute = declared.base_resolver, declared.python_name
    if resolver is None and {"connection", "relationship", "kept_as"}.isdisjoint(declared.metadata):
        return lambda _, record: pick(getattr(record, attribute))
    compute: Any = resolver and resolver.wrapped_func
    if "in_sql" not in declared.metadata or inspect.iscoroutinefunction(compute):
        raise NotCovered(f"{called} is not in the result of a change.")
    assert resolver is not None  # noqa: S101  (what SQL computes, Python does too)
    if resolver.info_parameter is None:
        return lambda _, record: pick(compute(record))
    return lambda asked, record: pick(compute(record, asked))
