"""The ICE candidates of a worker: where browsers may send, best first (RFC 8445 section 5.1, RFC 6544 section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence

from sfu.commands import Ortc

UDP_HOST_PREFERENCE = 126
TCP_HOST_PREFERENCE = 90
"""Below every UDP candidate, a relayed one apart: a lost packet on TCP delays all that follow."""
PASSIVE_PREFERENCE = 4
RTP_COMPONENT = 1


def candidates(ips: Sequence[str], udp_port: int, tcp_port: int | None = None) -> list[Ortc]:
    """A host candidate for each address over UDP, then over TCP when there is a port of it.

    `ip` and `address` are the same: older clients read one, newer the other.
    """
    over_udp = [_candidate(f"udp{rank}", ip, "udp", udp_port, udp_priority(rank)) for rank, ip in enumerate(ips)]
    if tcp_port is None:
        return over_udp
    over_tcp = [
        _candidate(f"tcp{rank}", ip, "tcp", tcp_port, tcp_priority(rank)) | {"tcpType": "passive"}
        for rank, ip in enumerate(ips)
    ]
    return [*over_udp, *over_tcp]


def _candidate(foundation: str, ip: str, protocol: str, port: int, priority: int) -> Ortc:
    return {
        "foundation": foundation,
        "priority": priority,
        "ip": ip,
        "address": ip,
        "protocol": protocol,
        "port": port,
        "type": "host",
    }


def udp_priority(rank: int) -> int:
    """RFC 8445 section 5.1.2.1; rank 0 is the most wanted."""
    return _priority(UDP_HOST_PREFERENCE, 0xFFFF - rank)


def tcp_priority(rank: int) -> int:
    """RFC 6544 section 4.2; rank 0 is the most wanted."""
    return _priority(TCP_HOST_PREFERENCE, (PASSIVE_PREFERENCE << 13) | (0x1FFF - rank))


def _priority(kind: int, local: int) -> int:
    return (kind << 24) | (local << 8) | (256 - RTP_COMPONENT)
