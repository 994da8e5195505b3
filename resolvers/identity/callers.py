"""Who is asking, and what that caller may do."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from resolvers.errors import Forbidden
from store.fields import Json
from store.rows import json_text
from store.scope import Mode, Scope
from store.words import Word


class CallerKind(Word):
    """The kinds of application that hold a token."""

    sales_channel = "sales_channel", "A checkout in a browser: it sees one order only."
    gateway = "gateway", "The gateway itself, as Klarna calls it or nobody does. It holds no token."
    integration = "integration", "The shop's own systems: they see and do everything of a mode."
    operator = "operator", "Whoever runs the gateway: sees all but tokens, and moves no money."


@dataclass(frozen=True)
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
    issuer: str | None = None
    """Who gave the token, if it was not this gateway."""
    address: str | None = None
    """Where a guest asks from."""

    @cached_property
    def scope(self) -> Scope:
        """The part of the store this caller sees."""
        if self.kind is not CallerKind.sales_channel:
            return Scope(self.mode)
        return Scope(self.mode, order_id=self.order_id, guest=self.guest)

    @cached_property
    def guest(self) -> bool:
        """Whether it is a storefront that names no order: all its shoppers have the same token."""
        return self.kind is CallerKind.sales_channel and self.order_id is None

    def at(self, address: str) -> "Caller":
        """Return the caller as it asks from an address, which is what tells guests apart."""
        return replace(self, address=address) if self.guest else self

    @cached_property
    def counted_as(self) -> str:
        """What tells this caller from others, wherever there are limits for each."""
        return json_text([*self._identity, self.address])

    def keeping_keys(self, about: str | None) -> str:
        """Return whose keys its own ones are: a guest's belong to what it asks for by its id.

        One shopper can neither take another's key then nor read what that one was answered, and
        has its keys still where its address changes.
        """
        return json_text([*self._identity, about] if self.guest else self._identity)

    @property
    def _identity(self) -> list[str | None]:
        parts = [str(self.kind), self.application_id, self.order_id]
        return [*parts, self.issuer] if self.issuer else parts

    @cached_property
    def who(self) -> Json:
        """How versions and events name this caller."""
        application = {
            "id": self.application_id,
            "kind": str(self.kind),
            "public": self.kind is CallerKind.sales_channel,
        }
        more = {"owner": self.owner, "issuer": self.issuer}
        return {"application": application} | {name: said for name, said in more.items() if said}

    @cached_property
    def words(self) -> Json:
        """How the log names this caller."""
        application = {"application": self.application_id, "application_kind": str(self.kind)}
        order = {} if self.order_id is None else {"order": self.order_id}
        return {**application, "mode": str(self.mode), **order}

    @cached_property
    def words_as_json(self) -> str | None:
        """The same as the members of a JSON object; None where JSON cannot say it."""
        try:
            return json_text(self.words)[1:-1]
        except TypeError:  # half a surrogate pair
            return None

    @classmethod
    def itself(cls, mode: Mode, role: str) -> "Caller":
        """Return the gateway itself in one of its roles, as the history names it."""
        forever = datetime.max.replace(tzinfo=UTC)
        return cls(CallerKind.gateway, mode, application_id=role, expires_at=forever)

    def must_be(self, *kinds: CallerKind) -> None:
        """Raise Forbidden unless the caller is of one of these kinds."""
        if self.kind not in kinds:
            # The gateway's own kind is nobody's to have
            allowed = sorted(str(kind) for kind in kinds if kind is not CallerKind.gateway)
            raise Forbidden(f"A token of kind {self.kind} may not do this.", {"allowed": allowed})
