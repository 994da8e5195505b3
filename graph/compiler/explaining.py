"""Explaining: the tree and the statement that an operation becomes, or why it is not compiled."""

from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    parse,
    validate,
)
from strawberry import Schema

from graph.compiler.anything import Anything, Entities, Node, Nodes, Way
from graph.compiler.cache import Entry
from graph.compiler.changes import Change
from graph.compiler.coverage import NotCovered, Unusual
from graph.compiler.holes import SECRET
from graph.compiler.members import Kinds, OneOf, Related, Selection
from graph.compiler.pages import Edges, Paged
from graph.compiler.roots import Found
from resolvers.context import Context
from resolvers.cursors import Cursors
from resolvers.errors import Fault
from resolvers.identity.callers import Caller, CallerKind
from store.instants import SystemClock, instant
from store.scope import Mode

_SECRET = "mark"
"""What is told in the place of the process's own, which none may know who can store a text."""
_SUPPOSED = {"ID": "x", "String": "x", "Int": 1, "Boolean": True}
"""What variables are taken to be that are needed and were not given."""


def explained(
    schema: Schema, text: str, kind: CallerKind, given: Mapping[str, Any]
) -> Iterator[str]:
    """Yield lines on what the first operation of a document becomes for a kind of caller."""
    graph = schema._schema  # noqa: SLF001  (Strawberry shows its own only)
    try:
        document = parse(text)
    except GraphQLError as error:
        yield f"This is no document: {error.message}"
        return
    if wrong := validate(graph, document):
        yield from (f"This does not fit the schema: {error.message}" for error in wrong)
        return
    operation = next(
        one for one in document.definitions if isinstance(one, OperationDefinitionNode)
    )
    given = _supposed(operation) | dict(given)
    told = explanation(schema, document, operation, kind, given)
    yield from told.tree
    if told.tree:
        yield ""
    if told.reason is not None:
        yield f"Not covered: {told.reason}"
    else:
        yield told.sql or "It has no statement: its answer is picked from what the change returns."


class Explanation(NamedTuple):
    """What an operation becomes."""

    tree: Sequence[str]
    """Its members, each on a line and indented below what it belongs to."""
    sql: str | None
    """Its statement; None if it is not covered, or is a change."""
    reason: str | None
    """Why it is not covered."""


def explanation(
    schema: Schema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    kind: CallerKind,
    given: Mapping[str, Any],
) -> Explanation:
    """Return what an operation of a good document becomes for a kind of caller."""
    context = _context(kind)
    entry = Entry(schema, document, operation, kind, context.scope.reach)
    tree: Sequence[str] = ()
    try:
        values = entry.variables.read(given)
        plan = entry.plan(values)
        if isinstance(plan, NotCovered):
            return Explanation((), None, str(plan))
        if isinstance(plan, Change):
            picked = [kind.__name__ for kind in plan.picks]
            tree = [f"{plan.key}: Change, picked from its {' or '.join(picked)}"]
            return Explanation(tree, None, None)
        tree = list(_members(plan.members, ""))
        shapes, _ = plan.put(context, values)
        built = plan.build(shapes, context.services.cursors)
    except Unusual:
        return Explanation(
            tree, None, "its arguments are wrong or unusual: `explain --variables` takes others."
        )
    except Fault as fault:
        return Explanation(tree, None, fault.message)
    if isinstance(built, NotCovered):
        return Explanation(tree, None, str(built))
    return Explanation(tree, built.sql.replace(SECRET, _SECRET), None)


def _supposed(operation: OperationDefinitionNode) -> dict[str, Any]:
    found = {}
    for definition in operation.variable_definitions or ():
        needed = getattr(definition.type, "type", None)
        name = getattr(getattr(needed, "name", None), "value", "")
        if name in _SUPPOSED and definition.default_value is None:
            found[definition.variable.name.value] = _SUPPOSED[name]
    return found


def _context(kind: CallerKind) -> Context:
    """Return what arguments are read for: no request, but a caller and a time."""
    order = "x" if kind is CallerKind.sales_channel else None
    clock = SystemClock()
    caller = Caller(kind, Mode.test, "explain", clock.now(), order_id=order)
    services = SimpleNamespace(cursors=Cursors(b"explain"))
    stand_in = SimpleNamespace(
        services=services, caller=caller, scope=caller.scope, now=lambda: instant(clock.now())
    )
    return cast("Context", stand_in)


def _members(members: Any, indent: str) -> Iterator[str]:
    for key, member in members:
        yield f"{indent}{key}: {_described(member)}"
        yield from _below(member, f"{indent}  ")


def _described(member: Any) -> str:
    match member:
        case None:
            return "cursor"
        case Related():
            return f"{'Those' if member.many else 'The one'} by {member.lookup.column}"
        case Found():
            return f"Found by {' or '.join(str(way.column) for way in member.ways.values())}"
        case Paged():
            return f"Page of {member.record.__name__}"
    return type(member).__name__


def _below(member: Any, indent: str) -> Iterator[str]:
    match member:
        case Selection():
            yield from _members(member.members, indent)
        case Related() | Found() | Way():
            yield from _below(member.selected, indent)
        case Paged():
            yield from _members(member.parts, indent)
        case Edges():
            yield from _members(member.members or (), indent)
            yield from _below(member.node, indent)
        case Node() | Nodes():
            yield from _below(member.anything, indent)
    for name, choice in _choices(member):
        yield f"{indent}({name})"
        yield from _below(choice, f"{indent}  ")


def _choices(member: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a member may be, by the words that tell."""
    match member:
        case Kinds():
            yield from member.selections.items()
        case OneOf() | Entities():
            yield from member.ways.items()
        case Anything():
            yield from ((way.lookup.column.table.name, way) for way in member.ways)
