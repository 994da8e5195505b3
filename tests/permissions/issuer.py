"""Somebody else who gives out tokens: keys of every kind, and the page that shows them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Json = dict[str, Any]
NAME = "https://issuer.example"
PRIVATE: dict[str, Any] = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "rsa-512": rsa.generate_private_key(65537, 2048),
    "ec": ec.generate_private_key(ec.SECP256R1()),
    "ed": ed25519.Ed25519PrivateKey.generate(),
    "next": ec.generate_private_key(ec.SECP256R1()),
    "weak": rsa.generate_private_key(65537, 1024),  # noqa: S505  (to be refused)
    "encrypting": ec.generate_private_key(ec.SECP256R1()),
    "another curve": ec.generate_private_key(ec.SECP384R1()),
}
SIGNS = {
    "rsa": "RS256",
    "rsa-512": "RS512",
    "ec": "ES256",
    "ed": "EdDSA",
    "next": "ES256",
    "weak": "RS256",
    "encrypting": "ES256",
    "another curve": "ES384",
}
MORE: dict[str, Json] = {"rsa-512": {"alg": "RS512"}, "encrypting": {"use": "enc"}}


def shown(key: str) -> Json:
    """A key as its issuer publishes it."""
    algorithm = jwt.get_algorithm_by_name(SIGNS[key])
    told: Json = algorithm.to_jwk(PRIVATE[key].public_key(), as_dict=True)
    return told | {"kid": key} | MORE.get(key, {})


def public_text(key: str) -> bytes:
    """A public key as text, which anybody can have."""
    made: bytes = (
        PRIVATE[key].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return made


@dataclass
class Issuer:
    """An issuer, what it shows, and how often it was asked for it."""

    url: str
    keys: list[str] = field(default_factory=lambda: [key for key in SIGNS if key != "next"])
    answers: list[Any] = field(default_factory=list)
    """What it answers in the place of its keys: an answer, or a pause in seconds."""
    asked: int = 0

    @property
    def settings(self) -> Json:
        """What a gateway that trusts it is told."""
        return {"issuers": {NAME: self.url}, "audience": "klarna-graph"}

    def token(self, now: datetime, key: str = "ec", **changes: Any) -> str:
        """A token of an integration; a claim that is None is left out."""
        claims = {
            "iss": NAME,
            "aud": "klarna-graph",
            "exp": int(now.timestamp()) + 600,
            "application": {"id": "theirs", "kind": "integration"},
            "test": True,
        } | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, PRIVATE[key], SIGNS[key], {"kid": key})

    async def show(self, _: web.Request) -> web.StreamResponse:
        """Answer the keys, or what is to be answered in their place."""
        self.asked += 1
        answer = self.answers[0] if self.answers else None
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        if isinstance(answer, web.Response):
            return web.Response(
                body=answer.body, status=answer.status, headers={"Location": "/keys"}
            )
        return web.json_response({"keys": [shown(key) for key in self.keys]})


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    """Run an issuer on a port of its own."""
    issuer = Issuer("")
    app = web.Application()
    app.router.add_get("/keys", issuer.show)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port, *_ = runner.addresses[0]
        issuer.url = f"http://{host}:{port}/keys"
        yield issuer
    finally:
        await runner.cleanup()
