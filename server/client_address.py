"""Whose request it is, when it comes through a proxy: only a proxy we know may say."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SCHEMES = frozenset({"http", "https"})


class TrustedProxies:
    """`X-Forwarded-For` is read from the right, as far as it was written by proxies of `networks`.

    From anybody else neither it nor `X-Forwarded-Proto` means anything.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(network) for network in networks)

    def trusts(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._networks)

    def client(self, peer: str, forwarded: Iterable[str]) -> str:
        """The address of the client, given who connected and the values of `X-Forwarded-For` in their order."""
        address = peer
        for hop in reversed([part.strip() for value in forwarded for part in value.split(",")]):
            if not self.trusts(address):
                break
            if not _is_address(hop):
                return address
            address = hop
        return address

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        peer = request.remote or ""
        if not self._networks or not self.trusts(peer):
            return await handler(request)
        client = self.client(peer, request.headers.getall("X-Forwarded-For", []))
        scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
        return await handler(request.clone(remote=client, scheme=scheme if scheme in SCHEMES else request.scheme))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
