"""Which addresses a webhook may go to. Pure.

Whoever may set an endpoint's address could else make this server ask what only it can reach (SSRF): its own services,
the network behind it, the metadata service of the cloud it runs in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CARRY_IPV4_LAST: Final = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("::/96"))
"""NAT64 (RFC 6052, RFC 8215) and IPv4-compatible addresses: the last 32 bits are where a packet ends up."""


class ForbiddenAddressError(Exception):
    """The endpoint is somewhere webhooks do not go."""

    def __init__(self) -> None:
        super().__init__("this address is private or special; webhooks.allowed_networks does not name it")


class AddressRule:
    """Public addresses, and those of the networks that are allowed."""

    def __init__(self, allowed_networks: Sequence[str]) -> None:
        self._allowed: tuple[Network, ...] = tuple(ip_network(network) for network in allowed_networks)

    def check(self, text: str) -> None:
        """Raises `ForbiddenAddressError`."""
        address = ip_address(text)
        if not self.allows_expressly(text) and not all(_is_public(one) for one in _meant(address)):
            raise ForbiddenAddressError

    def allows_expressly(self, text: str) -> bool:
        """Whether a network that is allowed holds it: these are the operator's own, reached without TLS too."""
        address = ip_address(text)
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._allowed if network.version == address.version)


def _meant(address: Address) -> Iterator[Address]:
    """The address, and every IPv4 address that is reached through it."""
    yield address
    if not isinstance(address, IPv6Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if any(address in network for network in _CARRY_IPV4_LAST):
        yield IPv4Address(int(address) & 0xFFFF_FFFF)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return True  # as public as what it maps, which is looked at by itself
        if address.is_site_local or address.scope_id is not None:
            return False
    special = address.is_private or address.is_loopback or address.is_link_local or address.is_reserved
    return address.is_global and not (special or address.is_multicast or address.is_unspecified)
