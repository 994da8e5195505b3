"""Logins: what Klarna knows a merchant by, and which of several a call goes with."""

import base64
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

_NAMED = re.compile(r"([A-Z]{1,3}[0-9]+)_")
"""A username of the older style, which begins with the merchant's id: `K123456_abcdef`."""


@dataclass(frozen=True, slots=True)
class Login:
    """A pair of API credentials. Its representation shows neither."""

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)

    @property
    def authorization(self) -> str:
        """The header that it is shown to Klarna in."""
        pair = f"{self.api_key}:{self.api_secret}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be repeated of it, in each of the forms that Klarna is shown."""
        return self.authorization.removeprefix("Basic "), self.api_key, self.api_secret

    @property
    def merchant_id(self) -> str | None:
        """The merchant's id, where the username tells; the newer ones are UUIDs and do not."""
        named = _NAMED.match(self.api_key)
        return named[1] if named else None


class Logins(Protocol):
    """The logins of one merchant account."""

    def present(self) -> Login:
        """Return the one to call with. Raises LockedOut."""

    async def another(self, refused: Collection[Login]) -> Login | None:
        """Return one to try after Klarna has refused these, or None."""


@dataclass(frozen=True, slots=True)
class Only:
    """One login and no other."""

    login: Login

    def present(self) -> Login:
        """Return it."""
        return self.login

    async def another(self, refused: Collection[Login]) -> Login | None:
        """Return none."""
        return None
