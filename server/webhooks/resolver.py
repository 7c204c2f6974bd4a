"""From an endpoint's name to where it may be reached, once: whatever is connected to is what was looked at."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from server.webhooks.addresses import AddressRule, ForbiddenAddressError

MAX_URL_CHARACTERS: Final = 2048
RESOLVE_WITHIN_S: Final = 5.0

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host. Raises OSError."""


async def system_lookup(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class InvalidTargetError(Exception):
    """An address that no webhook is sent to; the message says why and is fit to be shown."""


class GuardedResolver(AbstractResolver):
    """What aiohttp asks before it connects; it connects to exactly these addresses and asks nobody again, so a name
    that changes its answer gains nothing. One forbidden address among others refuses them all.
    """

    def __init__(self, rule: AddressRule, lookup: Lookup = system_lookup) -> None:
        self._rule = rule
        self._lookup = lookup

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - both families are looked at
    ) -> list[ResolveResult]:
        """Raises `ForbiddenAddressError` or OSError."""
        addresses = await self._lookup(host, port)
        for address in addresses:
            self._rule.check(address)
        return [_entry(host, address, port) for address in dict.fromkeys(addresses)]

    async def close(self) -> None:
        pass


class Targets:
    """Whether an address is one that webhooks may go to: asked when somebody sets it, and before every try."""

    def __init__(self, rule: AddressRule, lookup: Lookup = system_lookup) -> None:
        self._rule = rule
        self._lookup = lookup

    def parse(self, text: str) -> URL:
        """Raises `InvalidTargetError` for what is no address of a web server outside, however it is spelled."""
        try:
            url = URL(text)
        except ValueError:
            raise InvalidTargetError("this is no URL") from None
        if len(text) > MAX_URL_CHARACTERS or not text.isprintable():
            raise InvalidTargetError("this URL is too long or holds signs that no URL has")
        if url.scheme not in {"https", "http"} or not url.host or not url.absolute:
            raise InvalidTargetError("a webhook goes to an https address")
        if url.user is not None or url.password is not None:
            raise InvalidTargetError("the URL must not hold a name or password")
        literal = _literal(url.host)
        if literal is not None:
            self._check(literal, url.scheme)
        return url

    async def check(self, text: str) -> URL:
        """The same, and where its name leads by now. Raises `InvalidTargetError`."""
        url = self.parse(text)
        host, port = url.host or "", url.port or 0
        try:
            async with asyncio.timeout(RESOLVE_WITHIN_S):
                addresses = await self._lookup(host, port)
        except (OSError, UnicodeError, TimeoutError):
            raise InvalidTargetError("the host's name leads nowhere") from None
        for address in addresses:
            self._check(address, url.scheme)
        return url

    def _check(self, address: str, scheme: str) -> None:
        try:
            self._rule.check(address)
        except ForbiddenAddressError as error:
            raise InvalidTargetError(str(error)) from None
        if scheme == "http" and not self._rule.allows_expressly(address):
            raise InvalidTargetError("without TLS webhooks go only to webhooks.allowed_networks")


def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _entry(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
