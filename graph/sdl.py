"""The schema as text: for those who call the gateway, and for a federation that it is a part of."""

from dataclasses import replace
from functools import cache
from typing import Any

import strawberry
from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    GraphQLSchema,
    Node,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    Visitor,
    build_ast_schema,
    parse,
    print_ast,
    print_schema,
    specified_directives,
    visit,
)

from graph.fields import permissions
from resolvers.identity.permissions import OPERATORS

LEFT_TO_OTHERS = frozenset({"node", "nodes", "order", "orderChanged", "orders"})
"""The questions and subscriptions that are the gateway's only where it stands alone: in a
federation the shop asks for its own orders by these names, and nodes are of every subgraph."""

_GRAPHQLS_OWN = frozenset(directive.name for directive in specified_directives)


def plain_sdl(schema: strawberry.Schema) -> str:
    """Return a schema as those read it who call the gateway itself."""
    document = visit(parse(schema.as_str()), _Plain())
    return f"{print_schema(build_ast_schema(document))}\n"


@cache
def subgraph_sdl(schema: strawberry.Schema) -> str:
    """Return a schema as a federation composes it: with its keys, and what may be shared."""
    document = visit(parse(schema.as_str()), _Subgraph())
    return f"{print_ast(_without_unused(document))}\n"


def _without_unused(document: DocumentNode) -> DocumentNode:
    """Leave out the types that nothing leads to, lest they be merged with those of others."""
    parts = build_ast_schema(document, assume_valid_sdl=True).to_kwargs()
    parts["types"] = tuple(kind for kind in parts["types"] or () if getattr(kind, "interfaces", ()))
    used = GraphQLSchema(**parts).type_map
    kept = (
        definition
        for definition in document.definitions
        if not isinstance(definition, TypeDefinitionNode) or definition.name.value in used
    )
    return replace(document, definitions=tuple(kept))


class _Declared(Visitor):
    """Leaves out what every subgraph answers alike: its names begin with an underscore."""

    def enter(self, node: Node, *_: object) -> Any:
        name = getattr(node, "name", None)
        return REMOVE if name is not None and name.value.startswith("_") else None


class _Plain(_Declared):
    """Leaves out all that is said to a federation only."""

    def enter_schema_definition(self, *_: object) -> Any:
        return REMOVE

    def enter_directive(self, node: DirectiveNode, *_: object) -> Any:
        return None if node.name.value in _GRAPHQLS_OWN else REMOVE


class _Subgraph(_Declared):
    """Leaves out what others declare, and links to the federation's own words."""

    def leave_schema_definition(self, node: SchemaDefinitionNode, *_: object) -> Node:
        return SchemaExtensionNode(directives=node.directives)  # the roots have their usual names

    def leave_object_type_definition(self, node: ObjectTypeDefinitionNode, *_: object) -> Node:
        fields = node.fields or ()
        kept = (field for field in fields if not _left_out(node.name.value, field.name.value))
        return replace(node, fields=tuple(kept))


def _left_out(kind: str, field: str) -> bool:
    """Whether a federation has no such field: operators ask the gateway itself."""
    if kind in ("Query", "Subscription") and field in LEFT_TO_OTHERS:
        return True
    return permissions.of(kind, field) == OPERATORS
