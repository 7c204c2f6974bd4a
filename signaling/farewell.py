"""Who left, told from whose connection was lost: a page that closes says goodbye on its websocket."""

from __future__ import annotations

from typing import Final

from aiohttp import WSMessage, WSMsgType, web

SAID: Final = web.RequestKey("farewell", bool)
_GOODBYES: Final = frozenset({1000, 1001})
"""Normal closure and going away (RFC 6455 section 7.4.1). Without a close frame a connection was lost."""


def listen(request: web.Request, message: WSMessage) -> None:
    """Remember on the request how the client closed its websocket, if that is what the message says."""
    if message.type is WSMsgType.CLOSE:
        request[SAID] = message.data in _GOODBYES


def said_goodbye(request: web.Request | None) -> bool:
    """Only of a connection that was a websocket from its beginning."""
    return request is not None and bool(request.get(SAID, False))
