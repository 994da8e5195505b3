"""Who may call: credentials, the accounts they open, and the region a path addresses.

Klarna has a host for each region and environment; the sandbox has a path prefix instead: `/eu`,
`/us` and `/oc` are the playground, `/live/eu`, `/live/us` and `/live/oc` production.
Source: Klarna's pages on API URLs and authentication.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from resolvers.klarna.countries import Region

Environment = Literal["playground", "production"]

REGIONS: dict[str, Region] = {"eu": "EU", "us": "US", "oc": "OC"}
"""The path prefix of each region."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A login to Klarna's API. It works in its own environment and regions only."""

    username: str
    password: str
    regions: frozenset[Region] = frozenset(REGIONS.values())
    environment: Environment = "playground"
    merchant: str = ""
    """Whose it is: credentials of one merchant share everything. Empty: a merchant of its own."""
    active: bool = True
    """An inactive merchant is refused everything with MERCHANT_INACTIVE."""


@dataclass(frozen=True, slots=True)
class Account:
    """A merchant in one region and environment: the owner of sessions, orders and keys."""

    merchant: str
    region: Region
    environment: Environment


@dataclass(frozen=True, slots=True)
class Address:
    """A path, split into the service it addresses and what it asks of it."""

    region: Region
    environment: Environment
    segments: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """The address's path prefix: `/eu`, or `/live/eu` for production."""
        live = "/live" if self.environment == "production" else ""
        return f"{live}/{self.region.lower()}"


def addressed(segments: tuple[str, ...]) -> Address | None:
    """Return what a path addresses, or None if it is no region's."""
    environment: Environment = "playground"
    if segments[0] == "live":
        environment, segments = "production", segments[1:]
    region = REGIONS.get(segments[0]) if segments else None
    return Address(region, environment, segments[1:]) if region else None


class Merchants:
    """The credentials a sandbox accepts. Raises ValueError for none, or two with one login."""

    def __init__(self, credentials: Iterable[Credential]) -> None:
        given = tuple(credentials)
        if not given:
            raise ValueError("A sandbox needs a credential.")
        self.first = given[0]
        """The credential that the sandbox shows to whoever started it."""
        self._credentials: tuple[Credential, ...] = ()
        for credential in given:
            self.add(credential)

    @property
    def all(self) -> Sequence[Credential]:
        """The credentials that are accepted now."""
        return self._credentials

    def add(self, credential: Credential) -> None:
        """Accept one more. Raises ValueError if another has its username where it works."""
        for other in self._credentials:
            same = (other.username, other.environment) == (
                credential.username,
                credential.environment,
            )
            if same and other.regions & credential.regions:
                raise ValueError("Two credentials share a username in one region and environment.")
        self._credentials += (credential,)

    def remove(self, username: str) -> None:
        """Accept a username no more. Raises KeyError if none has it."""
        left = tuple(one for one in self._credentials if one.username != username)
        if left == self._credentials:
            raise KeyError(username)
        self._credentials = left

    def find(self, authorization: str | None, address: Address) -> Credential | None:
        """Return the credential that an `Authorization` header proves, or None."""
        login = _login(authorization)
        return next(
            (
                credential
                for credential in self._credentials
                if (credential.username, credential.password) == login
                and credential.environment == address.environment
                and address.region in credential.regions
            ),
            None,
        )


def account(credential: Credential, address: Address) -> Account:
    """Return whose sessions and orders a call with this credential may see."""
    merchant = credential.merchant or credential.username
    return Account(merchant, address.region, address.environment)


def _login(authorization: str | None) -> tuple[str, str] | None:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        username, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (username, password) if colon else None
