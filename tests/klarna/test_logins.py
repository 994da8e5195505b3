"""Logins: where one is refused another is tried, and no change is made twice for that."""

from collections.abc import Collection
from dataclasses import dataclass

import pytest

from resolvers.klarna.client import Klarna
from resolvers.klarna.errors import Refused, Unauthorized
from resolvers.klarna.lanes import Lane, Pace
from resolvers.klarna.logins import Login
from resolvers.klarna.sandbox.merchants import Credential
from tests.klarna.account import BODY, LOGIN, Account, key

OTHER = Credential("K0001_other", "klarna_test_api_canary_other", merchant=LOGIN.username)


@dataclass
class Pair:
    """A login, and another one for when that is refused."""

    first: Login
    other: Login

    def present(self) -> Login:
        return self.first

    async def another(self, refused: Collection[Login]) -> Login | None:
        return None if self.other in refused else self.other


@pytest.fixture
def pair(account: Account, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """The account's pair, and another one that Klarna knows as well."""
    monkeypatch.setattr("resolvers.klarna.lanes.FIRST_PAUSE", 0.0)
    account.sandbox.accept(OTHER)
    logins = Pair(Login(LOGIN.username, LOGIN.password), Login(OTHER.username, OTHER.password))
    account.klarna = Klarna(account.transport, "http://sandbox/eu/", logins, Lane(Pace(attempts=2)))
    return logins


def shown(account: Account) -> list[str]:
    """The logins that calls were sent with, in their order."""
    return [request.headers["Authorization"] for request in account.transport.sent]


async def test_a_login_that_is_refused_gives_way_to_another(account: Account, pair: Pair) -> None:
    account.fault(status=401)

    created = await account.klarna.create_session(BODY, key=key())

    assert created.session_id
    assert shown(account) == [pair.first.authorization, pair.other.authorization]


async def test_a_change_without_an_answer_is_not_made_again_with_another_login(
    account: Account, pair: Pair
) -> None:
    account.fault(close="after")
    account.fault(status=401)

    with pytest.raises(Unauthorized) as no:
        await account.klarna.create_session(BODY, key=key())

    assert no.value.after_silence
    assert shown(account) == [pair.first.authorization] * 2
    assert [entry.effect for entry in account.sandbox.ledger] == ["session_created"]


async def test_a_question_without_an_answer_is_asked_again_with_another_login(
    account: Account, pair: Pair
) -> None:
    account.fault(close="after")
    account.fault(status=401)

    with pytest.raises(Refused) as no:
        await account.klarna.session("x")

    assert no.value.status == 404
    assert shown(account) == [pair.first.authorization] * 2 + [pair.other.authorization]
