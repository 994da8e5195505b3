"""Resealing: bringing everything that is sealed under the newest key, so that an old one can go."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from resolvers.secrets.sealing import KeyRing, Unreadable
from store.database import Database, Reader, StoreUnavailable, Transaction
from store.envelopes import Envelope, Place, key_ids, places, replace, window

log = structlog.get_logger()

AGAIN = 30.0
"""After how many seconds it is tried again if the store did not take it."""


@dataclass(slots=True)
class Resealed:
    """What a pass over all envelopes brought."""

    count: int = 0
    """How many were sealed anew."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """How many could not be opened, by the place they are in."""


async def reseal(database: Database, keys: KeyRing) -> Resealed:
    """Seal everything anew that the newest key has not sealed.

    A window of rows is one transaction; what was done stays done, so that whoever is stopped goes
    on where it was, and a second pass finds nothing to do. What changes meanwhile is left alone.
    """
    told = Resealed()
    for place in places():
        begin = None
        while True:
            found = await window(database, place, keys.newest, begin)
            told.count += await _replace(database, keys, found.stale, told)
            if found.last is None:
                break
            begin = found.last
    return told


async def _replace(
    database: Database, keys: KeyRing, stale: Sequence[Envelope], told: Resealed
) -> int:
    anew = []
    for envelope in stale:
        try:
            anew.append((envelope, keys.reseal(envelope.text, envelope.owner)))
        except Unreadable:
            told.unreadable[envelope.place.name] += 1
    if not anew:
        return 0

    async def work(transaction: Transaction) -> int:
        return sum([await replace(transaction, envelope, text) for envelope, text in anew])

    return await database.write(work)


async def keep_resealing(database: Database, keys: KeyRing) -> None:
    """Do so beside everything else, until it is done.

    Nothing older comes after: whoever has the store open seals with the newest key alone.
    """
    while True:
        try:
            told = await reseal(database, keys)
        except StoreUnavailable:
            await asyncio.sleep(AGAIN)
            continue
        if told.count:
            log.info("resealed", key=keys.ids[0], envelopes=told.count)
        if told.unreadable:
            log.error("envelopes_unreadable", places=dict(told.unreadable), keys=keys.ids)
        return


@dataclass(frozen=True, slots=True)
class Use:
    """How many envelopes of one place a key has sealed."""

    place: Place
    key_id: str
    count: int


async def uses(reader: Reader) -> list[Use]:
    """Return which keys are in use, and where."""
    return [
        Use(place, key, count)
        for place in places()
        for key, count in sorted((await key_ids(reader, place)).items())
    ]
