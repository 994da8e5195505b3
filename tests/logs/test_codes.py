"""The catalogue of codes: whole, alive, and the only source of codes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, build_schema

from graph.schema import printed
from resolvers import errors
from resolvers.codes import Code, ErrorCode, RefusalCode
from tests.commands.process import ran

ROOT = Path(__file__).parents[2]
CODES: list[Code] = [*RefusalCode, *ErrorCode]
TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text())
    for layer in ("graph", "resolvers", "store")
    for path in sorted((ROOT / layer).rglob("*.py"))
    if "resolvers/klarna" not in str(path)  # Klarna's own codes are Klarna's
}
FAULTS = {
    fault.__name__: fault
    for fault in vars(errors).values()
    if isinstance(fault, type) and issubclass(fault, errors.Fault) and fault is not errors.Fault
}


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every place where something of this very name is called."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == name
            ):
                yield path, node


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text in a piece of code, without what is put into it at run time."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def keys_of(node: ast.Dict) -> set[object]:
    """The keys of a dictionary that is written out."""
    return {key.value for key in node.keys if isinstance(key, ast.Constant)}


def names_of_the_schema() -> set[str]:
    """Every mutation, field and input field."""
    found = set()
    for kind in build_schema(printed()).type_map.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            found |= set(kind.fields)
    return found


NAMES = names_of_the_schema() | {"retryAfter", "klarnaCode"}


def misnamed(text: str) -> set[str]:
    """The names in a text that look like the schema's and are not."""
    return set(re.findall(r"(?<![.\w])[a-z]+(?:[A-Z][a-z]+)+\b(?![.(])", text)) - NAMES


@pytest.mark.parametrize("code", CODES)
def test_a_code_says_what_happened_and_what_to_do(code: Code) -> None:
    for sentence in (code.meaning, code.advice):
        assert re.fullmatch(r"[A-Z`].*\.", sentence), code
        assert "|" not in sentence, "a table could not hold it"
        assert misnamed(sentence) == set()
    assert code == code.name == code.value


def test_no_two_codes_are_alike() -> None:
    assert len({str(code) for code in CODES}) == len(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_code_can_happen(code: Code) -> None:
    kind = type(code).__name__
    used = {
        path
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == code.name
        and isinstance(node.value, ast.Name)
        and node.value.id == kind
    }
    if used == {"resolvers/errors.py"}:
        (fault,) = (name for name, fault in FAULTS.items() if fault.code is code)
        used = {path for path, _ in calls(fault)}
    assert used, "nothing in the code leads to it"


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_seen_in_a_test(code: Code) -> None:
    tests = (path.read_text() for path in (ROOT / "tests").rglob("*.py"))

    assert any(f'"{code}"' in text for text in tests)


def test_every_fault_has_a_code_of_the_catalogue() -> None:
    assert {type(fault.code) for fault in FAULTS.values()} == {ErrorCode}


def test_codes_are_not_spelled_outside_of_the_catalogue() -> None:
    spelled = {
        (path, text)
        for path, tree in TREES.items()
        if path not in ("resolvers/codes.py", "resolvers/refusals.py")  # Klarna's words: refusals
        for text in texts(tree)
        if text in {str(code) for code in CODES}
    }

    # Klarna's code, compared with, in the history of a transaction
    assert spelled <= {("resolvers/placing.py", "SESSION_COMPLETED")}


def test_errors_are_put_together_in_one_place() -> None:
    places = {
        path
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict) and {"message", "extensions"} <= keys_of(node)
    }

    assert places == {"graph/errors.py"}


def test_every_refusal_has_a_hint() -> None:
    raised = list(calls("Refused"))
    lacking = [
        f"{path}:{node.lineno}"
        for path, node in raised
        if all(keyword.arg not in ("hint", None) for keyword in node.keywords)
        or any(
            isinstance(keyword.value, ast.Constant) and not keyword.value.value
            for keyword in node.keywords
            if keyword.arg == "hint"
        )
    ]

    assert len(raised) > 40
    assert lacking == []


def test_what_a_hint_names_is_in_the_schema() -> None:
    wrong = {
        f"{path}:{keyword.value.lineno}": misnamed(text)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "hint"
        for text in texts(keyword.value)
        if misnamed(text)
    }

    assert wrong == {}


async def test_the_command_prints_every_code() -> None:
    status, output, complaints = await ran("errors")

    assert (status, complaints) == (0, "")
    for code in CODES:
        assert f"{code}\n  {code.meaning}\n  {code.advice}\n" in output
