"""Klarna gateways: the type, its questions and changes."""

from typing import Annotated, Any

import strawberry
from typing_extensions import Doc

from graph.context import Info
from graph.errors import Refusal
from graph.federation import entity
from graph.fields.computed import in_sql
from graph.fields.connections import connected, connection_of, listed
from graph.fields.filters import filter_of
from graph.fields.inputs import changes, content, graph_input, graph_patch
from graph.fields.lookups import found_by
from graph.fields.mutations import mutation
from graph.fields.permissions import open_to
from graph.fields.resources import AsOf, Resource, asked_for
from graph.fields.sorting import order_of
from graph.fields.types import graph_type
from resolvers import gateways, switching
from resolvers.identity.permissions import READERS
from resolvers.secrets import rotating
from store import gateways as store
from store.building import text_in
from store.gateways import KlarnaGatewaySettings, gateways_by_id
from store.payment_methods import payment_methods_by_gateway
from store.payments import payments_by_gateway

HERE = "graph.gateways"


def _mask(name: str, *, optional: bool = False) -> dict[str, Any]:
    """Return the metadata of a field that shows one of the masked credentials."""
    return in_sql(
        lambda gateway, _: text_in(gateway.credential_keys, name, optional=optional),
        "credential_keys",
    )


@entity(gateways_by_id, seen_by=READERS)
@graph_type
class KlarnaGateway(store.KlarnaGateway, Resource):
    """A Klarna merchant account, in one of Klarna's regions."""

    payment_methods = connected(
        "PaymentMethod",
        "graph.payment_methods",
        payment_methods_by_gateway,
        "id",
        "The payment methods that go through it.",
    )
    klarna_payments = connected(
        "KlarnaPayment",
        "graph.payments",
        payments_by_gateway,
        "id",
        "The payments that went through it.",
    )

    @strawberry.field(metadata=_mask("api_key"))
    def api_key(self) -> str:
        """The masked tail of Klarna's API username, such as `********BW989`; never the key."""
        return str(self.credential_keys["api_key"])

    @strawberry.field(metadata=_mask("api_secret"))
    def api_secret(self) -> str:
        """The masked tail of Klarna's API password; never the secret."""
        return str(self.credential_keys["api_secret"])

    @strawberry.field(metadata=_mask("next_api_key", optional=True))
    def next_api_key(self) -> str | None:
        """The masked tail of the API username that it changes over to; null without one."""
        return self.credential_keys.get("next_api_key")

    @strawberry.field(metadata=_mask("next_api_secret", optional=True))
    def next_api_secret(self) -> str | None:
        """The masked tail of the API password that it changes over to; null without one."""
        return self.credential_keys.get("next_api_secret")


KlarnaGatewayFilter = filter_of(KlarnaGateway)
KlarnaGatewayOrder = order_of(KlarnaGateway)
KlarnaGatewayConnection = connection_of(KlarnaGateway)
KlarnaGatewayResult = Annotated[
    KlarnaGateway | Refusal,
    strawberry.union("KlarnaGatewayResult", description="The gateway, or why not."),
]


@graph_input
class CreateKlarnaGatewayInput(KlarnaGatewaySettings):
    """A new gateway. It belongs to the mode of the token that makes it."""

    api_key: str = strawberry.field(description="Klarna's API username. It is never shown again.")
    api_secret: str = strawberry.field(
        description="Klarna's API password. It is sealed, and never shown again."
    )


@graph_patch
class UpdateKlarnaGatewayInput(KlarnaGatewaySettings):
    """What is to change of a gateway; what is left out stays as it is."""

    api_key: str | None = strawberry.field(
        description="Klarna's API username; give the password too.", default=strawberry.UNSET
    )
    api_secret: str | None = strawberry.field(
        description="Klarna's API password; give the username too.", default=strawberry.UNSET
    )


@graph_type
class GatewayQuestions:
    """What can be asked of gateways."""

    @strawberry.field(
        graphql_type=KlarnaGateway | None,
        metadata=open_to(READERS) | found_by(id=gateways_by_id),
    )
    async def klarna_gateway(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The gateway's id.")],
        as_of: AsOf = None,
    ) -> Any:
        """One gateway, or null if there is none of this id. Not for checkouts."""
        return await asked_for(info, gateways_by_id, id, as_of)

    klarna_gateways = listed("KlarnaGateway", HERE, "All gateways. Not for checkouts.")


@graph_type
class GatewayChanges:
    """What can be done with gateways."""

    @mutation(KlarnaGatewayResult, gateways.create_klarna_gateway)
    async def create_klarna_gateway(
        self, info: Info, input: Annotated[CreateKlarnaGatewayInput, Doc("The new gateway.")]
    ) -> store.KlarnaGateway:
        """Make a gateway from a Klarna merchant account's credentials. For integrations only."""
        login = {"api_key": input.api_key, "api_secret": input.api_secret}
        settings = content(KlarnaGatewaySettings, input)
        return await gateways.create_klarna_gateway(info.context, settings, login)

    @mutation(KlarnaGatewayResult, gateways.update_klarna_gateway)
    async def update_klarna_gateway(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The gateway's id.")],
        input: Annotated[UpdateKlarnaGatewayInput, Doc("What is to change.")],
    ) -> store.KlarnaGateway:
        """Change a gateway, or give it new credentials. For integrations only.

        `metadata` is replaced as a whole. Once it was used, a gateway stays in its region. New
        credentials are used at once and unseen, while it has no payments; later, another pair of
        the same merchant's is given to rotateKlarnaCredentials, which tries it first.
        """
        login = {"api_key": input.api_key, "api_secret": input.api_secret}
        given = {name: value for name, value in login.items() if isinstance(value, str)}
        said = changes(KlarnaGatewaySettings, input)
        return await gateways.update_klarna_gateway(info.context, id, said, given)

    @mutation(KlarnaGatewayResult, rotating.rotate_klarna_credentials)
    async def rotate_klarna_credentials(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("The gateway's id.")],
        api_key: Annotated[str, Doc("The new pair's API username. It is never shown again.")],
        api_secret: Annotated[str, Doc("The new pair's API password. It is sealed.")],
    ) -> store.KlarnaGateway:
        """Change over to another pair of the same merchant's. For integrations only.

        Klarna is asked first whether it knows the pair, by a call without effect. If it does not
        answer, the pair is held as the next one, and tried again until it does. No call fails
        meanwhile. Disable the old pair at Klarna once `nextApiKey` is null.
        """
        login = {"api_key": api_key, "api_secret": api_secret}
        return await rotating.rotate_klarna_credentials(info.context, id, login)

    @mutation(KlarnaGatewayResult, gateways.delete_klarna_gateway)
    async def delete_klarna_gateway(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The gateway's id.")]
    ) -> store.KlarnaGateway:
        """Delete a gateway that was never used, and answer it as it was. For integrations only.

        One that was used is needed for its payments: disableKlarnaGateway it.
        """
        return await gateways.delete_klarna_gateway(info.context, id)

    @mutation(KlarnaGatewayResult, switching.enable_klarna_gateway, in_one=True)
    async def enable_klarna_gateway(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The gateway's id.")]
    ) -> store.KlarnaGateway:
        """Let a disabled gateway take new payments again. Not for checkouts."""
        return await switching.enable_klarna_gateway(info.context, id)

    @mutation(KlarnaGatewayResult, switching.disable_klarna_gateway, in_one=True)
    async def disable_klarna_gateway(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The gateway's id.")]
    ) -> store.KlarnaGateway:
        """Have a gateway refuse new payments; those it has go on. Not for checkouts."""
        return await switching.disable_klarna_gateway(info.context, id)
