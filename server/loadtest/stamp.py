"""When a packet was written, carried inside its payload: what latency is measured from."""

from __future__ import annotations

import struct

_MAGIC = b"FMLT"
_STAMP = struct.Struct("!4sQ")
BYTES = _STAMP.size


def stamp(now_ns: int) -> bytes:
    """The last bytes of a payload; `now_ns` since the epoch, the clock of the kernel's receive times."""
    return _STAMP.pack(_MAGIC, now_ns)


def read_stamp(packet: bytes) -> int | None:
    """None for a packet that bears none."""
    if len(packet) < BYTES:
        return None
    magic, written = _STAMP.unpack_from(packet, len(packet) - BYTES)
    return int(written) if magic == _MAGIC else None
