"""Addresses: where a request comes from, as far as that can be believed."""

import ipaddress
from collections.abc import Sequence

from aiohttp import web

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]

PROXIES = web.AppKey("proxies", Networks)
"""The networks of the proxies whose word is taken for where a request comes from."""
_HANDED_ON = "X-Forwarded-For"
_HOST_BITS = 64


def address_of(request: web.Request) -> Address | None:
    """Return the address of a request's client; None if it comes by no network at all.

    A proxy that the operator trusts has added whom it has the request from to what came with it,
    so the list is read backwards, until somebody stands there whose word is not taken.
    """
    address, proxies = _read(request.remote or ""), request.app[PROXIES]
    hops = ",".join(request.headers.getall(_HANDED_ON, ())).split(",") if proxies else []
    while address is not None and hops and is_among(address, proxies):
        before = _read(hops.pop().strip())
        if before is None:
            break
        address = before
    return address


def client_of(request: web.Request) -> str:
    """Return what counts as one client wherever there are limits by address.

    Of IPv6 it is the network: a host there has 2**64 addresses to choose from.
    """
    address = address_of(request)
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
