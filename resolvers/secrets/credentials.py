"""Credentials: the pairs of a gateway, sealed and opened, and the change from one to the next.

A gateway has the pair that it calls with, and perhaps a next one that Klarna has not answered to.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from resolvers.identity.callers import Caller
from resolvers.klarna.logins import Login
from resolvers.secrets.sealing import KeyRing, Unreadable, masked
from store.changes import Change
from store.database import Database, Transaction
from store.gateways import KlarnaGateway, gateways_by_id
from store.ids import NewId
from store.instants import Clock, Instant, instant
from store.pages import Key, Page, pages
from store.payments import KlarnaPayment, payments_by_gateway
from store.scope import EVERYTHING

ROLE = "rotation"
_RECENT = Page(10, (Key("created_at", descending=True),))


def with_login(keys: KeyRing, gateway: KlarnaGateway, login: Login) -> KlarnaGateway:
    """Return a gateway that calls with a login, and has no other."""
    return replace(
        gateway,
        credentials=_sealed(keys, gateway, login),
        next_credentials=None,
        credential_keys=_tails(login),
    )


def with_next(keys: KeyRing, gateway: KlarnaGateway, login: Login | None) -> KlarnaGateway:
    """Return a gateway that holds a login beside the one that it calls with, or holds none."""
    present = {
        name: tail for name, tail in gateway.credential_keys.items() if not name.startswith(_NEXT)
    }
    beside = {} if login is None else {_NEXT + name: tail for name, tail in _tails(login).items()}
    sealed = None if login is None else _sealed(keys, gateway, login)
    return replace(gateway, next_credentials=sealed, credential_keys=present | beside)


_NEXT = "next_"


def _tails(login: Login) -> Mapping[str, str]:
    return {"api_key": masked(login.api_key), "api_secret": masked(login.api_secret)}


def _sealed(keys: KeyRing, gateway: KlarnaGateway, login: Login) -> str:
    pair = {"api_key": login.api_key, "api_secret": login.api_secret}
    return keys.seal(pair, gateway.id)


def opened(keys: KeyRing, gateway: KlarnaGateway) -> Login:
    """Return the login that a gateway calls with. Raises Unreadable."""
    return Login(**keys.open(gateway.credentials, gateway.id))


def present(keys: KeyRing, gateway: KlarnaGateway) -> Login | None:
    """Return the login that a gateway calls with, or None if it cannot be opened."""
    with suppress(Unreadable):
        return opened(keys, gateway)
    return None


def opened_next(keys: KeyRing, gateway: KlarnaGateway) -> Login | None:
    """Return the login that a gateway is to change over to, or None. Raises Unreadable."""
    if gateway.next_credentials is None:
        return None
    return Login(**keys.open(gateway.next_credentials, gateway.id))


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of all gateways, as they are in the store at this moment."""

    database: Database
    keys: KeyRing
    clock: Clock
    new_id: NewId

    def now(self) -> Instant:
        """Return the present."""
        return instant(self.clock.now())

    async def gateway(self, gateway_id: str) -> KlarnaGateway | None:
        """Return a gateway as it is now; None if it was deleted."""
        return await gateways_by_id.one(self.database, gateway_id, EVERYTHING)

    async def switch(self, gateway_id: str, login: Login) -> None:
        """Have a gateway call with the next login that it holds, unless it holds another by now."""

        async def work(transaction: Transaction) -> None:
            gateway = await gateways_by_id.one(transaction, gateway_id, EVERYTHING)
            if gateway is None or not _holds(self.keys, gateway, login):
                return
            after = with_login(self.keys, gateway, login)
            await self._change(transaction, gateway).save(gateway, after, "credentials_rotated")

        await self.database.write(work)

    async def withdraw(self, gateway_id: str, login: Login, reason: str) -> None:
        """Have a gateway forget the next login that it holds, unless it holds another by now."""

        async def work(transaction: Transaction) -> None:
            gateway = await gateways_by_id.one(transaction, gateway_id, EVERYTHING)
            if gateway is None or not _holds(self.keys, gateway, login):
                return
            change = self._change(transaction, gateway)
            after = with_next(self.keys, gateway, None)
            await change.note(gateway, "credentials_not_rotated", {"message": reason})
            await change.save(gateway, after, "next_credentials_withdrawn")

        await self.database.write(work)

    async def landmark(self, gateway_id: str) -> KlarnaPayment | None:
        """Return the newest payment that Klarna knows for certain, if there is one lately."""
        (found,) = await pages(
            self.database, payments_by_gateway, [gateway_id], _RECENT, EVERYTHING
        )
        now = self.now()
        known = (
            one for one in found.records if one.klarna_order_id or one.session_expires_at > now
        )
        return next(known, None)

    def _change(self, transaction: Transaction, gateway: KlarnaGateway) -> Change:
        who = Caller.itself(gateway.mode, ROLE).who
        return Change(transaction, who, self.now(), self.new_id)


def _holds(keys: KeyRing, gateway: KlarnaGateway, login: Login) -> bool:
    try:
        return opened_next(keys, gateway) == login
    except Unreadable:
        return False
