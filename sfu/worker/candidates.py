"""The ICE candidates of a worker: where browsers may send, best first (RFC 8445 section 5.1)."""

from __future__ import annotations

import array
import fcntl
import ipaddress
import socket
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

from sfu.commands import Ortc

HOST_PREFERENCE = 126
RTP_COMPONENT = 1

_SIOCGIFCONF = 0x8912
_IFREQ_BYTES = 40
_MOST_INTERFACES = 256
_IF_INET6 = Path("/proc/net/if_inet6")


def candidates(ips: Sequence[str], udp_port: int) -> list[Ortc]:
    """One host candidate for each address. `ip` and `address` are the same: older clients read one, newer the other."""
    return [
        {
            "foundation": f"host{rank}",
            "priority": priority(rank),
            "ip": ip,
            "address": ip,
            "protocol": "udp",
            "port": udp_port,
            "type": "host",
        }
        for rank, ip in enumerate(ips)
    ]


def priority(rank: int) -> int:
    """RFC 8445 section 5.1.2.1; rank 0 is the most wanted."""
    return (HOST_PREFERENCE << 24) | ((0xFFFF - rank) << 8) | (256 - RTP_COMPONENT)


def reachable_addresses(
    listen_ip: str, announced_ip: str | None, host_addresses: Callable[[], Sequence[str]] | None = None
) -> list[str]:
    """What to tell browsers of a socket bound to `listen_ip`: the announced address alone when there is one.

    A socket on every interface is reachable on each address of the host; loopback comes last, for a browser beside it.
    """
    if announced_ip:
        return [announced_ip]
    listen = ipaddress.ip_address(listen_ip)
    if not listen.is_unspecified:
        return [listen_ip]
    found = [ipaddress.ip_address(text) for text in (host_addresses or _host_addresses)()]
    usable = [a for a in found if not a.is_link_local and (a.version == 4 or listen.version == 6)]
    ordered = sorted(dict.fromkeys(usable), key=lambda a: (a.is_loopback, a.version))
    return [str(address) for address in ordered] or ["127.0.0.1"]


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
