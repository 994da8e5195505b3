"""Merchant accounts: for each gateway, Klarna's API with its credentials and at its address."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress

import structlog

from resolvers.klarna.client import Klarna, base_url
from resolvers.klarna.countries import Region
from resolvers.klarna.errors import KlarnaProblem, LockedOut, Refused
from resolvers.klarna.lanes import Lane, Pace
from resolvers.klarna.logins import Login, Only
from resolvers.klarna.transport import Transport
from resolvers.secrets.credentials import Credentials, opened, opened_next
from resolvers.secrets.sealing import Unreadable
from store.database import StoreUnavailable
from store.gateways import KlarnaGateway
from store.payments import KlarnaPayment
from store.scope import Mode

log = structlog.get_logger()
_UNKNOWN = 404


class OtherMerchant(Exception):
    """The login is another merchant's: it does not know what the present one has made."""


class Accounts:
    """Makes the client that speaks for a gateway.

    `test_urls` puts other addresses in the place of Klarna's playground, such as the sandbox's.
    Live gateways always speak to Klarna.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        test_urls: Mapping[Region, str],
        pace: Pace | None = None,
    ) -> None:
        self.credentials = credentials
        self._pace = pace or Pace()
        self._lanes: dict[str, Lane] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._transport = transport
        self._test_urls = test_urls

    def of(self, gateway: KlarnaGateway) -> Klarna:
        """Return Klarna's API as this gateway's merchant account sees it.

        Where the credentials cannot be opened, each of its methods raises LockedOut.
        """
        logins = _Held(self, gateway)
        return Klarna(self._transport, self.url(gateway), logins, self._lane(gateway.id))

    def _lane(self, gateway_id: str) -> Lane:
        lane = self._lanes.get(gateway_id)
        if lane is None:
            lane = self._lanes[gateway_id] = Lane(self._pace, gateway_id)
        return lane

    def url(self, gateway: KlarnaGateway) -> str:
        """Return the address at which a gateway's merchant account is."""
        region: Region = gateway.country_code.value  # type: ignore[assignment]  # the same words
        return address(region, gateway.mode, self._test_urls)

    def _once(self, gateway: KlarnaGateway, login: Login) -> Klarna:
        """Return Klarna's API as a login sees it: asked once, and past any queue."""
        lane = Lane(Pace(attempts=1, at_once=1, patience=self._pace.patience), gateway.id)
        return Klarna(self._transport, self.url(gateway), Only(login), lane)

    async def prove(self, gateway: KlarnaGateway, login: Login) -> None:
        """See that Klarna knows a login, and as the gateway's own merchant. Nothing is changed.

        Whose it is shows by what the merchant has made last: it must know that, unless not even
        the present login does. Raises KlarnaProblem and OtherMerchant.
        """
        klarna = self._once(gateway, login)
        landmark = await self.credentials.landmark(gateway.id)
        if landmark is None:
            await klarna.greet()
        elif not await _knows(klarna, landmark) and not await self._forgotten(gateway, landmark):
            raise OtherMerchant

    async def _forgotten(self, gateway: KlarnaGateway, landmark: KlarnaPayment) -> bool:
        """Whether the present login says that what the merchant had made is gone."""
        try:
            present = opened(self.credentials.keys, gateway)
            return not await _knows(self._once(gateway, present), landmark)
        except (Unreadable, Refused):
            return False

    async def another(self, gateway_id: str, refused: Collection[Login]) -> Login | None:
        """Return a gateway's login to try after Klarna has refused these, or None.

        That is one which it changed over to meanwhile, or the next one, if that is good already.
        """
        keys = self.credentials.keys
        async with self._turns[gateway_id]:
            gateway = await self.credentials.gateway(gateway_id)
            if gateway is None:
                return None
            with suppress(Unreadable):
                present = opened(keys, gateway)
                if present not in refused:
                    return present
            login = opened_next(keys, gateway)
            if login is None or login in refused:
                return None
            await self.prove(gateway, login)
            await self.credentials.switch(gateway_id, login)
            return login


def address(region: Region, mode: Mode, test_urls: Mapping[Region, str]) -> str:
    """Return the address of a region of Klarna's, in one of its environments."""
    if mode is Mode.live:
        return base_url(region, live=True)
    return test_urls.get(region) or base_url(region, live=False)


async def _knows(klarna: Klarna, landmark: KlarnaPayment) -> bool:
    """Whether the merchant of a login has a payment's order or session. Raises KlarnaProblem."""
    try:
        if landmark.klarna_order_id:
            await klarna.order(landmark.klarna_order_id)
        else:
            await klarna.session(landmark.session_id)
    except Refused as no:
        if no.status != _UNKNOWN:
            raise
        return False
    return True


class _Held:
    """The logins that a gateway holds."""

    def __init__(self, accounts: Accounts, gateway: KlarnaGateway) -> None:
        self._accounts = accounts
        self._gateway = gateway

    def present(self) -> Login:
        """Return the one to call with. Raises LockedOut."""
        try:
            return opened(self._accounts.credentials.keys, self._gateway)
        except Unreadable as error:
            name = self._gateway.name
            raise LockedOut(f"The credentials of the gateway {name} cannot be opened.") from error

    async def another(self, refused: Collection[Login]) -> Login | None:
        """Return one to try after Klarna has refused these; None where that cannot be told."""
        try:
            return await self._accounts.another(self._gateway.id, refused)
        except (KlarnaProblem, OtherMerchant, StoreUnavailable, Unreadable) as error:
            log.warning(
                "next_credentials_unused", gateway=self._gateway.id, reason=type(error).__name__
            )
            return None
