"""The schema as callers read it: checked in, and described to the last argument."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DirectiveDefinitionNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    build_client_schema,
    build_schema,
    get_introspection_query,
    lexicographic_sort_schema,
    parse,
    print_ast,
    print_schema,
    validate,
)

from graph.schema import printed
from tests import documents
from tests.gateway import Gateway

SCHEMA = build_schema(printed())
OURS = {name: kind for name, kind in SCHEMA.type_map.items() if not name.startswith("__")}
PARTS = {"REFUSAL", "PAYMENT_FIELDS", "ORDER_FIELDS", "HISTORY", "SWITCH_METHOD"}
"""What of the documents is not one yet."""
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}


def test_the_schema_that_is_checked_in_is_the_schema_that_is_served() -> None:
    checked_in = (files("graph") / "schema.graphql").read_text("utf-8")

    assert checked_in == printed(), "run `klarna-graph schema > graph/schema.graphql`"


FEDERATION = {
    *("Query._entities", "Query._service", "_Any", "_Entity", "_Service"),
    *("@key", "@link", "@shareable", "_FieldSet", "link__Import", "link__Purpose"),
}
"""What only a federation's router asks for; callers do not read it in `schema.graphql`."""


async def test_the_schema_tells_of_itself_and_of_what_a_router_asks(gateway: Gateway) -> None:
    read: Any = await gateway.ask(get_introspection_query(specified_by_url=True))

    told, ours = parts(build_client_schema(read)), parts(SCHEMA)
    assert set(told) - set(ours) == FEDERATION
    assert {name: told.get(name) for name in ours} == ours


def parts(schema: GraphQLSchema) -> dict[str, str]:
    """Each definition by its name; the questions one by one."""
    found: dict[str, str] = {}
    for definition in parse(print_schema(lexicographic_sort_schema(schema))).definitions:
        if isinstance(definition, ObjectTypeDefinitionNode) and definition.name.value == "Query":
            fields = definition.fields or ()
            found |= {f"Query.{field.name.value}": print_ast(field) for field in fields}
        elif isinstance(definition, DirectiveDefinitionNode):
            found[f"@{definition.name.value}"] = print_ast(definition)
        elif isinstance(definition, TypeDefinitionNode):
            found[definition.name.value] = print_ast(definition)
    return found


def descriptions() -> Iterator[tuple[str, str | None]]:
    """Everything that can be described, with its description."""
    for name, kind in OURS.items():
        if name in BUILT_IN:
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            for value, enum in kind.values.items():
                yield f"{name}.{value}", enum.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, definition in kind.fields.items():
                yield f"{name}.{field}", definition.description
                for argument, given in definition.args.items():
                    yield f"{name}.{field}({argument})", given.description
        if isinstance(kind, GraphQLInputObjectType):
            for field, taken in kind.fields.items():
                yield f"{name}.{field}", taken.description


def test_everything_in_the_schema_is_described() -> None:
    silent = [name for name, description in descriptions() if not (description or "").strip()]

    assert silent == []


def test_no_description_speaks_of_the_code() -> None:
    words = re.compile(r"\b(Raises|self|dataclass|resolver|Python)\b")
    telling = [name for name, description in descriptions() if words.search(description or "")]

    assert telling == []


def test_every_mutation_is_nullable_and_answers_a_union_with_a_refusal() -> None:
    mutation = OURS["Mutation"]
    assert isinstance(mutation, GraphQLObjectType)
    for name, field in mutation.fields.items():
        members = {member.name for member in getattr(field.type, "types", ())}
        assert "Refusal" in members, name


@pytest.mark.parametrize(
    "path",
    sorted((Path(str(files("graph"))) / "pages" / "examples").glob("*.graphql")),
    ids=lambda path: path.stem,
)
def test_the_examples_of_graphiql_fit_the_schema(path: Path) -> None:
    assert validate(SCHEMA, parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "name",
    [name for name in dir(documents) if name.isupper() and name not in PARTS],
)
def test_the_documents_of_the_tests_fit_the_schema(name: str) -> None:
    assert validate(SCHEMA, parse(getattr(documents, name))) == []
