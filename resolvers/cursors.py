"""Cursors: a place in a list, opaque to callers and good for the order it was made in only."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import orjson

SEAL = 8
"""How many bytes tell a cursor of ours from any other."""


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Foreign(Exception):
    """A cursor that was not made here, or was made for a list in another order."""


class Cursors:
    """Writes and reads cursors; the key keeps others from making them up."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, person=b"cursors").digest()

    def write(self, order: str, position: Sequence[Any]) -> str:
        """Return the cursor of a place in an order that `order` names."""
        (written,) = self.writer(order)([orjson.dumps(position)])
        return written.decode()

    def writer(self, order: str) -> Callable[[Sequence[bytes]], list[bytes]]:
        """Return what writes cursors of places, given as JSON, in an order that `order` names."""
        begin = self._begin(order).copy

        def write(places: Sequence[bytes]) -> list[bytes]:
            lines = []
            for place in places:
                seal = begin()
                seal.update(place)
                lines.append(binascii.b2a_base64(seal.digest() + place))
            # As urlsafe_b64encode does, for all at once: a page has a hundred of them
            return b"".join(lines).translate(_URL_SAFE, b"=").splitlines()

        return write

    def read(self, order: str, cursor: str) -> tuple[Any, ...]:
        """Return the place that a cursor was written for. Raises Foreign."""
        try:
            content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise Foreign from None
        seal, place = content[:SEAL], content[SEAL:]
        expected = self._begin(order)
        expected.update(place)
        if seal != expected.digest():
            raise Foreign
        return tuple(orjson.loads(place))

    def _begin(self, order: str) -> "hashlib.blake2b":
        return hashlib.blake2b(order.encode() + b"\0", key=self._key, digest_size=SEAL)
