"""Examining: whether Klarna answers to a gateway's credentials, and if not, why.

Klarna is asked for a session that nobody has, which changes nothing. A 401 does not say what is
wrong, so the same is asked where the credentials might belong instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import aiohttp

from resolvers.findings import Finding, fine, note, wrong
from resolvers.klarna import errors
from resolvers.klarna.accounts import address
from resolvers.klarna.client import Klarna
from resolvers.klarna.countries import Region
from resolvers.klarna.lanes import Lane, Pace
from resolvers.klarna.logins import Login, Only
from resolvers.klarna.transport import Reply, Request, Transport
from resolvers.secrets.credentials import opened, opened_next
from resolvers.secrets.sealing import KeyRing, Unreadable
from store.gateways import GatewayRegion, KlarnaGateway
from store.instants import Clock
from store.scope import Mode

INACTIVE = "MERCHANT_INACTIVE"
SKEW = timedelta(seconds=60)
"""How far this machine's clock may be from Klarna's: tokens and sessions end by it."""
_CALLED = {Mode.test: "playground", Mode.live: "production"}


class Listener:
    """A transport that takes note of what time the other side says it is."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self.skews: list[timedelta] = []
        """How far ahead of the other side this machine was, at each answer that said."""

    async def send(self, request: Request) -> Reply:
        """Return the answer. Raises Unreachable or Silent."""
        reply = await self._transport.send(request)
        try:
            there = parsedate_to_datetime(reply.headers.get("Date", ""))
        except ValueError:
            return reply
        self.skews.append(self._clock.now() - there.replace(tzinfo=there.tzinfo or UTC))
        return reply


@dataclass(frozen=True, slots=True)
class Examiner:
    """Looks at gateways, one call at a time for each."""

    transport: Transport
    keys: KeyRing
    test_urls: Mapping[Region, str]
    patience: float
    """How many seconds a call may take."""

    async def examine(self, gateway: KlarnaGateway) -> list[Finding]:
        """Return how a gateway is doing."""
        name = f"Gateway {gateway.name} ({gateway.id}, {gateway.mode}, {gateway.country_code})"
        found = []
        if gateway.disabled_at is not None:
            found.append(note(name, f"It is disabled since {gateway.disabled_at}."))
        try:
            login, upcoming = opened(self.keys, gateway), opened_next(self.keys, gateway)
        except Unreadable:
            advice = (
                "Put the sealing key back that `klarna-graph keys list` names, or call "
                "rotateKlarnaCredentials with the API key and secret again."
            )
            return [*found, wrong(name, "Its credentials cannot be opened.", advice)]
        found.append(await self._tried(name, gateway, login, gateway.credential_keys["api_key"]))
        if upcoming is not None:
            tail = gateway.credential_keys["next_api_key"]
            found.append(await self._tried(f"{name}, next pair", gateway, upcoming, tail))
        return found

    async def _tried(self, name: str, gateway: KlarnaGateway, login: Login, tail: str) -> Finding:
        url = address(_region(gateway.country_code), gateway.mode, self.test_urls)
        try:
            await self._greet(url, login)
        except errors.Unauthorized:
            return await self._misplaced(name, gateway, login, tail)
        except errors.Refused as no:
            if no.code == INACTIVE:
                said = f"Klarna knows {tail}, and says that its merchant is not active."
                return wrong(name, said, "Ask Klarna's merchant support to activate the account.")
            return wrong(name, f"{no} It knows {tail}.", "Quote this to Klarna's merchant support.")
        except errors.Busy as problem:
            return note(name, str(problem), "Klarna asks to wait: look again in a minute.")
        except errors.KlarnaProblem as problem:
            return _out_of_reach(name, url, problem, self.patience)
        return fine(name, f"Klarna answers to {tail}.")

    async def _misplaced(
        self, name: str, gateway: KlarnaGateway, login: Login, tail: str
    ) -> Finding:
        """Say why Klarna does not know a login, by where it does."""
        for mode, region in _elsewhere(gateway):
            try:
                await self._greet(address(_region(region), mode, self.test_urls), login)
            except errors.KlarnaProblem:
                continue
            if mode is gateway.mode:
                said = f"{tail} belongs to Klarna's region {region}, not to {gateway.country_code}."
                advice = (
                    f"Make a gateway for {region} with createKlarnaGateway, or call "
                    f"rotateKlarnaCredentials with credentials of {gateway.country_code}."
                )
                return wrong(name, said, advice)
            there, here = _CALLED[mode], _CALLED[gateway.mode]
            said = f"{tail} belongs to Klarna's {there}, and the gateway is {gateway.mode}."
            advice = (
                f"Call rotateKlarnaCredentials with a pair of Klarna's {here}, or make the gateway "
                f"with a token of the mode {mode}."
            )
            return wrong(name, said, advice)
        said = f"Klarna does not know {tail}, here or in another region or environment."
        advice = (
            "The secret is mistyped, or the pair was disabled: make another one in Klarna's "
            "merchant portal, and call rotateKlarnaCredentials."
        )
        return wrong(name, said, advice)

    async def _greet(self, url: str, login: Login) -> None:
        once = Pace(attempts=1, at_once=1, patience=self.patience)
        line = _Line(self.transport)
        try:
            await Klarna(line, url, Only(login), Lane(once)).greet()
        except errors.KlarnaProblem as problem:
            problem.__cause__ = line.cause
            raise


class _Line:
    """A transport that remembers why it failed, which nobody else needs to know."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.cause: BaseException | None = None

    async def send(self, request: Request) -> Reply:
        """Return the answer. Raises Unreachable or Silent."""
        try:
            return await self._transport.send(request)
        except errors.KlarnaProblem as problem:
            self.cause = problem.__cause__
            raise


def _region(region: GatewayRegion) -> Region:
    word: Region = region.value  # type: ignore[assignment]  # the same words
    return word


def _elsewhere(gateway: KlarnaGateway) -> Iterator[tuple[Mode, GatewayRegion]]:
    """Yield where else credentials may belong, the likeliest first."""
    regions = [gateway.country_code, *(one for one in GatewayRegion if one != gateway.country_code)]
    other = Mode.live if gateway.mode is Mode.test else Mode.test
    yield from ((gateway.mode, region) for region in regions[1:])
    yield from ((other, region) for region in regions)


def _out_of_reach(name: str, url: str, problem: errors.KlarnaProblem, patience: float) -> Finding:
    """Say why a call brought no answer."""
    cause = problem.__cause__
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        return wrong(name, f"The name in {url} is not found.", "Check this machine's DNS.")
    if isinstance(cause, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        said = f"{url} does not show a certificate that this machine trusts."
        advice = "Check for a proxy in between, this machine's certificates and its clock."
        return wrong(name, said, advice)
    if isinstance(cause, TimeoutError):
        said = f"{url} gave no answer within {patience:g} seconds."
        return wrong(
            name, said, "Check the firewall's rules for what goes out, and Klarna's status."
        )
    if isinstance(cause, aiohttp.ClientConnectorError):
        said = f"{url} does not take connections from here."
        return wrong(name, said, "Check the firewall's rules for what goes out, and any proxy.")
    return wrong(
        name, f"{problem} It was asked at {url}.", "Check the address, and Klarna's status."
    )


def clock_finding(skews: list[timedelta]) -> Finding | None:
    """Say whether this machine's clock is Klarna's; None if no answer told."""
    if not skews:
        return None
    skew = min(skews, key=abs)
    seconds = abs(round(skew.total_seconds()))
    if abs(skew) > SKEW:
        where = "ahead of" if skew > timedelta() else "behind"
        said = f"This machine's clock is {seconds} seconds {where} Klarna's."
        return wrong("Clock", said, "Have it set by NTP: tokens and sessions end by it.")
    return fine("Clock", "This machine's clock agrees with Klarna's.")
