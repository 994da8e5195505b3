"""The corpus: every question in the README, in GraphiQL's tabs and in the tests."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from graph.pages.tabs import EXAMPLES, read_tabs
from graph.schema import schema
from tests import documents

ROOT = Path(__file__).parents[2]
GRAPH = schema._schema


@cache
def corpus() -> list[str]:
    """The documents that fit the schema and ask one question, each once."""
    texts = [*_readme(), *(tab.query for tab in read_tabs(EXAMPLES)), *_tests()]
    texts += [documents.HISTORY % name for name in ("klarnaPayment", "order", "klarnaGateway")]
    return [text for text in dict.fromkeys(texts) if _asks(text)]


def _readme() -> list[str]:
    readme = (ROOT / "README.md").read_text("utf-8")
    return re.findall(r"```graphql\n(.*?)```", readme, re.DOTALL)


def _tests() -> Iterator[str]:
    """Every text in the tests that looks like a question; those put together are read whole."""
    yield from (text for text in vars(documents).values() if isinstance(text, str))
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.parent.name == "compiler":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def asked(document: DocumentNode) -> OperationDefinitionNode:
    """The one operation of a document."""
    (operation,) = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    return operation


def _asks(text: str) -> bool:
    if "{" not in text or len(text) < 5:
        return False
    try:
        document = parse(text)
    except GraphQLError:
        return False
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return (
        len(operations) == 1
        and operations[0].operation is OperationType.QUERY
        and not validate(GRAPH, document)
    )
