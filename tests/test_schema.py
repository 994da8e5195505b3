"""The schema as callers read it: checked in, and described to the last argument."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_client_schema,
    build_schema,
    get_introspection_query,
    lexicographic_sort_schema,
    parse,
    print_schema,
    validate,
)

from graph.schema import printed
from tests import documents
from tests.gateway import Gateway

SCHEMA = build_schema(printed())
OURS = {name: kind for name, kind in SCHEMA.type_map.items() if not name.startswith("__")}
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}


def test_the_schema_that_is_checked_in_is_the_schema_that_is_served() -> None:
    checked_in = (files("graph") / "schema.graphql").read_text("utf-8")

    assert checked_in == printed(), "run `klarna-graph schema > graph/schema.graphql`"


async def test_the_schema_tells_of_itself(gateway: Gateway) -> None:
    read: Any = await gateway.ask(get_introspection_query(specified_by_url=True))

    told = lexicographic_sort_schema(build_client_schema(read))
    assert print_schema(told) == print_schema(lexicographic_sort_schema(SCHEMA))


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
    [
        name
        for name in dir(documents)
        if name.isupper() and name not in ("REFUSAL", "PAYMENT_FIELDS", "ORDER_FIELDS", "HISTORY")
    ],
)
def test_the_documents_of_the_tests_fit_the_schema(name: str) -> None:
    assert validate(SCHEMA, parse(getattr(documents, name))) == []
