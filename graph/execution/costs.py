"""The cost of an operation: how many objects its answer may hold, and 10 for each change.

Every object counts 1. What stands in a list counts as often as the list is long: a page as `first`
or `last` says, 25 by default; `nodes` as there are ids; a list that nobody can cut counts 5. Plain
values are free. A router's `_entities` counts once for each hundred representations, since those
are answered by the same statements. In introspection only the lists count, each 7.

The cost is a formula: sums and products of which some depend on the request's variables. It is made
with the document, and only what the variables decide is left to be computed for a request.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ValueNode,
    VariableNode,
)

from graph.fields.connections import DEFAULT_PAGE, MAX_PAGE

CHANGE = 10
PLAIN_LIST = 5
INTROSPECTED_LIST = 7
ENTITIES_AT_ONCE = 100
MANY = 1_000_000_000
"""Where counting ends: whatever is more is as much too much."""
_DIGITS = 9

Variables = Mapping[str, Any]
Count = int | Callable[[Variables], int]


@dataclass(slots=True, eq=False)
class Tally:
    """What the selections on one object cost, or those in a page's list, while they are read."""

    own: int = 0
    parts: "list[tuple[Count, Tally]]" = field(default_factory=list)
    """The costs of what is in it, and how often each counts."""
    worth: int = 0
    """What it comes to, once it is settled and no variable decides."""
    place: int | None = None
    """Its place among the formula's steps, once it is settled, if variables decide."""


@dataclass(frozen=True, slots=True)
class Step:
    """A sum whose parts depend on variables."""

    own: int
    parts: tuple[tuple[Count, int, int | None], ...]
    """How often a part counts, and its cost, or the step that says it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of an operation."""

    worth: int
    """The cost, if no variable decides."""
    steps: Sequence[Step] = ()
    """What is to be computed, the cost last; none if no variable decides."""
    defaults: Mapping[str, ValueNode] = field(default_factory=dict)
    """What the operation's variables are if they are not given."""

    def of(self, variables: Variables) -> int:
        """Return the cost of a request."""
        if not self.steps:
            return self.worth
        found: list[int] = []
        given = {**self.defaults, **variables} if self.defaults else variables
        for step in self.steps:
            total = step.own
            for count, worth, place in step.parts:
                times = count if isinstance(count, int) else count(given)
                total += times * (worth if place is None else found[place])
            found.append(min(total, MANY))
        return found[-1]


class Costs:
    """The steps of a document's costs, which its operations share."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def settle(self, tallies: Sequence[Tally]) -> None:
        """Sum tallies up, of which each stands before its parts."""
        for tally in reversed(tallies):
            self._settle(tally)

    def _settle(self, tally: Tally) -> None:
        own, parts = tally.own, []
        for count, part in tally.parts:
            if part.place is None and isinstance(count, int):
                own += count * part.worth
            elif part.place is not None or part.worth:
                parts.append((count, part.worth, part.place))
        tally.worth = min(own, MANY)
        if parts:
            tally.place = len(self._steps)
            self._steps.append(Step(tally.worth, tuple(parts)))

    def cost(self, tally: Tally, defaults: Mapping[str, ValueNode]) -> Cost:
        """Return the cost of an operation whose tally is settled."""
        if tally.place is None:
            return Cost(tally.worth)
        return Cost(tally.worth, self._steps[: tally.place + 1], defaults)


def page_size(node: FieldNode) -> Count:
    """Return how many items a connection is asked for."""
    given = _arguments(node, ("first", "last"))
    if any(isinstance(value, VariableNode) for value in given):
        return lambda variables: _page([_valued(value, variables) for value in given])
    return _page(given)


def list_size(node: FieldNode, argument: str, at_once: int) -> Count:
    """Return how often a list counts that is as long as an argument; so many at once are one."""
    given = _arguments(node, (argument,))

    def size(variables: Variables) -> int:
        return sum(-(-_length(_valued(value, variables)) // at_once) for value in given)

    return size if any(isinstance(value, VariableNode) for value in given) else size({})


def _arguments(node: FieldNode, names: Sequence[str]) -> list[Any]:
    arguments: Sequence[ArgumentNode] = node.arguments or ()
    return [one.value for one in arguments if one.name.value in names]


def _valued(value: Any, variables: Variables) -> Any:
    """Return a value as it was written, or what the variable in its place was given."""
    return variables.get(value.name.value) if isinstance(value, VariableNode) else value


def _page(given: Sequence[Any]) -> int:
    return max((_number(value) for value in given if not _null(value)), default=DEFAULT_PAGE)


def _null(value: Any) -> bool:
    return value is None or isinstance(value, NullValueNode)


def _number(value: Any) -> int:
    """Return a page's size, within what there can be."""
    if isinstance(value, IntValueNode):
        text = value.value
        value = int(text) if len(text) <= _DIGITS else MAX_PAGE
    if not isinstance(value, int):
        return MAX_PAGE  # whatever it is, it is refused when it is read
    return min(max(value, 0), MAX_PAGE)


def _length(value: Any) -> int:
    if _null(value):
        return 0
    if isinstance(value, ListValueNode):
        return len(value.values)
    return len(value) if isinstance(value, list) else 1
