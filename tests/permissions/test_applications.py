"""Applications and the tokens for checkouts: made, shown once, revoked, and nowhere in clear."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import orjson
import pytest
from typer.testing import CliRunner, Result

from graph.__main__ import cli
from store.locking import lock
from store.scope import Mode
from tests import documents
from tests.commands.test_commands import SECRET, environment
from tests.gateway import Gateway, running_gateway
from tests.permissions.test_oauth import REVOKE, asking, enrolled, operator, told

Json = dict[str, Any]
CREATE = """
mutation ($name: String!, $key: String) {
  createApplication(input: { name: $name, kind: integration }, key: $key) {
    __typename
    ... on NewApplication { application { id clientId createdAt createdBy } clientSecret }
    ... on Refusal { code path }
  }
}
"""
CHECKOUT = """
mutation ($id: ID!, $key: String) {
  createCheckoutToken(orderId: $id, key: $key) {
    __typename ... on CheckoutToken { token expiresAt } ... on Refusal { code message }
  }
}
"""
LIST = "{ applications { nodes { id name kind clientId revokedAt } } }"


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


async def status(gateway: Gateway, token: str) -> int:
    found, _ = await gateway.post({"query": "{ __typename }"}, token=token)
    return found


async def test_a_secret_is_shown_once_and_kept_nowhere_in_clear(
    gateway: Gateway, tmp_path: Path
) -> None:
    made = await gateway.do(CREATE, token=operator(gateway), name="Back office", key="k1")
    again = await gateway.do(CREATE, token=operator(gateway), name="Back office", key="k1")

    assert again == made
    assert made["application"]["createdBy"]["application"]["kind"] == "operator"
    listed = await gateway.do(LIST, token=operator(gateway))
    assert [one["id"] for one in listed["nodes"]] == [made["application"]["id"]]
    stored = everything_on_disk(tmp_path)
    assert made["application"]["clientId"].encode() in stored
    assert made["clientSecret"].encode() not in stored


async def test_a_revoked_applications_tokens_end_at_once_with_those_it_made(
    tmp_path: Path,
) -> None:
    async with running_gateway(tmp_path) as gateway:
        client_id, secret, application = await enrolled(gateway)
        _, answer, _ = await asking(gateway, data=told(client_id, secret))
        token = answer["access_token"]
        checkout = await gateway.do(CHECKOUT, token=token, id=await gateway.put())
        before = [await status(gateway, one) for one in (token, checkout["token"])]

        revoked = await gateway.do(REVOKE, token=operator(gateway), id=application["id"])
        again = await gateway.do(REVOKE, token=operator(gateway), id=application["id"])
        after = [await status(gateway, one) for one in (token, checkout["token"])]
        others = await status(gateway, gateway.token())
        settings = gateway.settings

    assert (before, after, others) == ([200, 200], [401, 401], 200)
    assert revoked == again
    async with running_gateway(
        tmp_path / "next",
        database=settings.database,
        token_secret=settings.token_secret,
        sealing_keys=settings.sealing_keys,
    ) as restarted:
        assert await status(restarted, token) == 401


@pytest.mark.parametrize("name", ["", " ", "x" * 256, "a\nb"])
async def test_a_name_is_something_people_can_read(gateway: Gateway, name: str) -> None:
    made = await gateway.do(CREATE, token=operator(gateway), name=name)

    assert made == {"__typename": "Refusal", "code": "FIELD_INVALID", "path": ["name"]}


async def test_an_operator_of_one_mode_sees_no_application_of_the_other(gateway: Gateway) -> None:
    _, _, application = await enrolled(gateway)
    live = operator(gateway, Mode.live)

    assert await gateway.do(LIST, token=live) == {"nodes": []}
    error = await gateway.fails(REVOKE, token=live, id=application["id"])
    assert error["extensions"]["code"] == "NOT_FOUND"


async def test_a_checkouts_token_sees_its_order_for_two_hours(
    gateway: Gateway, tmp_path: Path
) -> None:
    own = await gateway.put(reference="W1", number="W1")
    other = await gateway.put(reference="W2", number="W2")
    made = await gateway.do(CHECKOUT, id=own, key="k1")
    token = made["token"]

    assert made["expiresAt"] == "2026-03-02T11:00:00.000Z"
    assert (await gateway.do(documents.ORDER, token=token, id=own))["id"] == own
    assert await gateway.ask(documents.ORDER, token=token, id=other) == {"order": None}
    assert token.encode() not in everything_on_disk(tmp_path)
    gateway.clock.advance(timedelta(hours=2))
    assert await status(gateway, token) == 401
    again = await gateway.do(CHECKOUT, id=own, key="k1")
    assert await status(gateway, again["token"]) == 200
    assert (await gateway.do(CHECKOUT, id=other, key="k1"))["code"] == "KEY_REUSED"


async def test_no_token_is_made_for_an_order_that_no_checkout_sees(gateway: Gateway) -> None:
    order_id = await gateway.put()
    await gateway.do(documents.CANCEL, id=order_id)

    made = await gateway.do(CHECKOUT, id=order_id)

    assert (made["__typename"], made["code"]) == ("Refusal", "ORDER_NOT_EDITABLE")


def typed(folder: Path, *arguments: str) -> Result:
    """A command typed at a terminal."""
    variables = environment(folder, KLARNA_GRAPH_LOG_LEVEL="debug")  # as all tests have it
    return CliRunner().invoke(cli, arguments, env=variables)


def test_applications_are_made_listed_and_revoked_at_a_terminal(tmp_path: Path) -> None:
    create = ("applications", "create", "--name", "Back office", "--kind")

    made = orjson.loads(typed(tmp_path, *create, "integration", "--json", "--mode", "live").stdout)
    shown = typed(tmp_path, *create, "sales_channel").stdout
    listed = typed(tmp_path, "applications", "list", "--json").stdout
    wrong = typed(tmp_path, "applications", "revoke", made["id"])
    revoked = typed(tmp_path, "applications", "revoke", made["id"], "--mode", "live")
    after = typed(tmp_path, "applications", "list").stdout

    assert len(made["client_secret"]) == 43
    assert "keeps no secret" in shown
    assert {one["kind"] for one in orjson.loads(listed)} == {"integration", "sales_channel"}
    assert not any(word in listed for word in ("digest", "client_secret", made["client_secret"]))
    assert (wrong.exit_code, wrong.stderr) == (1, f"There is no application {made['id']}.\n")
    assert revoked.exit_code == 0
    assert f"{made['id']}  live  integration  revoked " in after


@pytest.mark.parametrize(
    "arguments", [("create", "--name", "x", "--kind", "operator"), ("list",), ("revoke", "x")]
)
def test_a_terminal_leaves_a_running_gateways_applications_to_it(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with lock(tmp_path / "gateway.sqlite"):
        said = typed(tmp_path, "applications", *arguments)

    assert (said.exit_code, said.stdout) == (1, "")
    assert "is open in another process" in said.stderr


def test_an_operators_token_is_printed_and_not_for_an_order(tmp_path: Path) -> None:
    token = typed(tmp_path, "token", "--operator").stdout
    wrong = typed(tmp_path, "token", "--operator", "--order", "x")

    claims = jwt.decode(token.strip(), SECRET, ["HS256"])
    assert claims["application"] == {"id": "cli", "kind": "operator", "public": False}
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "--operator and --order" in wrong.stderr
