"""The token that a browser holds: a JWT that says which session it is for, and where."""

import base64
import hashlib
import hmac
import json

from resolvers.klarna.sandbox.messages import Json

_KEY = b"not a secret: nobody verifies the sandbox's tokens"


def client_token(claims: Json) -> str:
    """Return a signed token that carries `claims`, in the three parts that browsers expect."""
    unsigned = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{unsigned}.{_text(hmac.digest(_KEY, unsigned.encode(), hashlib.sha256))}"


def _part(value: Json) -> str:
    return _text(json.dumps(value).encode())


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")
