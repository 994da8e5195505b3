"""The sealing keys on the command line: what they are used for, and making another."""

import base64
import math
import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from graph.execution.limits import PREFIX
from graph.settings import KEY_BYTES, Settings
from resolvers.secrets.resealing import Resealed, Use, reseal, uses
from resolvers.secrets.sealing import KeyRing
from store.locking import StoreInUse
from store.sqlite import open_sqlite
from store.visitor import visiting

VARIABLE = f"{PREFIX}SEALING_KEYS"
BACKUPS = "Keep it as long as there are backups that were made under it."
LOST = "If it is lost for good, call rotateKlarnaCredentials with each gateway's credentials again."


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys that there are, and the envelopes that need them."""

    ids: Sequence[str]
    """The keys of the settings, the newest first."""
    used: Mapping[str, Mapping[str, int]]
    """For each key id in the store, how many envelopes it has sealed, by their place."""

    @classmethod
    def of(cls, ids: Sequence[str], uses: Sequence[Use]) -> "Ring":
        """Return the ring of the settings with what was found in the store."""
        used: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for use in uses:
            used[use.key_id][use.place.name] = use.count
        return cls(ids, used)

    @property
    def missing(self) -> list[str]:
        """The ids of keys that envelopes need and that are not on the ring."""
        return [key for key in self.used if key not in self.ids]

    @property
    def unused(self) -> list[str]:
        """The ids of older keys that no envelope needs any more."""
        return [key for key in self.ids[1:] if key not in self.used]

    def as_json(self) -> dict[str, Any]:
        """Return what a script needs to know."""
        return {
            "sealing": self.ids[0],
            "keys": [
                {"id": key, "on_ring": key in self.ids, "envelopes": dict(self.used.get(key, {}))}
                for key in [*self.ids, *self.missing]
            ],
            "unused": self.unused,
            "missing": self.missing,
        }

    def as_text(self) -> str:
        """Return what a person needs to know."""
        lines = [f"On the ring ({VARIABLE}), the newest first:"]
        lines += [
            self._line(key, "seals everything new" if not place else "")
            for place, key in enumerate(self.ids)
        ]
        if self.missing:
            lines += ["", "Missing from the ring:", *(self._line(key, "") for key in self.missing)]
        return "\n".join([*lines, "", *self.advice()])

    @property
    def mend(self) -> Mapping[str, str]:
        """For each missing key what to do, in a sentence."""
        return {
            key: f"Put {key} back at the end of {VARIABLE}: {self._sealed(key)} {LOST}"
            for key in self.missing
        }

    @property
    def housekeeping(self) -> list[str]:
        """What may be done about older keys, each in a sentence."""
        lines = [
            f"{key} is not in use any more: take it out of {VARIABLE}. {BACKUPS}"
            for key in self.unused
        ]
        older = [key for key in self.ids[1:] if key in self.used]
        if older:
            lines.append(
                f"{_listed(older)} must stay on the ring until everything is sealed anew: restart "
                "the gateway, or stop it and run `klarna-graph keys rotate`."
            )
        return lines

    def advice(self) -> list[str]:
        """Return what to do, a sentence a line."""
        return [*self.mend.values(), *self.housekeeping] or ["All is well."]

    def _sealed(self, key: str) -> str:
        number = sum(self.used[key].values())
        return f"{number} envelope{' needs' if number == 1 else 's need'} it."

    def _line(self, key: str, role: str) -> str:
        places = self.used.get(key, {})
        total = sum(places.values())
        counted = ", ".join(f"{number} {name}" for name, number in places.items())
        said = f"{total} envelope{'' if total == 1 else 's'}" + (f" ({counted})" if counted else "")
        return f"  {key:<12} {said}" + (f"; {role}" if role else "")


async def ring_of(settings: Settings) -> Ring:
    """Return the settings' keys with what the store needs them for. Raises StoreUnusable."""
    async with visiting(settings.database) as visitor:
        await visitor.must_be_current()
        return Ring.of(list(settings.keys), await uses(visitor))


async def rotate(settings: Settings) -> str:
    """Seal everything anew with the newest key, and return what a person needs to know.

    Raises StoreInUse and StoreUnusable.
    """
    try:
        database = await open_sqlite(settings.database, math.inf)
    except StoreInUse as error:
        raise StoreInUse(
            f"{error} A running gateway seals everything anew when it starts: restart it with the "
            "new key in front, and see `klarna-graph keys list`."
        ) from None
    try:
        told = await reseal(database, KeyRing(settings.keys))
        return _rotated(told, Ring.of(list(settings.keys), await uses(database)))
    finally:
        await database.close()


def _rotated(told: Resealed, ring: Ring) -> str:
    """Return what a person needs to know after everything was sealed anew."""
    number = told.count
    lines = [
        f"{number} envelope{' was' if number == 1 else 's were'} sealed anew with {ring.ids[0]}."
    ]
    lines += [
        f"{count} of {place} cannot be opened and stayed as they are."
        for place, count in told.unreadable.items()
    ]
    return "\n".join([*lines, f"In use: {_listed(ring.used) or 'none'}.", *ring.advice()])


def _listed(words: Collection[str]) -> str:
    return ", ".join(words)


def new_key(today: date, taken: Collection[str]) -> str:
    """Return a new key as the setting takes it, named after its day."""
    names = (f"k{today:%Y%m%d}{f'_{number}' if number else ''}" for number in count())
    name = next(name for name in names if name not in taken)
    return f"{name}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


HOW_TO = f"""\
This is a new sealing key; it is shown once and kept nowhere. Put it in front of the others in
{VARIABLE}, with a comma behind it, and restart the gateway: it seals
everything anew by itself. Then `klarna-graph keys list` says which old key can be taken out.
Keep a copy where the database's backups are not."""
