"""Klarna gateways: merchant accounts, each in one of Klarna's regions."""

from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Index, select
from typing_extensions import Doc

from store.database import Reader
from store.fields import Json, Mark, Sealed
from store.instants import Instant
from store.lookups import Lookup
from store.resources import Referable, Resource
from store.statements import Query
from store.tables import columns_of, derive
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
            'are: `{"api_key": "********BW989", "api_secret": "********x3Q1f"}`; beside them '
            "`next_api_key` and `next_api_secret`, while Klarna has not answered to a next pair."
        ),
    ]
    credentials: Annotated[
        str, Doc("The API key and secret, sealed."), Mark.INTERNAL, Mark.SECRET, Sealed("id")
    ]
    next_credentials: Annotated[
        str | None,
        Doc("The pair to change over to once Klarna answers to it, sealed; null without one."),
        Mark.INTERNAL,
        Mark.SECRET,
        Sealed("id"),
    ] = None
    disabled_at: Annotated[
        Instant | None,
        Doc(
            "When the gateway was disabled; null while it is enabled. A disabled gateway refuses "
            "new payments; those it has can still be refreshed, placed, captured and refunded."
        ),
    ] = None


klarna_gateways = derive("klarna_gateways", KlarnaGateway, Index(None, "mode", "created_at", "id"))

gateways_by_id = Lookup(KlarnaGateway, klarna_gateways.c.id)

_AWAITING = Query(
    KlarnaGateway,
    select(*columns_of(KlarnaGateway))
    .where(klarna_gateways.c.next_credentials.is_not(None))
    .order_by(klarna_gateways.c.id),
)
_EVERY = Query(KlarnaGateway, select(*columns_of(KlarnaGateway)).order_by(klarna_gateways.c.id))


async def gateways_awaiting(reader: Reader) -> list[KlarnaGateway]:
    """Return the gateways that hold a next pair of credentials."""
    return await reader.all(_AWAITING)


async def every_gateway(reader: Reader) -> list[KlarnaGateway]:
    """Return all gateways, of both modes."""
    return await reader.all(_EVERY)
