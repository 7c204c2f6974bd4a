"""The addresses a worker listens on and those browsers are told, in both families."""

from __future__ import annotations

import array
import fcntl
import ipaddress
import socket
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

IPV4_WILDCARD = "0.0.0.0"  # noqa: S104 - media arrives on every interface
IPV6_WILDCARD = "::"
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_SIOCGIFCONF = 0x8912
_IFREQ_BYTES = 40
_MOST_INTERFACES = 256
_IF_INET6 = Path("/proc/net/if_inet6")


def listening_addresses(listen_ip: str, has_ipv6: Callable[[], bool] | None = None) -> list[str]:
    """One socket is bound to each: `listen_ip` split at commas, `::` meaning every address of both families.

    A host without IPv6 listens on IPv4 alone. Raises ValueError for what is no address, or none that can be used.
    """
    wanted = [_plain(text) for text in listen_ip.split(",")]
    if wanted == [IPV6_WILDCARD]:
        wanted = [IPV4_WILDCARD, IPV6_WILDCARD]
    if IPV6_WILDCARD in wanted and not (has_ipv6 or _has_ipv6)():
        wanted.remove(IPV6_WILDCARD)
    if not wanted:
        raise ValueError("no address to listen on: this host has no IPv6")
    return list(dict.fromkeys(wanted))


def reachable_addresses(
    listening: Sequence[str], announced_ip: str | None, host_addresses: Callable[[], Sequence[str]] | None = None
) -> list[str]:
    """What to tell browsers of sockets bound to `listening`: the announced addresses alone when there are any.

    A socket on every interface is reachable on each address of the host; loopback comes last, for a browser beside it.
    """
    if announced_ip:
        return list(dict.fromkeys(_plain(text) for text in announced_ip.split(",")))
    bound = [ipaddress.ip_address(text) for text in listening]
    wildcards = {address.version for address in bound if address.is_unspecified}
    found = [address for address in bound if not address.is_unspecified]
    if wildcards:
        of_host = (ipaddress.ip_address(text) for text in (host_addresses or _host_addresses)())
        found += [address for address in of_host if not address.is_link_local and address.version in wildcards]
    ordered = sorted(dict.fromkeys(found), key=lambda a: (a.is_loopback, a.version))
    return [str(address) for address in ordered] or ["127.0.0.1"]


def _plain(text: str) -> str:
    """The one spelling of an address; an IPv4 address in IPv6's clothes is the IPv4 address."""
    address = ipaddress.ip_address(text.strip())
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind((IPV6_WILDCARD, 0))
    except OSError:
        return False
    return True


def _host_addresses() -> list[str]:
    return [*_ipv4_addresses(), *_ipv6_addresses()]


def _ipv4_addresses() -> list[str]:
    """Every IPv4 address of every interface that has one, by SIOCGIFCONF (netdevice(7))."""
    buffer = array.array("B", bytes(_IFREQ_BYTES * _MOST_INTERFACES))
    address, length = buffer.buffer_info()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        filled = fcntl.ioctl(any_socket, _SIOCGIFCONF, struct.pack("iL", length, address))
    used = struct.unpack("iL", filled)[0]
    return [socket.inet_ntoa(buffer[at + 20 : at + 24].tobytes()) for at in range(0, used, _IFREQ_BYTES)]


def _ipv6_addresses() -> list[str]:
    if not _IF_INET6.exists():
        return []
    return [str(ipaddress.IPv6Address(bytes.fromhex(line[:32]))) for line in _IF_INET6.read_text().splitlines()]
