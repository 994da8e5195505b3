"""Merchant accounts: for each gateway, Klarna's API with its credentials and at its address."""

from collections.abc import Mapping

from resolvers.klarna.client import Klarna, base_url
from resolvers.klarna.countries import Region
from resolvers.klarna.lanes import Lane, Pace
from resolvers.klarna.transport import Transport
from resolvers.sealing import KeyRing
from store.gateways import KlarnaGateway
from store.scope import Mode


class Accounts:
    """Makes the client that speaks for a gateway.

    `test_urls` puts other addresses in the place of Klarna's playground, such as the sandbox's.
    Live gateways always speak to Klarna.
    """

    def __init__(
        self,
        transport: Transport,
        keys: KeyRing,
        test_urls: Mapping[Region, str],
        pace: Pace | None = None,
    ) -> None:
        self._lanes: dict[str, Lane] = {}
        self._pace = pace or Pace()
        self._transport = transport
        self._keys = keys
        self._test_urls = test_urls

    def of(self, gateway: KlarnaGateway) -> Klarna:
        """Return Klarna's API as this gateway's merchant account sees it."""
        login = self._keys.open(gateway.credentials, gateway.id)
        return Klarna(
            self._transport,
            self._url(gateway),
            login["api_key"],
            login["api_secret"],
            self._lane(gateway.id),
        )

    def _lane(self, gateway_id: str) -> Lane:
        lane = self._lanes.get(gateway_id)
        if lane is None:
            lane = self._lanes[gateway_id] = Lane(self._pace, gateway_id)
        return lane

    def _url(self, gateway: KlarnaGateway) -> str:
        region: Region = gateway.country_code.value  # type: ignore[assignment]  # the same words
        if gateway.mode is Mode.live:
            return base_url(region, live=True)
        return self._test_urls.get(region) or base_url(region, live=False)
