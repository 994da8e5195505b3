"""Applications: the type, its questions and changes, and tokens for checkouts."""

from typing import Annotated, Any

import strawberry
from typing_extensions import Doc

from graph.context import Info
from graph.errors import Refusal
from graph.fields.connections import connection_of, listed
from graph.fields.filters import filter_of
from graph.fields.inputs import graph_input
from graph.fields.lookups import found_by
from graph.fields.mutations import mutation
from graph.fields.permissions import open_to
from graph.fields.sorting import order_of
from graph.fields.types import graph_type
from resolvers.identity import applications
from resolvers.identity.permissions import OPERATORS
from store import applications as store
from store.applications import ApplicationSettings, applications_by_id
from store.fields import fields_of

HERE = "graph.applications"


@graph_type
class Application(store.Application):
    """A client that gets access tokens of one kind and one mode, at `/oauth/token`."""


def _of_answer(record: type, name: str) -> Any:
    """Declare what an answer holds beside no table, described as its record describes it."""
    (field,) = (field for field in fields_of(record) if field.name == name)
    of = field.type | None if field.optional else field.type
    return strawberry.field(
        resolver=lambda self: getattr(self, name), graphql_type=of, description=field.doc
    )


@graph_type
class NewApplication:
    """An application that was just made, with its secret."""

    application: Application = strawberry.field(
        resolver=lambda self: self, description="The application."
    )
    client_secret: str | None = _of_answer(applications.NewApplication, "client_secret")

    @classmethod
    def is_type_of(cls, value: object, _: object) -> bool:
        """Records pass as they are."""
        return isinstance(value, applications.NewApplication)


@graph_type
class CheckoutToken:
    """An access token for one order's checkout."""

    token: str = _of_answer(applications.CheckoutToken, "token")
    expires_at: str = _of_answer(applications.CheckoutToken, "expires_at")

    @classmethod
    def is_type_of(cls, value: object, _: object) -> bool:
        """Records pass as they are."""
        return isinstance(value, applications.CheckoutToken)


ApplicationFilter = filter_of(Application)
ApplicationOrder = order_of(Application)
ApplicationConnection = connection_of(Application)
ApplicationResult = Annotated[
    Application | Refusal,
    strawberry.union("ApplicationResult", description="The application, or why not."),
]
NewApplicationResult = Annotated[
    NewApplication | Refusal,
    strawberry.union("NewApplicationResult", description="The new application, or why not."),
]
CheckoutTokenResult = Annotated[
    CheckoutToken | Refusal,
    strawberry.union("CheckoutTokenResult", description="The token, or why not."),
]


@graph_input
class CreateApplicationInput(ApplicationSettings):
    """A new application."""


@graph_type
class ApplicationQuestions:
    """What can be asked of applications."""

    @strawberry.field(
        graphql_type=Application | None,
        metadata=open_to(OPERATORS) | found_by(id=applications_by_id),
    )
    async def application(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The application's id.")]
    ) -> store.Application | None:
        """One application, or null if there is none of this id. For operators only."""
        return await info.context.loaders.one(applications_by_id, id)

    applications = listed(
        "Application",
        HERE,
        "All applications, the revoked ones too. For operators only.",
        seen_by=OPERATORS,
    )


@graph_type
class ApplicationChanges:
    """What can be done with applications."""

    @mutation(NewApplicationResult, applications.create_application)
    async def create_application(
        self,
        info: Info,
        input: Annotated[CreateApplicationInput, Doc("The new application.")],
    ) -> applications.NewApplication:
        """Make a client that can ask for access tokens. For operators only.

        They are of the mode of your own token. Its secret is shown this once only.
        """
        settings = ApplicationSettings(name=input.name, kind=input.kind)
        return await applications.create_application(info.context, settings)

    @mutation(ApplicationResult, applications.revoke_application)
    async def revoke_application(
        self, info: Info, id: Annotated[strawberry.ID, Doc("The application's id.")]
    ) -> store.Application:
        """Give an application no more tokens, and take none of those it has.

        The tokens that it made for checkouts end with it. For operators only.
        """
        return await applications.revoke_application(info.context, id)

    @mutation(CheckoutTokenResult, applications.create_checkout_token)
    async def create_checkout_token(
        self, info: Info, order_id: Annotated[strawberry.ID, Doc("The order's id.")]
    ) -> applications.CheckoutToken:
        """Make an access token for the browser that pays one order. For integrations only.

        It is good for two hours. Sent again it makes another one, under the same `key` too.
        """
        return await applications.create_checkout_token(info.context, order_id)
