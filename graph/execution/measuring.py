"""The measures of a document, taken in one pass before anything else is done with it.

Each definition is walked once, and what a fragment holds is counted wherever it is spread without
being walked again: the time and the memory are those of the text, not of what it expands to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from graph.execution.costs import (
    CHANGE,
    ENTITIES_AT_ONCE,
    INTROSPECTED_LIST,
    MANY,
    PLAIN_LIST,
    Cost,
    Costs,
    Count,
    Tally,
    list_size,
    page_size,
)

_SIZED = {"nodes": ("ids", 1), "_entities": ("representations", ENTITIES_AT_ONCE)}
"""The lists at the root that are as long as an argument, and how many of it count as one."""
_EXPANDED = ("selections", "aliases", "directives")
_DEPTHS = ("depth", "introspection_depth")


@dataclass(frozen=True, slots=True)
class Measures:
    """What a document comes to."""

    worst: Mapping[str, int]
    """Each measure at its largest, by the name of its limit."""
    costs: Mapping[int, Cost]
    """The costs of the operations, by the place of each among the definitions."""


@dataclass(slots=True)
class _Place:
    """A selection set to be walked, and where it stands."""

    selections: SelectionSetNode
    type: GraphQLNamedType | None
    depth: int
    """How many fields it stands in."""
    tally: Tally
    page: Tally
    """What counts as often as the list is long, if it is a connection's."""


@dataclass(slots=True)
class _Definition:
    """An operation or a fragment, and what it comes to: by itself first, then with fragments."""

    counts: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    page: Tally = field(default_factory=Tally)
    tallies: list[Tally] = field(default_factory=list)
    spreads: list[tuple[str, int]] = field(default_factory=list)
    """The fragments that are spread in it, and how many fields each stands in."""

    def count(self, name: str, more: int = 1) -> None:
        """Count something."""
        self.counts[name] = min(self.counts.get(name, 0) + more, MANY)

    def reach(self, name: str, value: int) -> None:
        """Note how far something goes."""
        self.counts[name] = max(self.counts.get(name, 0), value)

    def include(self, fragment: "_Definition", depth: int) -> None:
        """Count what a fragment comes to, where it is spread."""
        for name in _EXPANDED:
            self.count(name, fragment.counts.get(name, 0))
        for name in _DEPTHS:
            if deep := fragment.counts.get(name, 0):
                self.reach(name, depth + deep)
        if depth == 0:
            self.count("root_fields", fragment.counts.get("root_fields", 0))


def measured(schema: GraphQLSchema, document: DocumentNode) -> Measures:
    """Measure a document, which need not be valid."""
    fragments: dict[str, _Definition] = {}
    walked: list[tuple[Any, _Definition]] = []
    for node in document.definitions:
        made = _Definition()
        walked.append((node, made))
        if isinstance(node, FragmentDefinitionNode):
            fragments.setdefault(node.name.value, made)
    walk = _Walk(schema, fragments)
    for node, made in walked:
        walk.definition(node, made)
    costs = Costs()
    for one in _innermost_first([made for _, made in walked], fragments):
        for name, depth in one.spreads:
            if name in fragments:
                one.include(fragments[name], depth)
        costs.settle(one.tallies)
    worst: dict[str, int] = {"fragments": walk.fragments}
    selections = 0
    for node, one in walked:
        operation = isinstance(node, OperationDefinitionNode)
        selections += one.counts.get("selections", 0) if operation else 0
        for name, value in one.counts.items():
            if name != "root_fields" or operation:
                worst[name] = max(worst.get(name, 0), value)
    worst["selections"] = max(worst.get("selections", 0), min(selections, MANY))
    priced = {
        place: costs.cost(one.tally, _defaults(node))
        for place, (node, one) in enumerate(walked)
        if isinstance(node, OperationDefinitionNode)
    }
    worst["cost"] = max((cost.worth for cost in priced.values()), default=0)
    return Measures(worst, priced)


class _Walk:
    """A walk through the definitions of a document."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, _Definition]) -> None:
        self._schema = schema
        self._known = fragments
        self.fragments = 0
        """How many fragments the document has, inline ones too."""

    def definition(self, node: Any, made: _Definition) -> None:
        """Walk a definition; one that cannot be executed counts nothing."""
        if isinstance(node, OperationDefinitionNode):
            kind: GraphQLNamedType | None = self._schema.get_root_type(node.operation)
            for variable in node.variable_definitions or ():
                _directives(variable, made)
                _input(variable.default_value, made)
        elif isinstance(node, FragmentDefinitionNode):
            self.fragments += 1
            kind = self._schema.get_type(node.type_condition.name.value)
        else:
            return
        _directives(node, made)
        made.tallies += [made.tally, made.page]
        waiting = [_Place(node.selection_set, kind, 0, made.tally, made.page)]
        while waiting:
            place = waiting.pop()
            seen: set[str] = set()
            for selection in place.selections.selections:
                made.count("selections")
                _directives(selection, made)
                if isinstance(selection, FieldNode):
                    key = (selection.alias or selection.name).value
                    if selection.alias or key in seen:
                        made.count("aliases")
                    seen.add(key)
                    waiting += self._field(selection, place, made)
                elif isinstance(selection, InlineFragmentNode):
                    self.fragments += 1
                    waiting.append(self._inline(selection, place))
                elif isinstance(selection, FragmentSpreadNode):
                    self._spread(selection.name.value, place, made)

    def _inline(self, node: InlineFragmentNode, place: _Place) -> _Place:
        kind = place.type
        if node.type_condition:
            kind = self._schema.get_type(node.type_condition.name.value)
        return _Place(node.selection_set, kind, place.depth, place.tally, place.page)

    def _spread(self, name: str, place: _Place, made: _Definition) -> None:
        made.spreads.append((name, place.depth))
        if name in self._known:
            place.tally.parts.append((1, self._known[name].tally))
            place.page.parts.append((1, self._known[name].page))

    def _field(self, node: FieldNode, place: _Place, made: _Definition) -> Iterator[_Place]:
        """Count a field, and yield what is to be walked in it."""
        name, parent, depth = node.name.value, place.type, place.depth + 1
        introspecting = name in {"__schema", "__type"} or _introspects(parent)
        made.reach("introspection_depth" if introspecting else "depth", depth)
        if depth == 1:
            made.count("root_fields")
        for argument in node.arguments or ():
            _input(argument.value, made)
        if parent is not None and parent is self._schema.mutation_type:
            place.tally.own += CHANGE
        if node.selection_set is None:
            return
        found = self._schema.get_field(parent, name) if is_composite_type(parent) else None
        kind = get_named_type(found.type) if found else None
        listed = found is not None and is_list_type(get_nullable_type(found.type))
        tally, page = Tally(own=int(listed or not _introspects(parent))), Tally()
        made.tallies += [tally, page]
        if found is not None and {"first", "last"} <= found.args.keys():
            tally.parts.append((page_size(node), page))
        if listed and _pages(parent):
            place.page.parts.append((1, tally))
        else:
            place.tally.parts.append((self._times(node, parent) if listed else 1, tally))
        yield _Place(node.selection_set, kind, depth, tally, page)

    def _times(self, node: FieldNode, parent: GraphQLNamedType | None) -> Count:
        """Return how often what is in a list counts."""
        if parent is self._schema.query_type and node.name.value in _SIZED:
            return list_size(node, *_SIZED[node.name.value])
        return INTROSPECTED_LIST if _introspects(parent) else PLAIN_LIST


def _introspects(kind: GraphQLNamedType | None) -> bool:
    return kind is not None and kind.name.startswith("__")


def _pages(kind: GraphQLNamedType | None) -> bool:
    return kind is not None and kind.name.endswith("Connection")


def _directives(node: Any, made: _Definition) -> None:
    for directive in node.directives or ():
        made.count("directives")
        for argument in directive.arguments or ():
            _input(argument.value, made)


def _input(value: ValueNode | None, made: _Definition) -> None:
    """Note how deep the lists and objects of a value stand in each other."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, ListValueNode):
            waiting += [(one, depth + 1) for one in node.values]
        elif isinstance(node, ObjectValueNode):
            waiting += [(one.value, depth + 1) for one in node.fields]
        else:
            continue
        made.reach("input_depth", depth)


def _defaults(node: OperationDefinitionNode) -> dict[str, ValueNode]:
    return {
        variable.variable.name.value: variable.default_value
        for variable in node.variable_definitions or ()
        if variable.default_value is not None
    }


def _innermost_first(
    definitions: Sequence[_Definition], fragments: Mapping[str, _Definition]
) -> list[_Definition]:
    """Return definitions, each after the fragments in it; of those in a circle any is the first."""
    ordered: list[_Definition] = []
    met: set[int] = set()
    waiting = [(one, False) for one in definitions]
    while waiting:
        one, ready = waiting.pop()
        if ready:
            ordered.append(one)
        elif id(one) not in met:
            met.add(id(one))
            waiting.append((one, True))
            waiting += [(fragments[name], False) for name, _ in one.spreads if name in fragments]
    return ordered
