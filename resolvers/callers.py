"""Who is asking, and what that caller may do."""

from dataclasses import dataclass
from datetime import datetime

from resolvers.errors import Forbidden
from store.fields import Json
from store.scope import Mode, Scope
from store.words import Word


class CallerKind(Word):
    """The kinds of application that hold a token."""

    sales_channel = "sales_channel", "A checkout in a browser: it sees one order."
    integration = "integration", "The shop's own systems: they see and do everything of a mode."


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a verified token."""

    kind: CallerKind
    mode: Mode
    application_id: str
    expires_at: datetime
    order_id: str | None = None
    """The one order a checkout's token is for."""
    owner: Json | None = None
    """The person behind the application, `{"id", "type"}`, where the token says."""

    @property
    def scope(self) -> Scope:
        """The part of the store this caller sees."""
        if self.kind is CallerKind.integration:
            return Scope(self.mode)
        return Scope(self.mode, order_id=self.order_id or "")

    @property
    def who(self) -> Json:
        """How versions and events name this caller."""
        application = {
            "id": self.application_id,
            "kind": str(self.kind),
            "public": self.kind is CallerKind.sales_channel,
        }
        return {"application": application} | ({"owner": self.owner} if self.owner else {})

    def must_be(self, *kinds: CallerKind) -> None:
        """Raise Forbidden unless the caller is of one of these kinds."""
        if self.kind not in kinds:
            raise Forbidden(
                f"A token of kind {self.kind} may not do this.",
                {"allowed": [str(kind) for kind in kinds]},
            )
