"""The shopper's side: what Klarna's browser SDK asks for, and what its callbacks are given.

Source: Klarna's SDK reference for `Klarna.Payments`. What the shopper types counts as said by
the merchant: it is merged into the session, and any such change voids an earlier authorization.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from resolvers.klarna.sandbox import purchases
from resolvers.klarna.sandbox.authorizations import Authorizations
from resolvers.klarna.sandbox.contract import ShapeError, payments
from resolvers.klarna.sandbox.decisions import Decision, decide
from resolvers.klarna.sandbox.errors import BadValue, KlarnaError, session_completed
from resolvers.klarna.sandbox.messages import Json
from resolvers.klarna.sandbox.sessions import Session, Sessions, changed
from resolvers.klarna.sandbox.shoppers import invalid_fields
from resolvers.klarna.sandbox.world import World

Step = Literal["load", "authorize", "reauthorize", "finalize"]
"""What a shopper can be asked to do."""

WRONG_OTP = "999999"
"""The one six-digit code that Klarna's playground refuses."""

_CLOSED: Json = {"approved": False, "show_form": True}
_DECLINED: Json = {"approved": False, "show_form": False}


class Checkout:
    """The four calls of the SDK, each for one session."""

    def __init__(self, world: World, sessions: Sessions, authorizations: Authorizations) -> None:
        self._world = world
        self._sessions = sessions
        self._authorizations = authorizations
        self._steps: dict[Step, Callable[[str, Json], Json]] = {
            "load": self.load,
            "authorize": self.authorize,
            "reauthorize": self.reauthorize,
            "finalize": self.finalize,
        }

    def step(self, step: Step, session_id: str, wish: Json) -> Json:
        """Take one of the four steps by its name."""
        return self._steps[step](session_id, wish)

    def load(self, session_id: str, wish: Json) -> Json:
        """Show Klarna's form, or learn that there is none for this shopper."""
        session = self._open(session_id)
        _category(session, wish)
        try:
            session = self._merged(session, wish.get("data", {}))
        except BadValue as error:
            return {"show_form": True, "error": {"invalid_fields": list(error.paths)}}
        return {"show_form": decide(session.body).form}

    def authorize(self, session_id: str, wish: Json) -> Json:
        """Ask the shopper for consent and return what the `authorize` callback is given."""
        session = self._open(session_id)
        category = _category(session, wish)
        try:
            session = self._merged(session, wish.get("data", {}))
        except BadValue as error:
            return _CLOSED | {"error": {"invalid_fields": list(error.paths)}}
        decision = decide(session.body)
        refusal = _refusal(session, decision, wish)
        if refusal:
            return refusal
        if decision.finalize and not wish.get("auto_finalize", True):
            self._sessions.save(replace(session, unfinished=True))
            return {"approved": True, "show_form": True, "finalize_required": True}
        return self._approved(session, category, decision)

    def reauthorize(self, session_id: str, wish: Json) -> Json:
        """Ask for consent to a changed purchase; `show_form` is no longer part of the answer."""
        answer = self.authorize(session_id, {**wish, "auto_finalize": True})
        return {name: value for name, value in answer.items() if name != "show_form"}

    def finalize(self, session_id: str, wish: Json) -> Json:
        """Take the last step of an authorization that asked for one."""
        session = self._open(session_id)
        if not session.unfinished:
            raise KlarnaError(409, "NOTHING_TO_FINALIZE", "No authorization waits to be finalized.")
        return self.authorize(session_id, {**wish, "auto_finalize": True})

    def _open(self, session_id: str) -> Session:
        session = self._sessions.find(session_id, self._world.clock())
        if session.order_id:
            raise session_completed()
        return session

    def _merged(self, session: Session, data: Json) -> Session:
        """Take over what the shopper's browser sent. Raises BadValue."""
        if not data:
            return session
        try:
            body = session.body | payments("session").read(data)
        except ShapeError as error:
            raise BadValue(error.paths) from None
        purchases.check(body, session.account.region, self._world.options)
        merged = changed(session, body)
        self._sessions.save(merged)
        now = self._world.clock()
        self._world.ledger.note(
            "session_merged", session.account, now, session_id=session.id, fields=sorted(data)
        )
        return merged

    def _approved(self, session: Session, category: str, decision: Decision) -> Json:
        token = self._authorizations.grant(session, category, decision, self._world.clock())
        return {"approved": True, "show_form": True, "authorization_token": token}


def _refusal(session: Session, decision: Decision, wish: Json) -> Json | None:
    """Return the answer to a shopper who is not approved, or None."""
    if decision.outcome == "declined":
        return _DECLINED
    if decision.outcome == "invalid":
        return _CLOSED | {"error": {"invalid_fields": ["billing_address.email"]}}
    invalid = invalid_fields(session.body)
    if invalid:
        return _CLOSED | {"error": {"invalid_fields": invalid}}
    wrong_code = "sign_up" in decision.steps and not _is_otp(wish.get("otp", "123456"))
    return _CLOSED if wrong_code or decision.outcome == "aborted" else None


def _is_otp(code: str) -> bool:
    return re.fullmatch("[0-9]{6}", code) is not None and code != WRONG_OTP


def _category(session: Session, wish: Json) -> str:
    """Return the category that was chosen, the session's first by default."""
    offered = [category["identifier"] for category in session.categories]
    wished = wish.get("payment_method_categories") or [
        wish.get("payment_method_category", offered[0])
    ]
    for category in wished:
        if category not in offered:
            raise KlarnaError(
                400, "PaymentMethodCategoryNotSupportedError", f"{category} is not offered."
            )
    chosen: str = wished[0]
    return chosen
