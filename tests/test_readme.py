"""The README: what it shows exists, and works as it says."""

import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from typer.main import get_command

from graph.__main__ import cli
from graph.commands.catalogue import errors_table
from graph.schema import printed
from graph.settings import settings_table

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
MAKEFILE = (Path(__file__).parents[1] / "Makefile").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_settings_in_the_readme_are_the_settings() -> None:
    (shown,) = re.findall(r"<!-- settings -->\n(.*?)<!-- /settings -->", README, re.DOTALL)

    assert shown == settings_table(), "copy the output of settings_table() into the README"


def test_the_codes_in_the_readme_are_the_codes() -> None:
    (shown,) = re.findall(r"<!-- errors -->\n(.*?)<!-- /errors -->", README, re.DOTALL)

    assert shown == errors_table(), "copy the output of errors_table() into the README"


def test_the_commands_in_the_readme_are_the_commands() -> None:
    shown = set(re.findall(r"^klarna-graph (\w+)", "".join(blocks("sh")), re.MULTILINE))

    assert shown == set(get_command(cli).commands)  # type: ignore[attr-defined]  # a group


def test_the_make_targets_in_the_readme_exist() -> None:
    for target in re.findall(r"^make (\w+)", "".join(blocks("sh")), re.MULTILINE):
        assert f"\n{target}:" in MAKEFILE


@pytest.mark.parametrize("document", blocks("graphql"))
def test_the_documents_in_the_readme_fit_the_schema(document: str) -> None:
    assert validate(build_schema(printed()), parse(document)) == []


def test_the_files_in_the_readme_exist() -> None:
    root = Path(__file__).parents[1]
    for path in re.findall(r"\b((?:graph|resolvers|store)/[\w/]+\.(?:py|graphql))\b", README):
        assert (root / path).exists(), path
