"""The doctor on the command line: what is wrong with an installation, and what to do about it."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from textwrap import fill
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from graph.commands.keys import Ring
from graph.execution.limits import PREFIX
from graph.settings import Settings
from resolvers.examining import Examiner, Listener, clock_finding
from resolvers.findings import Finding, Health, fine, note, wrong
from resolvers.klarna.transport import HttpTransport, Transport
from resolvers.secrets.resealing import uses
from resolvers.secrets.sealing import KeyRing
from store.database import StoreUnavailable
from store.gateways import every_gateway
from store.instants import Clock
from store.locking import StoreUnusable
from store.visitor import Visitor, visiting

WIDTH = 100
"""How many characters a line has, if its words let it."""
MIB = 2**20
LITTLE = 100 * MIB
"""With less of the disk free than this, the next checkouts may not be written down."""
CONFIGURATION, DATABASE, KEYS = "Configuration", "Database", "Keys"
_SIGNS = {Health.ok: "ok", Health.note: "note", Health.wrong: "WRONG"}


@dataclass(frozen=True, slots=True)
class Checkup:
    """Everything that was looked at."""

    findings: Sequence[Finding]

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.health is not Health.wrong for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return what a script needs to know."""
        return {"well": self.well, "findings": [asdict(finding) for finding in self.findings]}

    def as_text(self) -> str:
        """Return what a person needs to know, by what it is about."""
        lines: list[str] = []
        for subject, findings in groupby(self.findings, lambda finding: finding.subject):
            lines.append(subject)
            for finding in findings:
                lines.append(_wrapped(f"  {_SIGNS[finding.health]:<6} ", finding.said))
                if finding.advice:
                    lines.append(_wrapped(" " * 9, finding.advice))
            lines.append("")
        number = sum(finding.health is Health.wrong for finding in self.findings)
        if number:
            lines.append(f"{number} thing{' is' if number == 1 else 's are'} wrong.")
        else:
            lines.append("All is well.")
        return "\n".join(lines)


def _wrapped(begin: str, sentence: str) -> str:
    rest = " " * len(begin)
    return fill(
        sentence,
        WIDTH,
        initial_indent=begin,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


async def check_up(settings: Settings, clock: Clock, transport: Transport | None = None) -> Checkup:
    """Look at an installation; a gateway may run beside it, and nothing is changed."""
    if transport is not None:
        return Checkup([one async for one in _findings(settings, clock, transport)])
    timeout = aiohttp.ClientTimeout(total=settings.klarna_timeout)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        http = HttpTransport(session, timeout)
        return Checkup([one async for one in _findings(settings, clock, http)])


def misconfigured(message: str) -> Checkup:
    """Return what can be said without settings."""
    advice = "Set what is named, and look again."
    return Checkup([wrong(CONFIGURATION, line, advice) for line in message.splitlines()])


async def _findings(
    settings: Settings, clock: Clock, transport: Transport
) -> AsyncIterator[Finding]:
    for finding in _configuration(settings):
        yield finding
    if not settings.database.exists():
        said = f"There is none at {settings.database} yet: `klarna-graph serve` makes it."
        yield note(DATABASE, said)
        return
    try:
        async with visiting(settings.database) as visitor:
            async for finding in _database(visitor):
                yield finding
            await visitor.must_be_current()
            for finding in _keys(Ring.of(list(settings.keys), await uses(visitor))):
                yield finding
            async for finding in _gateways(settings, clock, transport, visitor):
                yield finding
    except (StoreUnusable, StoreUnavailable) as error:
        yield wrong(DATABASE, str(error), f"Check {PREFIX}DATABASE, or restore a backup.")


def _configuration(settings: Settings) -> list[Finding]:
    found = [_reachable(settings.public_url)]
    if settings.klarna_test_urls:
        addresses = ", ".join(settings.klarna_test_urls.values())
        said = f"Gateways of the mode test speak to {addresses} and not to Klarna's playground."
        found.append(note(CONFIGURATION, said))
    return found


def _reachable(url: str | None) -> Finding:
    """Say whether Klarna can call back at an address, as far as that shows."""
    name = f"{PREFIX}PUBLIC_URL"
    if url is None:
        said = f"{name} is not set: Klarna does not call back, and lost browsers are found later."
        return note(CONFIGURATION, said, "Set it to the https address of this gateway.")
    parts = urlsplit(url)
    if parts.scheme != "https":
        said = f"{name} is {url}, which is not https: Klarna takes no such address."
        return wrong(CONFIGURATION, said, "Put TLS in front of the gateway, and set its address.")
    if not _public(parts.hostname or ""):
        said = f"{name} is {url}, which only this machine or network can reach."
        return wrong(CONFIGURATION, said, "Set the address that the internet knows it by.")
    return fine(CONFIGURATION, f"Klarna calls back at {url}.")


def _public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))


async def _database(visitor: Visitor) -> AsyncIterator[Finding]:
    damages = await visitor.damages()
    for damage in damages:
        yield wrong(DATABASE, f"It is damaged: {damage}.", "Stop the gateway, restore a backup.")
    if not damages:
        yield fine(DATABASE, f"{visitor.path} is sound, with the schema {await visitor.version()}.")
    free = visitor.free()
    if free < LITTLE:
        said = f"{free // MIB} MiB are free on its disk."
        yield wrong(DATABASE, said, "Make room: a full disk takes no orders.")
    else:
        yield fine(DATABASE, f"{free // MIB:,} MiB are free on its disk.")


def _keys(ring: Ring) -> list[Finding]:
    missing = [wrong(KEYS, f"{key} is missing.", advice) for key, advice in ring.mend.items()]
    notes = [note(KEYS, advice) for advice in ring.housekeeping]
    return [*missing, *notes] or [fine(KEYS, f"Everything is sealed with {ring.ids[0]}.")]


async def _gateways(
    settings: Settings, clock: Clock, transport: Transport, visitor: Visitor
) -> AsyncIterator[Finding]:
    listener = Listener(transport, clock)
    ring, urls = KeyRing(settings.keys), settings.klarna_test_urls
    examiner = Examiner(listener, ring, urls, settings.klarna_timeout)
    gateways = await every_gateway(visitor)
    if not gateways:
        yield note("Gateways", "There is none yet.", "Make one with createKlarnaGateway.")
    for found in await asyncio.gather(*(examiner.examine(gateway) for gateway in gateways)):
        for finding in found:
            yield finding
    clocks = clock_finding(listener.skews)
    if clocks is not None:
        yield clocks
