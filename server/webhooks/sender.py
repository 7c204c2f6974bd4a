"""One try to hand one message to one endpoint, bounded in time and size."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp

from server.webhooks.addresses import ForbiddenAddressError
from server.webhooks.resolver import GuardedResolver, InvalidTargetError, Targets
from server.webhooks.signature import sign

DRAIN_BYTES: Final = 64 * 1024
DRAIN_S: Final = 1.0
"""What of an answer's body is read, so that the connection can be used again. It is looked at by nobody."""

CONNECTIONS: Final = 100
MAX_RETRY_AFTER_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is the same in every try and every replay: it is what a receiver knows a message again by."""

    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """`delivered` for a status of 2xx, else a word for why not. `retry_after_s`: what the receiver asked for."""

    word: str
    duration_s: float
    status: int | None = None
    retry_after_s: float | None = None

    @property
    def delivered(self) -> bool:
        return self.word == "delivered"


class Sender:
    """Owns the connections. Follows no redirect, keeps no cookie, uses no proxy and believes nothing it is answered."""

    def __init__(
        self, targets: Targets, resolver: GuardedResolver, *, timeout_s: float, wall: Callable[[], float] = time.time
    ) -> None:
        self._targets = targets
        self._resolver = resolver
        self._timeout_s = timeout_s
        self._wall = wall
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        connector = aiohttp.TCPConnector(resolver=self._resolver, use_dns_cache=False, limit=CONNECTIONS)
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=self._timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            headers={"User-Agent": "Folkmoot-Webhooks/1"},
        )

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, url: str, message: Message, secrets: Sequence[str]) -> Outcome:
        """Never raises for what the other side does."""
        began = time.monotonic()
        try:
            status, retry_after_s = await self._post(url, message, secrets)
        except (ForbiddenAddressError, InvalidTargetError):
            return Outcome("refused_address", time.monotonic() - began)
        except TimeoutError:
            return Outcome("timeout", time.monotonic() - began)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Outcome(_fault(error), time.monotonic() - began)
        return Outcome(_verdict(status), time.monotonic() - began, status, retry_after_s)

    async def _post(self, url: str, message: Message, secrets: Sequence[str]) -> tuple[int, float | None]:
        if self._session is None:
            raise RuntimeError("the sender is not started")
        target = self._targets.parse(url)  # an address that is written as a number is asked of no resolver
        timestamp = int(self._wall())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(secrets, message_id=message.id, timestamp=timestamp, body=message.body),
        }
        async with self._session.post(target, data=message.body, headers=headers, allow_redirects=False) as answer:
            await _drain(answer)
            return answer.status, _retry_after_s(answer)


async def _drain(answer: aiohttp.ClientResponse) -> None:
    """The verdict is known by now. What is slow or long is cut off with its connection."""
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(DRAIN_S):
            left = DRAIN_BYTES
            while left > 0 and (data := await answer.content.read(left)):
                left -= len(data)
    if not answer.content.at_eof():
        answer.close()


def _verdict(status: int) -> str:
    if 200 <= status < 300:
        return "delivered"
    if status == 410:
        return "gone"
    return "redirect" if 300 <= status < 400 else "status"


def _fault(error: Exception) -> str:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ForbiddenAddressError):
            return "refused_address"
        seen = seen.__cause__ or seen.__context__
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "name"
    if isinstance(error, aiohttp.ClientSSLError):
        return "tls"
    return "connection"


def _retry_after_s(answer: aiohttp.ClientResponse) -> float | None:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), MAX_RETRY_AFTER_S) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
