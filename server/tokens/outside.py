"""Tokens of another issuer, whose keys the operator has told us (MGT-20)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry

from config.settings import AuthSettings
from server.tokens.claims import InvalidTokenError, believed, read_claims
from server.tokens.header import Header
from server.tokens.key_set import OTHER_NAMES
from server.tokens.key_source import KeySource
from signaling.identity import Identity

OURS: Final = ("user:", "guest:")
"""Ids this server gives out. No other issuer can make somebody one of them."""


class OneAlgorithm(JWSRegistry):
    """Takes this one alone. What the library thinks of its name is for issuers to hear."""

    def __init__(self, name: str) -> None:
        super().__init__(algorithms=[name])

    def get_alg(self, name: str) -> Any:
        if self.allowed is None or name not in self.allowed or name not in self.algorithms:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


class OutsideIssuer:
    """`now` answers seconds since the epoch."""

    def __init__(self, keys: KeySource, settings: AuthSettings, *, now: Callable[[], float]) -> None:
        self._keys = keys
        self._settings = settings
        self._now = now

    async def verify(self, token: str, header: Header) -> Identity:
        """Raises InvalidTokenError for whatever is wrong with it."""
        algorithm = OTHER_NAMES.get(header.algorithm, header.algorithm)
        key = await self._keys.find(algorithm, header.key_id)
        if key is None:
            raise InvalidTokenError
        try:
            decoded = jwt.decode(token, key.key, registry=OneAlgorithm(header.algorithm))
        except (JoseError, ValueError):
            raise InvalidTokenError from None
        claims = read_claims(decoded.claims)
        if self._settings.jwks_issuer is not None and claims.iss != self._settings.jwks_issuer:
            raise InvalidTokenError
        if claims.sub.startswith(OURS):
            raise InvalidTokenError
        identity = believed(
            claims,
            now=self._now(),
            leeway_s=self._settings.leeway_s,
            audience=self._settings.jwks_audience,
        )
        # An issuer says who somebody is. That they may see every room of this server, its operator says.
        operator = identity.operator and self._settings.jwks_operators
        return replace(identity, operator=operator, sign_in=None)
