"""Sealing: secrets encrypted at rest, under one of several keys."""

import base64
import secrets
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "v1"
NONCE = 12
KEY = 32
VISIBLE = 5


class Unreadable(Exception):
    """A sealed secret whose key is not on the ring, or that was tampered with."""


class KeyRing:
    """AES-256-GCM keys by their ids: the first one seals, any of them opens.

    An envelope is `v1.<key id>.<nonce and ciphertext, base64>`, bound to the id of the resource
    it belongs to, so that it opens nowhere else.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = {name: AESGCM(key) for name, key in keys.items()}

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the keys, the newest first: it is the one that seals."""
        return tuple(self._keys)

    @property
    def newest(self) -> str:
        """What every envelope begins with that the newest key has sealed."""
        return f"{VERSION}.{self.ids[0]}."

    def seal(self, secret: Mapping[str, Any], resource_id: str) -> str:
        """Encrypt a secret for one resource."""
        return self._seal(orjson.dumps(secret), resource_id)

    def open(self, envelope: str, resource_id: str) -> dict[str, Any]:
        """Decrypt what `seal` made for this resource. Raises Unreadable."""
        found: dict[str, Any] = orjson.loads(self._open(envelope, resource_id))
        return found

    def reseal(self, envelope: str, resource_id: str) -> str:
        """Return the same secret sealed with the newest key. Raises Unreadable."""
        return self._seal(self._open(envelope, resource_id), resource_id)

    def _seal(self, content: bytes, resource_id: str) -> str:
        nonce = secrets.token_bytes(NONCE)
        sealed = self._keys[self.ids[0]].encrypt(nonce, content, resource_id.encode())
        return self.newest + base64.urlsafe_b64encode(nonce + sealed).decode()

    def _open(self, envelope: str, resource_id: str) -> bytes:
        try:
            version, name, content = envelope.split(".")
            sealed = base64.urlsafe_b64decode(content)
            key = {VERSION: self._keys}[version][name]
            return key.decrypt(sealed[:NONCE], sealed[NONCE:], resource_id.encode())
        except (ValueError, KeyError, InvalidTag):
            # Without its cause, which would repeat what was tampered with
            raise Unreadable(f"The secret of {resource_id} cannot be opened.") from None


def masked(secret: str) -> str:
    """Return a secret's masked tail, by which a person can tell which one it is."""
    return "********" + secret[-VISIBLE:] if len(secret) > 2 * VISIBLE else "********"
