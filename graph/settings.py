"""The settings: one frozen object from the environment, and its only reader."""

import base64
import binascii
import ipaddress
import json
import re
import secrets
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from graph.execution.limits import PREFIX, Limits

SECRET_LENGTH = 32
KEY_BYTES = 32
WELL_KNOWN = "/.well-known/jwks.json"
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
"""An origin as browsers write it in `Origin`: in lower case, with nothing after host and port."""


class HalfConfigured(Exception):
    """Settings are missing or wrong; the message says which, and how to make them."""


class Settings(BaseSettings, Limits):
    """What an operator decides. Every field is the environment variable `KLARNA_GRAPH_<NAME>`."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True
    )

    database: Annotated[Path, Field(description="The database file, made when missing.")] = Path(
        "klarna-graph.sqlite"
    )
    host: Annotated[str, Field(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[
        int, Field(ge=0, le=65535, description="The port to listen on; 0 picks a free one.")
    ] = 8000
    public_url: Annotated[
        str | None,
        Field(
            description="Where Klarna reaches this gateway, an https address; "
            "without it Klarna does not call back."
        ),
    ] = None
    token_secret: Annotated[
        SecretStr,
        Field(
            description="The secret that access tokens are signed with, at least 32 characters; "
            'made by `python -c "import secrets; print(secrets.token_urlsafe(32))"`. While one '
            "follows another: both, separated by a comma, the newer first."
        ),
    ]
    issuers: Annotated[
        dict[str, str],
        NoDecode,
        Field(
            description="Who else gives out access tokens, as JSON: each issuer (`iss`) with the "
            "https address of its keys, or a list of issuers that have them at "
            "`/.well-known/jwks.json`."
        ),
    ] = {}
    audience: Annotated[
        str | None,
        Field(
            description="Whom the tokens of those issuers must be for (`aud`); without it they "
            "must be for nobody in particular."
        ),
    ] = None
    guest_access: Annotated[
        Literal["off", "order-id"],
        Field(
            description="Whether a checkout needs a token of its own order (`off`), or sees "
            "whichever order it knows the id of (`order-id`), as with Commerce Layer."
        ),
    ] = "off"
    sealing_keys: Annotated[
        dict[str, SecretStr],
        NoDecode,
        Field(
            description="The keys that credentials are sealed with, `id:base64` of 32 bytes, "
            "separated by commas, the newest first; one is made by `klarna-graph keys make`."
        ),
    ]
    klarna_test_urls: Annotated[
        dict[Literal["EU", "US", "OC"], str],
        Field(
            description="Addresses to use in the place of Klarna's playground, as JSON by region: "
            "the `base_urls` that `klarna-graph sandbox --json` prints."
        ),
    ] = {}
    klarna_timeout: Annotated[
        float, Field(gt=0, description="How long one call to Klarna may take, in seconds.")
    ] = 10.0
    klarna_attempts: Annotated[
        int,
        Field(
            ge=1,
            le=10,
            description="How often a call to Klarna is made while its caller waits, if it goes "
            "unanswered.",
        ),
    ] = 3
    klarna_at_once: Annotated[
        int,
        Field(ge=1, description="How many calls to Klarna one gateway makes at once; others wait."),
    ] = 16
    callback_networks: Annotated[
        tuple[IPvAnyNetwork, ...],
        NoDecode,
        Field(
            description="The networks that Klarna calls back from, separated by commas; without "
            "any, whoever knows a payment's secret is Klarna."
        ),
    ] = ()
    trusted_proxies: Annotated[
        tuple[IPvAnyNetwork, ...],
        NoDecode,
        Field(
            description="The networks of the proxies before this gateway, separated by commas: "
            "what comes from there is of the address that `X-Forwarded-For` ends with, before "
            "theirs."
        ),
    ] = ()
    reconcile_interval: Annotated[
        float,
        Field(
            ge=0,
            description="How often calls to Klarna without an answer are looked after, in seconds; "
            "0 leaves it to `klarna-graph reconcile`.",
        ),
    ] = 30.0
    body_timeout: Annotated[
        float,
        Field(
            gt=0, description="How long a request's head and its body may each take, in seconds."
        ),
    ] = 10.0
    cors_origins: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(
            description="The origins whose pages may call this gateway from a browser, such as "
            "`https://shop.example`, separated by commas."
        ),
    ] = ()
    documents: Annotated[
        Path | None,
        Field(
            description="The file of trusted documents, as JSON: `{id: text}`, or Apollo's "
            "persisted query manifest."
        ),
    ] = None
    trusted_documents: Annotated[
        Literal["off", "accept", "only"],
        Field(
            description="Whether the documents of that file can be asked for by their ids: not "
            "(`off`), beside any other document (`accept`), or as the only ones (`only`)."
        ),
    ] = "off"
    production: Annotated[
        bool,
        Field(
            description="Whether introspection, suggestions in errors and GraphiQL are off; "
            "routers read the schema by `_service` still."
        ),
    ] = False
    compiler: Annotated[
        Literal["on", "off", "eager"],
        Field(
            description="Whether an operation that comes again is compiled, a question to one SQL "
            "statement, where it can be; `eager` compiles it at once. The answers are the same."
        ),
    ] = "on"
    graphiql: Annotated[
        bool | None,
        Field(description="Whether GraphiQL is served at /graphiql; unset, unless in production."),
    ] = None
    open_lines: Annotated[
        int,
        Field(
            ge=0,
            description="How many sockets and event streams may be open at once; beside them, "
            "a hundred sockets may wait to hear whose they are.",
        ),
    ] = 500
    open_lines_of_one: Annotated[
        int,
        Field(ge=0, description="How many of them one caller may have."),
    ] = 50
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="What is logged.")
    ] = "info"
    log_format: Annotated[
        Literal["json", "text"], Field(description="How it is logged; `text` is for a terminal.")
    ] = "json"

    @field_validator("token_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if any(len(one) < SECRET_LENGTH for one in secret.get_secret_value().split(",")):
            raise ValueError(f"it must have at least {SECRET_LENGTH} characters")
        return secret

    @field_validator("issuers", mode="before")
    @classmethod
    def _issuers(cls, written: object) -> object:
        if isinstance(written, str):
            try:
                written = json.loads(written)
            except ValueError:
                raise ValueError("it must be JSON") from None
        if isinstance(written, list):
            written = {issuer: f"{str(issuer).rstrip('/')}{WELL_KNOWN}" for issuer in written}
        if not isinstance(written, dict) or not all(map(_safe, written.values())):
            raise ValueError("it must name https addresses")
        return written

    @field_validator("sealing_keys", mode="before")
    @classmethod
    def _split(cls, written: object) -> object:
        if not isinstance(written, str):
            return written
        parts = [part.strip().partition(":")[::2] for part in written.split(",")]
        keys = dict(parts)
        if len(keys) != len(parts):
            raise ValueError("each key needs an id of its own")
        for name, key in keys.items():
            try:
                good = (
                    name.isidentifier() and len(base64.b64decode(key, validate=True)) == KEY_BYTES
                )
            except binascii.Error:
                good = False
            if not good:
                raise ValueError("each key must be `id:` and the base64 of 32 bytes")
        return keys

    @field_validator("callback_networks", "trusted_proxies", "cors_origins", mode="before")
    @classmethod
    def _listed(cls, written: object) -> object:
        return (
            [part.strip() for part in written.split(",")] if isinstance(written, str) else written
        )

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_ORIGIN.fullmatch(origin) for origin in origins):
            raise ValueError("each must be an origin as browsers send it: no path, no wildcard")
        return origins

    @field_validator("trusted_documents")
    @classmethod
    def _with_documents(cls, mode: str, info: ValidationInfo) -> str:
        if mode != "off" and info.data.get("documents") is None:
            raise ValueError(f"it needs the file of documents, in {PREFIX}DOCUMENTS")
        return mode

    @field_validator("public_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("https://", "http://")):
            raise ValueError("it must be an https address")
        return url and url.rstrip("/")

    @property
    def limits(self) -> Limits:
        """What bounds one operation, apart from all that is secret."""
        return Limits(**{name: getattr(self, name) for name in Limits.model_fields})

    @property
    def serves_graphiql(self) -> bool:
        """Whether GraphiQL is served: as it is said, or else unless in production."""
        return not self.production if self.graphiql is None else self.graphiql

    @property
    def keys(self) -> dict[str, bytes]:
        """The sealing keys, decoded."""
        return {
            name: base64.b64decode(key.get_secret_value())
            for name, key in self.sealing_keys.items()
        }


def _safe(address: object) -> bool:
    """Whether nobody between us and an address can change what it answers."""
    url = urlsplit(address) if isinstance(address, str) else urlsplit("")
    if url.scheme == "https":
        return bool(url.hostname)
    try:
        return url.scheme == "http" and ipaddress.ip_address(url.hostname or "").is_loopback
    except ValueError:
        return url.hostname == "localhost"


def read_settings() -> Settings:
    """Read the environment. Raises HalfConfigured with one line for each variable to mend."""
    try:
        return Settings()
    except SettingsError as error:
        # A value that should be JSON is none; what it is instead must not be repeated
        (name,) = re.findall(r'field "(\w+)"', str(error))
        described = Settings.model_fields[name].description
        message = f"{PREFIX}{name.upper()}: it must be JSON. {described}"
        raise HalfConfigured(message) from None
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = str(problem["loc"][0])
            missing = problem["type"] == "missing"
            reason = "is missing" if missing else problem["msg"].removeprefix("Value error, ")
            described = Settings.model_fields[name].description
            lines.append(f"{PREFIX}{name.upper()}: {reason}. {described}")
        raise HalfConfigured("\n".join(lines)) from None


def throwaway_settings(**settings: Any) -> Settings:
    """Return settings with fresh secrets, for a gateway that lives for a demo or a test."""
    sealing_key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    made: dict[str, Any] = {
        "token_secret": SecretStr(secrets.token_urlsafe(SECRET_LENGTH)),
        "sealing_keys": {"k1": SecretStr(sealing_key)},
    }
    return Settings(**made | settings)


def shown(settings: Settings) -> dict[str, object]:
    """Return what was set, as the log may hold it: of secrets, whether they are there."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    return {name: _public(value) for name, value in settings if value != defaults[name]}


def _public(value: object) -> object:
    if isinstance(value, SecretStr):
        return "set"
    if isinstance(value, dict):
        return {name: _public(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [_public(part) for part in value]
    return value if isinstance(value, bool | int | float) else str(value)


def settings_table() -> str:
    """Return the settings as the table that the README shows."""
    rows = ["| variable | default | what it decides |", "|---|---|---|"]
    fields = Settings.model_fields
    for name in sorted(fields, key=lambda name: name in Limits.model_fields):
        field = fields[name]
        default = "required" if field.is_required() else _shown(field.default)
        described = (field.description or "").replace("|", "\\|")
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {described} |")
    return "\n".join(rows) + "\n"


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if default not in (None, {}, ()) else ""
