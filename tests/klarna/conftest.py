"""What tests of the client share."""

import pytest

from tests.klarna.account import Account


@pytest.fixture
def account() -> Account:
    return Account()
