"""From a token to an identity: the one door for HTTP and for sockets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from server.identity import ALGORITHM, TokenAuthority
from server.tokens.claims import InvalidTokenError
from server.tokens.header import Header, read_header
from signaling.identity import Identity


class Revoked(Protocol):
    def holds(self, token_ids: Iterable[str]) -> bool: ...


class OutsideTokens(Protocol):
    """Tokens of other issuers, signed with asymmetric keys."""

    async def verify(self, token: str, header: Header) -> Identity: ...


class Authenticator:
    """The algorithm decides whose rules a token is held to, and each side has keys of its own kind alone:

    nothing can be verified as an HMAC with a key that is public.
    """

    def __init__(self, authority: TokenAuthority, *, revoked: Revoked, outside: OutsideTokens | None = None) -> None:
        self._authority = authority
        self._revoked = revoked
        self._outside = outside

    async def identify(self, token: str) -> Identity:
        """Raises InvalidTokenError, with one text, for whatever is wrong with it."""
        header = read_header(token)
        if header.algorithm == ALGORITHM:
            identity = self._authority.verify(token)
        elif self._outside is not None:
            identity = await self._outside.verify(token, header)
        else:
            raise InvalidTokenError
        if self._revoked.holds(identity.token_ids):
            raise InvalidTokenError
        return identity
