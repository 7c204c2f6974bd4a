"""The STUN and TURN servers a participant is told of, with a TURN credential of their own."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from config.rtc import RtcSettings


class IceServers:
    """`now`: seconds since 1970, as the TURN server counts them."""

    def __init__(self, settings: RtcSettings, now: Callable[[], float]) -> None:
        self._settings = settings
        self._now = now

    def of(self, participant_id: str) -> list[dict[str, Any]]:
        """`RTCIceServer`s, made anew at each call. A credential opens relays for `turn_ttl_s`; open ones live on."""
        servers: list[dict[str, Any]] = []
        if self._settings.stun_urls:
            servers.append({"urls": list(self._settings.stun_urls)})
        if self._settings.turn_urls:
            username, credential = self._credential(participant_id)
            servers.append({"urls": list(self._settings.turn_urls), "username": username, "credential": credential})
        return servers

    def _credential(self, participant_id: str) -> tuple[str, str]:
        """The TURN REST API, as coturn's `use-auth-secret` checks it: the name says until when, the secret signs it."""
        secret = self._settings.turn_secret.get_secret_value()
        if not secret:
            return self._settings.turn_username, self._settings.turn_password.get_secret_value()
        username = f"{int(self._now()) + self._settings.turn_ttl_s}:{participant_id}"
        signature = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
        return username, base64.b64encode(signature).decode()
