"""Addresses: where a request comes from, as far as that can be believed."""

import ipaddress
from collections.abc import Iterable, Sequence

from aiohttp import web

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]

PROXIES = web.AppKey("proxies", Networks)
"""The networks of the proxies whose word is taken for where a request comes from."""
HANDED_ON = "X-Forwarded-For"
_HOST_BITS = 64


def address_of(request: web.Request) -> Address | None:
    """Return the address of a request's client; None if it comes by no network at all."""
    handed_on = request.headers.getall(HANDED_ON, ())
    return address_from(request.remote, handed_on, request.app[PROXIES])


def address_from(remote: str | None, handed_on: Iterable[str], proxies: Networks) -> Address | None:
    """Return the same by whom a request is from, and by the headers that say who it had it from.

    A proxy that the operator trusts has added whom it has the request from to what came with it,
    so the list is read backwards, until somebody stands there whose word is not taken.
    """
    address = _read(remote or "")
    hops = ",".join(handed_on).split(",") if proxies else []
    while address is not None and hops and is_among(address, proxies):
        before = _read(hops.pop().strip())
        if before is None:
            break
        address = before
    return address


def client_of(request: web.Request) -> str:
    """Return what counts as one client wherever there are limits by address."""
    return client_at(address_of(request))


def client_at(address: Address | None) -> str:
    """Return the same by its address.

    Of IPv6 it is the network: a host there has 2**64 addresses to choose from.
    """
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), _HOST_BITS), strict=False))
    return str(address or "")


def is_among(address: Address, networks: Networks) -> bool:
    """Whether an address is of one of these networks."""
    return any(address in network for network in networks)


def _read(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
