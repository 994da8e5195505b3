import json
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, OperationType, parse

from graph.pages.tabs import EXAMPLES, Tab, read_tabs

TABS = read_tabs(EXAMPLES)


def operation(tab: Tab) -> OperationDefinitionNode:
    [definition] = parse(tab.query).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def name(tab: Tab) -> str:
    found = operation(tab).name
    return found.value if found else ""


def test_the_examples_follow_a_payment_from_its_session_to_its_history() -> None:
    assert [name(tab) for tab in TABS] == [
        "CreateSession",
        "SaveToken",
        "Refresh",
        "Place",
        "History",
        "Follow",
    ]
    assert [operation(tab).operation for tab in TABS] == [
        *[OperationType.MUTATION] * 4,
        OperationType.QUERY,
        OperationType.SUBSCRIPTION,
    ]


@pytest.mark.parametrize("tab", TABS, ids=name)
def test_an_example_begins_by_saying_what_it_does(tab: Tab) -> None:
    assert tab.query.startswith(f"# Step {TABS.index(tab) + 1} ")


@pytest.mark.parametrize("tab", TABS, ids=name)
def test_an_example_brings_a_value_for_each_of_its_variables(tab: Tab) -> None:
    variables = operation(tab).variable_definitions or ()
    asked = {variable.variable.name.value for variable in variables}

    assert set(json.loads(tab.variables)) == asked


@pytest.mark.parametrize("tab", TABS, ids=name)
def test_what_an_example_says_fits_into_the_editor(tab: Tab) -> None:
    assert max(len(line) for line in tab.query.splitlines() if line.startswith("#")) <= 50


def test_tabs_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "10-last.graphql").write_text("{ last }", "utf-8")
    (tmp_path / "9-first.graphql").write_text("{ first }\n", "utf-8")
    (tmp_path / "9-first.json").write_text('{"a": 1}\n', "utf-8")

    assert read_tabs(tmp_path) == [Tab("{ first }", '{"a": 1}'), Tab("{ last }", "")]
