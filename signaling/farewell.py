"""Who left, told from whose connection was lost: a page that closes says goodbye on its websocket."""

from __future__ import annotations

from typing import Final

from aiohttp import WSMsgType, web
from engineio.async_drivers.aiohttp import WebSocket

SAID: Final = web.RequestKey("farewell", bool)
_GOODBYES: Final = frozenset({1000, 1001})
"""Normal closure and going away (RFC 6455 section 7.4.1). Without a close frame a connection was lost."""


class ListeningWebSocket(WebSocket):  # type: ignore[misc]  # the library is untyped
    """The library's websocket, which remembers on its request how the client closed it."""

    async def wait(self) -> str | bytes:
        message = await self._sock.receive()
        if message.type is WSMsgType.CLOSE:
            self.environ["aiohttp.request"][SAID] = message.data in _GOODBYES
        if not isinstance(message.data, str | bytes):
            raise OSError
        return message.data


def said_goodbye(request: web.Request | None) -> bool:
    """Only of a connection that was a websocket from its beginning."""
    return request is not None and bool(request.get(SAID, False))
