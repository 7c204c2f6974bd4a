"""What a polling client says between two polls: the body of one POST, taken whole or not at all."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web
from engineio.payload import Payload

MAX_PACKETS: Final = 256
BODY_WITHIN_S: Final = 10.0

# A client may have this much to say at once; the library's 16 are few for one that has just joined.
Payload.max_decode_packets = MAX_PACKETS


async def read_packets(request: web.Request, *, most_bytes: int) -> list[Any]:
    """Raises ValueError for what is too long, too many, no UTF-8 or no packets, TimeoutError for what does not come.

    The library reads what of the body has arrived by then; a body may come in pieces.
    """
    body = bytearray()
    async with asyncio.timeout(BODY_WITHIN_S):
        while chunk := await request.content.readany():
            body += chunk
            if len(body) > most_bytes:
                raise ValueError("the body is too long")
    packets: list[Any] = Payload(encoded_payload=body.decode()).packets
    return packets
