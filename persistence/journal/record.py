"""One record on disk: length, checksum, body.

```
0        4        8
| length | crc32c | body ... |      both numbers little-endian, length in bytes of the body
```

The checksum (CRC-32C, Castagnoli) covers the length too, so that a stretch of zeros is no record.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Final

import google_crc32c

MAX_BODY_BYTES: Final = 1 << 20
"""A body beyond this is refused on the way in and taken for damage on the way out."""

_HEADER: Final = Struct("<II")
_LENGTH: Final = Struct("<I")

HEADER_BYTES: Final = _HEADER.size


@dataclass(frozen=True, slots=True)
class Record:
    """A body and where it lies: `start` and `end` are byte positions counted from the journal's first day."""

    start: int
    end: int
    body: bytes


def encode(body: bytes) -> bytes:
    """Raises `ValueError` when the body is empty or too large."""
    if not 0 < len(body) <= MAX_BODY_BYTES:
        raise ValueError(f"a journal record holds 1 to {MAX_BODY_BYTES} bytes")
    return _HEADER.pack(len(body), _checksum(body)) + body


def decode(data: bytes, offset: int) -> bytes | None:
    """The body of the record that begins at `offset`, or None when no whole, undamaged record does."""
    if len(data) - offset < HEADER_BYTES:
        return None
    length, checksum = _HEADER.unpack_from(data, offset)
    begin = offset + HEADER_BYTES
    if not 0 < length <= MAX_BODY_BYTES or len(data) - begin < length:
        return None
    body = data[begin : begin + length]
    return body if _checksum(body) == checksum else None


def whole_bytes(data: bytes) -> int:
    """How many bytes from the start are whole records."""
    offset = 0
    while (body := decode(data, offset)) is not None:
        offset += HEADER_BYTES + len(body)
    return offset


def _checksum(body: bytes) -> int:
    return int(google_crc32c.extend(google_crc32c.value(_LENGTH.pack(len(body))), body))
