"""Random documents: any fields, fragments, aliases, arguments and directives a schema allows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

from graph.fields import permissions
from resolvers.identity.callers import CallerKind
from tests.compiler.worlds import INSTANTS, INTEGERS, TEXTS

NEVER = {"klarnaOrder", "_service", "versionDiff"}
"""Questions that no statement answers."""

KNOWN = {
    "connection",
    "entities",
    "found_among",
    "found_by",
    "in_sql",
    "kept_as",
    "relationship",
}
"""What fields declare themselves by for SQL."""


VALUES: Mapping[str, Sequence[Any]] = {
    "Boolean": (True, False),
    "DateTime": INSTANTS,
    "Float": (0.0, 0.25, 1 / 3),
    "JSON": ({}, {"a": 1.5}, {"b": None}, {"é": True}),
}
"""What scalars are given; texts are for all others."""


@dataclass
class Asking:
    """One document in the making."""

    schema: GraphQLSchema
    random: Random
    keys: Sequence[str]
    """Ids to ask for."""
    python: frozenset[str]
    """The fields that are computed in Python; they are rarely taken."""
    kind: CallerKind
    """Who asks; what is not for it is rarely taken either."""
    size: int = 45
    """How many fields at the most."""
    variables: dict[str, Any] = field(default_factory=dict)
    _types: dict[str, str] = field(default_factory=dict)
    _fragments: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def document(self) -> str:
        """The document. Its variables are beside it."""
        query = self.schema.query_type
        assert query is not None
        names = [name for name in query.fields if name not in NEVER and self.sensible(query, name)]
        parts = [self.field(query, name, 4) for name in self.some(names, [1, 1, 1, 2, 3])]
        if self.chance(0.1):
            parts.append("__typename")
        declared = ", ".join(f"${name}: {kind}" for name, kind in self._types.items())
        head = f"query Q({declared})" if declared else "query Q"
        return "\n".join([f"{head} {{ {' '.join(parts)} }}", *self._fragments.values()])

    def chance(self, much: float) -> bool:
        """Whether it happens this time."""
        return self.random.random() < much

    def sensible(self, parent: Any, name: str) -> bool:
        """Whether a field is for the caller and for SQL to answer; sometimes even if it is not."""
        if name == "__typename" or self.chance(0.01):
            return True
        allowed = not isinstance(parent, GraphQLObjectType) or self.kind in permissions.of(
            parent.name, name
        )
        return allowed and f"{parent.name}.{name}" not in self.python

    def some(self, things: Sequence[Any], counts: Sequence[int]) -> list[Any]:
        """A few of them."""
        return [self.random.choice(things) for _ in range(self.random.choice(counts))]

    def new(self, prefix: str) -> str:
        """A name that is not yet taken."""
        self._count += 1
        return f"{prefix}{self._count}"

    def field(self, parent: Any, name: str, depth: int) -> str:
        """One field with its arguments and what is below it."""
        self.size -= 1
        asked: GraphQLField = parent.fields[name]
        arguments = self.arguments(asked)
        kind = get_named_type(asked.type)
        alias = f"{self.new('a')}: " if asked.args or self.chance(0.1) else ""
        below = "" if is_leaf_type(kind) else self.selection(kind, depth - 1)
        return f"{alias}{name}{arguments}{self.directive()}{below}"

    def directive(self) -> str:
        """Perhaps a condition."""
        if self.chance(0.93):
            return ""
        value = self.random.choice(["true", "false"])
        if self.chance(0.5):
            variable = self.new("d")
            self._types[variable] = "Boolean!"
            self.variables[variable] = value == "true"
            value = f"${variable}"
        return f" @{self.random.choice(['skip', 'include'])}(if: {value})"

    def selection(self, kind: Any, depth: int) -> str:
        """What is selected of a type."""
        if is_abstract_type(kind):
            parts = (
                [self.fields(kind, depth)] if hasattr(kind, "fields") and self.chance(0.7) else []
            )
            possible = self.schema.get_possible_types(kind)
            parts += [
                f"... on {one.name} {{ {self.fields(one, depth)} }}"
                for one in self.some(possible, [0, 1, 2])
            ]
            return f" {{ __typename {' '.join(parts)} }}"
        inner = self.fields(kind, depth)
        if self.chance(0.12):
            on = self.random.choice(["", f"on {kind.name}"])
            inner += f" ... {on}{self.directive()} {{ {self.fields(kind, depth)} }}"
        if self.chance(0.12):
            name = self.new("F")
            self._fragments[name] = (
                f"fragment {name} on {kind.name} {{ {self.fields(kind, depth)} }}"
            )
            inner += f" ...{name}{self.directive()}" + (f" ...{name}" if self.chance(0.2) else "")
        return f" {{ {inner} }}"

    def fields(self, kind: Any, depth: int) -> str:
        """A few of a type's fields; leaves alone where it is deep enough."""
        leaves = [
            name for name, one in kind.fields.items() if is_leaf_type(get_named_type(one.type))
        ]
        branches = [name for name in kind.fields if name not in leaves]
        chosen = self.some(leaves, [1, 2, 3, 5]) if leaves else []
        if self.size > 0 and depth > 0 and branches:
            least = [1] if not leaves or "pageInfo" in branches else [0, 1, 1, 2]
            chosen += self.some(branches, least)
        if not chosen or self.chance(0.05):
            chosen.append("__typename")
        kept = [name for name in dict.fromkeys(chosen) if self.sensible(kind, name)] or [
            "__typename"
        ]
        if "pageInfo" in branches and not set(kept) & {"nodes", "edges", "pageInfo", "totalCount"}:
            kept.append("totalCount")
        return " ".join(
            name if name == "__typename" else self.field(kind, name, depth) for name in kept
        )

    def arguments(self, asked: GraphQLField) -> str:
        """The arguments of a field: as literals, as variables, mostly few of them."""
        given = {name: one.type for name, one in asked.args.items() if is_required_argument(one)}
        if "token" in asked.args:
            ways = ["id", "reference", "token"] if self.chance(0.5) else ["id"]
            given = {name: asked.args[name].type for name in self.some(ways, [1] * 9 + [2])}
        if "first" in asked.args:
            end = [self.random.choice(["first", "last"])]
            ends = ["first", "last"] if self.chance(0.05) else end
            for name in self.some([*ends, "filter", "orderBy"], [0, 1, 1, 2]):
                given[name] = asked.args[name].type
        written = [
            f"{name}: {self.written(kind, self.value(kind, name))}" for name, kind in given.items()
        ]
        return f"({', '.join(written)})" if written else ""

    def value(self, kind: Any, name: str = "") -> Any:
        """A value of an input type."""
        draw = self.random.choice
        kind = get_nullable_type(kind)
        if is_list_type(kind):
            return [self.value(kind.of_type, name) for _ in range(draw([1, 1, 2, 3]))]
        if isinstance(kind, GraphQLEnumType):
            return draw(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return self.object(kind)
        if kind.name == "Int":
            sizes = [1, 1, 2, 2, 3, 3, 5, 50, 100, 0]
            return draw(sizes if name in ("first", "last") else INTEGERS)
        if kind.name == "_Any":
            named = draw(["KlarnaPayment", "KlarnaPayment", "Order", "Order", "Capture", "Refund"])
            return {"__typename": named, "id": draw(self.keys)}
        return draw([*self.keys, "nobody"] if kind.name == "ID" else VALUES.get(kind.name, TEXTS))

    def object(self, kind: GraphQLInputObjectType, depth: int = 2) -> dict[str, Any]:
        """An input object with a field or two."""
        fields = [name for name, one in kind.fields.items() if not is_required_input_field(one)]
        chosen = [name for name, one in kind.fields.items() if is_required_input_field(one)]
        chosen += self.some(fields, [1, 1, 2]) if fields else []
        return {
            name: self.value(kind.fields[name].type)
            for name in dict.fromkeys(chosen)
            if self.chance(0.97) or name not in ("and", "or", "not")
        }

    def written(self, kind: Any, value: Any) -> str:
        """A value in the document, or the variable that holds it."""
        if self.chance(0.4):
            variable = self.new("v")
            self._types[variable] = str(kind)
            self.variables[variable] = value
            return f"${variable}"
        return self.literal(kind, value)

    def literal(self, kind: Any, value: Any) -> str:
        """A value as GraphQL writes it."""
        kind = get_nullable_type(kind)
        if is_list_type(kind):
            return f"[{', '.join(self.literal(kind.of_type, one) for one in value)}]"
        if isinstance(kind, GraphQLInputObjectType):
            fields = kind.fields
            inner = (
                f"{name}: {self.literal(fields[name].type, one)}" for name, one in value.items()
            )
            return f"{{{', '.join(inner)}}}"
        if isinstance(kind, GraphQLEnumType):
            return str(value)
        if isinstance(value, dict):
            inner = (f"{name}: {json.dumps(one)}" for name, one in value.items() if name.isascii())
            return f"{{{', '.join(inner)}}}"
        return json.dumps(value)


def computed_in_python(schema: GraphQLSchema) -> frozenset[str]:
    """The fields that only their resolvers answer."""
    found = set()
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        for name, one in kind.fields.items():
            declared = one.extensions["strawberry-definition"]
            known = KNOWN & declared.metadata.keys()
            if declared.base_resolver is not None and not known:
                found.add(f"{kind.name}.{name}")
    return frozenset(one for one in found if "Connection." not in one and "Edge." not in one)
