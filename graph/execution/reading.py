"""Reading documents: parsed, measured and validated once, and known after, whether good or not."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)

from graph.execution.costs import MANY, Cost
from graph.execution.introspection import CLOSED_RULES
from graph.execution.limits import Limits, exceeded
from graph.execution.measuring import measured
from graph.execution.overlaps import overlaps
from resolvers.errors import BadInput, Fault

KEPT_DOCUMENTS = 500
KEPT_LENGTH = 10_000
"""How many documents are kept, and up to which length."""
TOLD = 20_000
"""How much all errors of a document may tell of its text: each may repeat it from end to end."""
NESTED = 200
"""How deep graphql-core's parser lets anything stand in each other."""

Problem = GraphQLError | Fault


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that can be executed: its document is good, and it is the one that was meant."""

    document: DocumentNode
    operation: OperationDefinitionNode
    cost: Cost

    @property
    def changes(self) -> bool:
        """Whether it is a mutation, which nobody may stop once it is begun."""
        return self.operation.operation is OperationType.MUTATION

    @property
    def lasts(self) -> bool:
        """Whether it is a subscription, which has many answers."""
        return self.operation.operation is OperationType.SUBSCRIPTION

    @property
    def name(self) -> str | None:
        """What the document calls it."""
        return self.operation.name.value if self.operation.name else None


@dataclass(frozen=True, slots=True)
class Document:
    """What a text is: operations that can be executed, or what is wrong with it."""

    node: DocumentNode | None = None
    problems: Sequence[Problem] = ()
    costs: Mapping[int, Cost] = field(default_factory=dict)
    """The costs of the operations, by their places among the definitions."""

    _chosen: dict[str | None, Prepared] = field(default_factory=dict)

    @property
    def operations(self) -> list[tuple[OperationDefinitionNode, Cost]]:
        """Its operations and what each costs."""
        return [
            (node, self.costs[place])
            for place, node in enumerate(self.node.definitions if self.node else ())
            if isinstance(node, OperationDefinitionNode)
        ]

    def operation(self, name: str | None) -> Prepared:
        """Return the one operation that is meant. Raises BadInput where none is, or several are."""
        chosen = self._chosen.get(name)
        if chosen is None:
            chosen = self._chosen[name] = self._choose(name)
        return chosen

    def _choose(self, name: str | None) -> Prepared:
        wanted = [
            (node, cost)
            for node, cost in self.operations
            if name is None or (node.name and node.name.value == name)
        ]
        if self.node is None or len(wanted) != 1:
            reason = (
                f"The document has no operation {name}."
                if name
                else "Say which by `operationName`."
            )
            raise BadInput(reason, {"argument": "operationName"})
        return Prepared(self.node, *wanted[0])


class Shelf:
    """Reads documents, and keeps those that were asked for last."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, closed: bool) -> None:
        self._schema = schema
        self._limits = limits
        self._closed = closed
        self._rules = CLOSED_RULES if closed else specified_rules
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def known(self, text: str) -> Document | None:
        """Return a document that was read before and is still kept."""
        document = self._kept.get(text)
        if document is not None:
            self._kept.move_to_end(text)
        return document

    def read(self, text: str) -> Document:
        """Read a document and keep it, unless it is long."""
        document = self._read(text)
        if len(text) <= KEPT_LENGTH:
            self._kept[text] = document
            if len(self._kept) > KEPT_DOCUMENTS:
                self._kept.popitem(last=False)
        return document

    def _read(self, text: str) -> Document:
        limits = self._limits
        if len(text) > limits.max_characters:
            return _bad(exceeded("characters", limits.max_characters, len(text)))
        try:
            node = parse(text, max_tokens=limits.max_tokens)
        except GraphQLSyntaxError as error:
            return _bad(self._passed(error))
        _untangle(node)
        measures = measured(self._schema, node)
        if breached := limits.breached(measures.worst):
            return _bad(*breached)
        if no := limits.breached({"overlaps": overlaps(node, limits.max_selections)}):
            return _bad(*no)
        most = max(1, min(limits.max_errors, TOLD // len(text)))
        wrong = validate(
            self._schema, node, self._rules, max_errors=most, hide_suggestions=self._closed
        )
        if wrong:
            return _bad(*wrong[:most])
        return Document(node, costs=measures.costs)

    def _passed(self, error: GraphQLSyntaxError) -> Problem:
        """Return the limit that the parser stopped at, or the error if it is one of syntax."""
        most = self._limits.max_tokens
        if f"more than {most} tokens" in error.message:
            return exceeded("tokens", most, most + 1)
        if "nested too deeply" in error.message:
            return exceeded("nesting", NESTED, NESTED + 1)
        return error


def _untangle(node: DocumentNode) -> None:
    """Let a document be freed as soon as nobody refers to it: its tokens refer to each other.

    Nothing that reads documents asks a token for its neighbours.
    """
    token: Any = node.loc and node.loc.start_token
    while token is not None:
        token.prev, token.next, token = None, None, token.next


def _bad(*problems: Problem) -> Document:
    return Document(problems=problems)


_PARTED = frozenset({list, dict})
"""The types of the values that have parts."""


def too_large(variables: Mapping[str, Any], limits: Limits) -> Fault | None:
    """Return what to tell of variables that are too many or too deep to be looked at."""
    if len(variables) <= limits.max_input_values:
        for value in variables.values():
            if type(value) in _PARTED:
                break
        else:
            return None
    values, objects, level, depth = 0, 0, list(variables.values()), 0
    while level:
        values += len(level)
        if values > limits.max_input_values:
            return exceeded("input_values", limits.max_input_values, min(values, MANY))
        objects += sum(isinstance(value, dict) for value in level)
        if objects > limits.max_input_objects:
            return exceeded("input_objects", limits.max_input_objects, objects)
        level = [
            part
            for value in level
            if isinstance(value, (list, dict))
            for part in (value if isinstance(value, list) else value.values())
        ]
        depth += bool(level)
        if depth > limits.max_input_depth:
            return exceeded("input_depth", limits.max_input_depth, depth)
    return None
