"""Canaries: secrets that are planted, and a search for them in all that is ever emitted."""

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

SHORTEST = 12
"""A shorter secret would be found by chance."""


@dataclass(frozen=True)
class Canary:
    """A secret, and the beginnings of the places where the design says that it may be."""

    name: str
    value: bytes
    allowed: tuple[str, ...] = ()

    @property
    def forms(self) -> set[bytes]:
        """The secret as it may be written: plain, in a URL, in hexadecimal, in base64."""
        value = self.value
        return {
            value,
            quote(value, safe="").encode(),
            value.hex().encode(),
            value.hex().upper().encode(),
            *_base64(value),
        }

    def may_be(self, where: str) -> bool:
        return where.startswith(self.allowed) if self.allowed else False


def _base64(value: bytes) -> Iterator[bytes]:
    """The part of a text's base64 that is the same whatever stands before and behind it."""
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * before + value).rstrip(b"=")
            yield text[-(-before * 8 // 6) : len(text) - (2 if (before + len(value)) % 3 else 0)]


@dataclass
class Watch:
    """All canaries, and everything that was emitted, by where."""

    canaries: list[Canary] = field(default_factory=list)
    emitted: dict[str, bytearray] = field(default_factory=dict)

    def plant(self, name: str, value: str | bytes, *allowed: str) -> None:
        """Search for a secret from now on, in what was emitted before, too."""
        content = value.encode() if isinstance(value, str) else value
        assert len(content) >= SHORTEST, name
        self.canaries.append(Canary(name, content, allowed))

    def saw(self, where: str, content: bytes | str) -> None:
        """Something was emitted."""
        said = content.encode() if isinstance(content, str) else content
        self.emitted.setdefault(where, bytearray()).extend(said + b"\0")

    def saw_database(self, path: Path) -> None:
        """Read a database: its files as they are, and each column of each table."""
        for file in sorted(path.parent.glob(f"{path.name}*")):
            self.saw("file", file.read_bytes())
        with closing(sqlite3.connect(path)) as database:
            tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master")]
            for table in tables:
                if not database.execute(
                    "SELECT 1 FROM sqlite_master WHERE name = ? AND type = 'table'", (table,)
                ).fetchone():
                    continue
                found = database.execute(f"SELECT * FROM {table}")
                columns = [column[0] for column in found.description]
                for row in found:
                    for column, value in zip(columns, row, strict=True):
                        if isinstance(value, str | bytes):
                            self.saw(f"database {table}.{column}", value)

    def leaks(self) -> set[str]:
        """Every canary that is where it must not be."""
        return {
            f"{canary.name} in {where}"
            for canary in self.canaries
            for where in self._places(canary)
            if not canary.may_be(where)
        }

    def sights(self, name: str) -> set[str]:
        """Every place that a canary is in, allowed or not."""
        (canary,) = (one for one in self.canaries if one.name == name)
        return set(self._places(canary))

    def _places(self, canary: Canary) -> Iterator[str]:
        forms = canary.forms
        for where, said in self.emitted.items():
            if any(form in said for form in forms):
                yield where
