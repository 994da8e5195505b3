"""Klarna gateways: merchant accounts, each in one of Klarna's regions."""

from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Index
from typing_extensions import Doc

from store.fields import Json, Mark
from store.instants import Instant
from store.lookups import Lookup
from store.resources import Referable, Resource
from store.tables import derive
from store.words import Word


class GatewayRegion(Word):
    """Klarna's API regions. A merchant account, and so its credentials, belong to exactly one."""

    EU = "EU", "Europe."
    US = "US", "The Americas: the United States, Canada and Mexico."
    OC = "OC", "Oceania: Australia and New Zealand."


@dataclass(kw_only=True)
class KlarnaGatewaySettings(Referable):
    """What an integrator decides about a gateway."""

    name: Annotated[str, Doc("The gateway's internal name, for example `Klarna EU`.")]
    force_payments: Annotated[
        bool,
        Doc(
            "Whether a successful event from Klarna makes its payment the source of an order "
            "that is still editable."
        ),
    ] = False
    country_code: Annotated[
        GatewayRegion, Doc("The merchant account's region: EU, US (the Americas) or OC (Oceania).")
    ]


@dataclass(kw_only=True)
class KlarnaGateway(KlarnaGatewaySettings, Resource):
    """Klarna as a payment gateway: one merchant account in one of Klarna's regions."""

    credential_keys: Annotated[
        Json,
        Doc(
            "The masked tails of the API credentials in use, so that a person can tell which they "
            'are: `{"api_key": "********BW989", "api_secret": "********x3Q1f"}`.'
        ),
    ]
    credentials: Annotated[str, Doc("The API key and secret, sealed."), Mark.INTERNAL, Mark.SECRET]
    disabled_at: Annotated[
        Instant | None,
        Doc(
            "When the gateway was disabled; null while it is enabled. A disabled gateway refuses "
            "new payments; those it has can still be refreshed, placed, captured and refunded."
        ),
    ] = None


klarna_gateways = derive("klarna_gateways", KlarnaGateway, Index(None, "mode", "created_at", "id"))

gateways_by_id = Lookup(KlarnaGateway, klarna_gateways.c.id)
