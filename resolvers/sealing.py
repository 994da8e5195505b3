"""Sealing: secrets encrypted at rest, under one of several keys."""

import base64
import secrets
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

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
        self._sealing = next(iter(self._keys))

    def seal(self, secret: Mapping[str, str], resource_id: str) -> str:
        """Encrypt a secret for one resource."""
        nonce = secrets.token_bytes(NONCE)
        key = self._keys[self._sealing]
        sealed = key.encrypt(nonce, orjson.dumps(secret), resource_id.encode())
        return f"v1.{self._sealing}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, envelope: str, resource_id: str) -> dict[str, Any]:
        """Decrypt what `seal` made for this resource. Raises Unreadable."""
        try:
            _, name, content = envelope.split(".")
            sealed = base64.urlsafe_b64decode(content)
            opened = self._keys[name].decrypt(sealed[:NONCE], sealed[NONCE:], resource_id.encode())
        except (ValueError, KeyError, InvalidTag) as error:
            raise Unreadable(f"The secret of {resource_id} cannot be opened.") from error
        found: dict[str, Any] = orjson.loads(opened)
        return found


def masked(secret: str) -> str:
    """Return a secret's masked tail, by which a person can tell which one it is."""
    return "********" + secret[-VISIBLE:] if len(secret) > 2 * VISIBLE else "********"
