"""Where the keys of another issuer come from: the configured address or file, and never one a token names."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import aiohttp
import structlog

from server.tokens.key_set import MAX_DOCUMENT_BYTES, BadKeySetError, Key, read_key_set

FETCH_WITHIN_S: Final = 5.0
ASK_AGAIN_S: Final = 30.0
"""A token with a key nobody knows makes us look, at most so often."""

FORGET_AFTER_S: Final = 24 * 3600.0
"""An issuer that cannot be reached for so long is not believed any more."""

Fetch = Callable[[], Awaitable[bytes]]
log = structlog.get_logger()


class KeySource:
    """Keys in memory, looked at anew every `refresh_s` and when an unknown one is named. `now` answers seconds."""

    def __init__(self, fetch: Fetch, *, refresh_s: float, now: Callable[[], float]) -> None:
        self._fetch = fetch
        self._refresh_s = refresh_s
        self._now = now
        self._keys: tuple[Key, ...] = ()
        self._loaded_at = float("-inf")
        self._tried_at = float("-inf")
        self._turn = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None
        self.failures = 0

    async def start(self) -> None:
        """An issuer that is away keeps nobody with our own tokens out, so it keeps the server from nothing."""
        await self._look()
        self._watching = asyncio.create_task(self._watch(), name="keys")

    async def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
            self._watching = None

    async def find(self, algorithm: str, key_id: str | None) -> Key | None:
        """The key that is meant: without an id only when there is but one of the algorithm."""
        found = self._known(algorithm, key_id)
        if found is None and self._now() - self._tried_at >= ASK_AGAIN_S:
            await self._look()
            found = self._known(algorithm, key_id)
        return found

    def _known(self, algorithm: str, key_id: str | None) -> Key | None:
        if self._now() - self._loaded_at > FORGET_AFTER_S:
            return None
        keys = [key for key in self._keys if key.algorithm == algorithm and key_id in (None, key.key_id)]
        return keys[0] if len(keys) == 1 else None

    async def _look(self) -> None:
        asked_at = self._now()
        async with self._turn:
            if self._tried_at >= asked_at:
                return  # somebody else has just looked
            self._tried_at = self._now()
            try:
                self._keys = read_key_set(await self._fetch())
                self._loaded_at = self._now()
            except (aiohttp.ClientError, OSError, TimeoutError, BadKeySetError) as error:
                self.failures += 1
                log.warning("keys_unread", error=type(error).__name__)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._refresh_s)
            await self._look()


def fetcher(where: str) -> Fetch:
    """For an address or a file; both are read no further than a key set may be long."""
    if where.startswith(("https://", "http://")):
        return lambda: _from_address(where)
    return lambda: asyncio.to_thread(_from_file, Path(where))


async def _from_address(url: str) -> bytes:
    """Raises aiohttp.ClientError, TimeoutError, BadKeySetError. What it is sent on to is not followed."""
    timeout = aiohttp.ClientTimeout(total=FETCH_WITHIN_S)
    async with (
        aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.get(url, allow_redirects=False, headers={"Accept": "application/json"}) as answer,
    ):
        if answer.status != 200:
            raise BadKeySetError(f"status {answer.status}")
        document = b""
        async for chunk in answer.content.iter_any():
            document += chunk
            if len(document) > MAX_DOCUMENT_BYTES:
                raise BadKeySetError("too long")
        return document


def _from_file(path: Path) -> bytes:
    with path.open("rb") as file:
        document = file.read(MAX_DOCUMENT_BYTES + 1)
    if len(document) > MAX_DOCUMENT_BYTES:
        raise BadKeySetError("too long")
    return document
