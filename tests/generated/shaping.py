"""Generated documents made likelier to be carried out, which most would not be as they come.

`hypothesis-graphql` gives every argument there is, so that each list is asked for from both ends
at once, each order by three names, and each id is of nothing. Here most optional arguments go,
ids are often those of something that exists, and values move into variables.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
    is_union_type,
    value_from_ast_untyped,
)

from graph.demo.shop import orders
from tests.generated.worlds import World

Json = dict[str, Any]
NAMED: Mapping[str, str] = {
    "orderId": "Order",
    "paymentMethodId": "PaymentMethod",
    "paymentGatewayId": "KlarnaGateway",
    "captureId": "Capture",
    "lineItemIds": "LineItem",
    "from": "one Version",
    "to": "one Version",
    "after": "EventStore",
}
"""What an id is of, by the argument or the field that takes it; `id` is of what is answered."""
WAYS = (
    ({"first", "after"}, {"last", "before"}),
    ({"id"}, {"reference"}, {"token"}),
)
"""Arguments that exclude each other, where all of them are taken."""
CURSORS = {"after", "before"}
SIZES = {"first", "last"}
HALF = "half a pair: \ud800"
"""What is no text at all, and can be written in JSON and in GraphQL all the same."""


@dataclass
class Shaping:
    """One document on its way from the generator to the gateway."""

    schema: GraphQLSchema
    world: World
    random: Random
    variables: Json = field(default_factory=dict)
    _types: dict[str, str] = field(default_factory=dict)

    def shaped(self, document: DocumentNode, kind: str) -> str:
        """The document's text, as an operation of a kind; its variables are beside it."""
        (operation,) = document.definitions
        assert isinstance(operation, OperationDefinitionNode)
        root = getattr(self.schema, f"{kind}_type")
        text = self._selected(operation.selection_set, root, 0)
        declared = ", ".join(f"${name}: {type}" for name, type in self._types.items())
        return f"{kind} Q({declared}) {text}" if declared else f"{kind} Q {text}"

    def _chance(self, much: float) -> bool:
        return self.random.random() < much

    def _selected(self, selections: SelectionSetNode, parent: Any, depth: int) -> str:
        parts = ["__typename"] if depth == 1 or is_abstract_type(parent) else []
        for one in selections.selections:
            if isinstance(one, InlineFragmentNode):
                assert one.type_condition is not None
                on = one.type_condition.name.value
                inner = self._selected(one.selection_set, self.schema.type_map[on], depth + 1)
                parts.append(f"... on {on} {inner}")
            elif isinstance(one, FieldNode):
                parts.append(self._field(one, parent, depth))
        if is_union_type(parent) and "Refusal" in {one.name for one in parent.types}:
            parts.append("... on Refusal { refusedFor: code told: message }")
        return f"{{ {' '.join(parts)} }}"

    def _field(self, node: FieldNode, parent: Any, depth: int) -> str:
        name = node.name.value
        if name == "__typename":
            return name
        asked = parent.fields[name]
        answered = get_named_type(asked.type)
        alias = f"{node.alias.value}: " if node.alias else ""
        given = {one.name.value: value_from_ast_untyped(one.value) for one in node.arguments or ()}
        written = []
        for argument in self._kept(given, asked.args, depth):
            kind = asked.args[argument].type
            value = self._value(given[argument], kind, argument, _about(answered))
            written.append(f"{argument}: {self._written(kind, value)}")
        arguments = f"({', '.join(written)})" if written else ""
        inside = node.selection_set
        below = "" if inside is None else f" {self._selected(inside, answered, depth + 1)}"
        return f"{alias}{name}{arguments}{below}"

    def _kept(self, given: Json, arguments: Mapping[str, GraphQLArgument], depth: int) -> list[str]:
        """The arguments that stay: all that must, some of the others, one of those that exclude."""
        kept = [
            name
            for name in given
            if is_required_argument(arguments[name])
            or (
                (given[name] is not None or self._chance(0.1))
                and self._chance(0.3 if depth else 0.6)
            )
        ]
        for ways in WAYS:
            if not set().union(*ways) <= set(arguments) or self._chance(0.03):
                continue
            chosen = self.random.choice(ways)
            kept = [name for name in kept if not any(name in way for way in ways if way != chosen)]
            if len(chosen) == 1 or CURSORS & chosen & set(kept):
                kept += sorted(chosen - set(kept))  # a cursor goes with a size
        if CURSORS & set(kept) and "orderBy" in kept:
            kept.remove("orderBy")  # a cursor is of a list in one order
        return [name for name in kept if name in given]

    def _value(self, value: Any, kind: Any, name: str, about: str) -> Any:
        """A value that is as it was generated, or one that means something."""
        kind = get_nullable_type(kind)
        if value is None and (name not in SIZES or self._chance(0.05)):
            return None
        if is_list_type(kind):
            if name == "orderBy":
                value = value[:2] or [{"field": "CREATED_AT"}]
            return [self._value(one, kind.of_type, name, about) for one in value]
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(value, kind, about)
        return self.random.choice(self._meant(value, kind.name, name, about) or [value])

    def _meant(self, value: Any, kind: str, name: str, about: str) -> Sequence[Any] | None:
        """What a value of a scalar can be so that it means something; nothing if any can."""
        world = self.world
        if kind in ("ID", "String") and self._chance(0.01):
            return [HALF]
        if kind == "Int" and name in SIZES and self._chance(0.95):
            return [1, 1, 2, 3, 10]
        if kind == "ID" and self._chance(0.85):
            return world.ids.get(NAMED.get(name, about)) or world.everything
        if kind == "_Any":
            ids = world.ids.get(value["__typename"]) or world.everything
            return [value | {"id": id} for id in ids]
        if kind in ("String", "DateTime") and self._chance(0.9):
            return world.cursors.get(about) if name in CURSORS else world.texts.get(name)
        return None

    def _object(self, value: Json, kind: GraphQLInputObjectType, about: str) -> Json:
        fields: Mapping[str, GraphQLInputField] = kind.fields
        made = {
            name: self._value(one, fields[name].type, name, about)
            for name, one in value.items()
            if is_required_input_field(fields[name]) or self._chance(0.4)
        }
        if kind.name != "OrderInput" or self._chance(0.2):
            return made
        some = self.random.sample(sorted(made), min(len(made), self.random.choice([0, 0, 1, 1, 2])))
        method = self.world.ids["PaymentMethod"]
        whole: Json = self.random.choice(orders())["input"]
        return (
            whole
            | {"paymentMethodId": self.random.choice(method)}
            | {name: made[name] for name in some}
        )

    def _written(self, kind: Any, value: Any) -> str:
        """A value in the document, or the variable that holds it."""
        if self._chance(0.5):
            name = f"v{len(self._types)}"
            self._types[name] = str(kind)
            self.variables[name] = value
            return f"${name}"
        return literal(kind, value)


def _about(answered: Any) -> str:
    """The type of what a field answers, past its page or its refusal."""
    name: str = answered.name
    if name == "KlarnaOrder":
        return "Order"  # it is asked for by ours
    for ending in ("Connection", "Result"):
        name = name.removesuffix(ending)
    return name


def literal(kind: Any, value: Any) -> str:
    """A value as GraphQL writes it."""
    kind = get_nullable_type(kind)
    if value is None:
        return "null"
    if is_list_type(kind):
        return f"[{', '.join(literal(kind.of_type, one) for one in value)}]"
    if isinstance(kind, GraphQLInputObjectType):
        inner = (f"{name}: {literal(kind.fields[name].type, one)}" for name, one in value.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(kind, GraphQLEnumType):
        return str(value)
    assert is_leaf_type(kind)
    return _json(value)


def _json(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_json(one)}' for name, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_json, value))}]"
    return json.dumps(value)
