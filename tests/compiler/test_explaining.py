"""`klarna-graph explain`: what a question is compiled to, or why it is not."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from graph.__main__ import cli
from graph.compiler.holes import SECRET
from resolvers.identity.callers import CallerKind
from tests.gateway import Gateway

ORDER = """
query ($id: ID!, $first: Int) {
  order(id: $id) {
    number
    transactions(first: $first) { edges { cursor node { __typename } } totalCount }
    versions { nodes { resource { id } } }
  }
  node(id: $id) { id }
}
"""


def explained(folder: Path, document: str, *options: str) -> str:
    """What the command prints."""
    path = folder / "question.graphql"
    path.write_text(document)
    result = CliRunner().invoke(cli, ["explain", str(path), *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_question_s_tree_and_its_statement_are_shown(tmp_path: Path) -> None:
    shown = explained(tmp_path, ORDER)

    assert "order: Found by orders.id or orders.reference or orders.token\n" in shown
    assert (
        "\n  transactions: Page of Transaction\n    edges: Edges\n      cursor: cursor\n" in shown
    )
    assert shown.count("SELECT CAST(json_object('order', ") == 1


@pytest.mark.parametrize(
    ("document", "options", "why"),
    [
        ('{ klarnaPayment(id: "x") { authToken } }', ["--kind", "sales_channel"], "not for caller"),
        ("{ __schema { types { name } } }", [], "introspection"),
        ('subscription { orderChanged(id: "x") { id } }', [], "It is a subscription"),
        (
            'mutation { placeOrder(id: "x") { ... on Order { lineItems { name } } } }',
            [],
            "result of a change",
        ),
        ("query ($n: Int) { orders(first: $n) { totalCount } }", ["--variables", '{"n": 0}'], "0;"),
        ("query ($n: [ID!]!) { nodes(ids: $n) { id } }", [], "--variables"),
        ("{ nothing }", [], "does not fit the schema"),
        ("{", [], "no document"),
    ],
)
def test_what_is_not_compiled_says_why(
    tmp_path: Path, document: str, options: list[str], why: str
) -> None:
    assert why in explained(tmp_path, document, *options)


def test_variables_that_are_no_json_object_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "question.graphql"
    path.write_text("{ __typename }")

    for wrong in ("{", "[]"):
        result = CliRunner().invoke(cli, ["explain", str(path), "--variables", wrong])

        assert result.exit_code != 0
        assert "--variables" in result.output


@pytest.mark.parametrize(
    ("query", "covered"),
    [
        (ORDER, True),
        ("{ orders { nodes { klarnaPayments { edges { cursor } } } } }", True),
        ("{ __schema { queryType { name } } }", False),
    ],
)
async def test_an_operator_is_told_the_plan_on_request(
    gateway: Gateway, query: str, covered: bool
) -> None:
    variables = {"id": "nobody"} if "$id" in query else {}
    body = {"query": query, "variables": variables, "extensions": {"plan": True}}
    operator = gateway.token(kind=CallerKind.operator)

    _, told = await gateway.post(body, token=operator)
    _, other = await gateway.post(body)

    plan = told["extensions"]["plan"]
    assert SECRET not in str(told)
    assert (plan["sql"] is None) == (plan["reason"] is not None) == (not covered)
    assert other["extensions"] == {"plan": None}
